// What opening a round does to a batch: alone, again, and in any order with the outcomes.
#include <algorithm>
#include <functional>
#include <random>

#include "common/redis/batch_view.h"
#include "common/redis/redis_keys.h"
#include "common/redis/redis_outcome_store.h"
#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

using std::chrono::seconds;

const Timestamp kStart{seconds(1'800'000'000)};

class AccountingRetry : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    auto store = OpenRedisOutcomeStore(settings_);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
  }

  PlacedOutcome Outcome(int at, std::uint8_t round, std::vector<IndexRange> succeeded,
                        std::vector<std::uint32_t> failed) {
    PlacedOutcome outcome;
    outcome.record.batch = batch_;
    outcome.record.project = "p";
    outcome.record.upstream = upstream_;
    outcome.record.round = round;
    outcome.record.succeeded = std::move(succeeded);
    for (const std::uint32_t index : failed) {
      outcome.record.failed.push_back({index, {"refused", "No.", 1}});
    }
    outcome.partition = 1;
    outcome.offset = at;
    outcome.at = kStart + seconds(at);
    return outcome;
  }

  BatchFact Fact(BatchFactKind kind, int at) const {
    BatchFact fact;
    fact.kind = kind;
    fact.batch = batch_;
    fact.project = "p";
    fact.at = kStart + seconds(at);
    fact.item_count = 10;
    fact.index_end = 10;
    return fact;
  }

  BatchFact Retry(int at, std::uint8_t round, std::vector<IndexRange> indexes) const {
    BatchFact fact = Fact(BatchFactKind::kRetryOpened, at);
    fact.index_end.reset();
    fact.round = round;
    fact.upstream = upstream_;
    fact.item_count = CountOf(indexes);
    fact.indexes = std::move(indexes);
    return fact;
  }

  void Apply(const PlacedOutcome& outcome) {
    const Status status = store_->ApplyOutcomes({&outcome, 1});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void Apply(const BatchFact& fact) {
    const Status status = store_->ApplyFacts({&fact, 1});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  BatchKeys Keys() const { return BatchKeys(settings_.prefix, batch_); }
  std::string Field(const std::string& name) {
    const auto fields = Hash(Keys().batch);
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }

  BatchId batch_ = BatchId::Random();
  bool upstream_ = false;
  std::unique_ptr<OutcomeStore> store_;
};

TEST_P(AccountingRetry, OpenedRoundLeavesTheCountersUntilItsOutcomesMoveThem) {
  Apply(Fact(BatchFactKind::kSealed, 0));
  Apply(Outcome(1, 0, {{0, 6}}, {7, 8, 9}));
  EXPECT_EQ(Field("status"), "partial");
  EXPECT_EQ(Field("completed_at"), "2027-01-15T08:00:01.000Z");
  EXPECT_GT(Ask({"TTL", Keys().batch}).integer, 0);

  for (int again = 0; again < 2; ++again) {
    SCOPED_TRACE(again);
    Apply(Retry(5, 1, {{7, 8}}));
    EXPECT_EQ(Field("status"), "processing");
    EXPECT_EQ(Field("completed_at"), "");
    EXPECT_EQ(Field("round"), "1");
    EXPECT_EQ(Field("retrying"), "2");
    EXPECT_EQ(Field("failed"), "3") << "until the outcome of the new round is there";
    EXPECT_EQ(Ask({"TTL", Keys().batch}).integer, -1) << "a batch that runs does not expire";
    EXPECT_EQ(Ask({"TTL", Keys().states}).integer, -1);
    const auto view = OpenBatchView(settings_);
    ASSERT_TRUE(view.ok());
    const auto shown = (*view)->Show("p", batch_.ToString());
    ASSERT_TRUE(shown.ok());
    EXPECT_FALSE(shown->final) << "whoever waits for the batch goes on waiting";
    EXPECT_EQ(shown->retrying, 2U);
  }

  Apply(Outcome(6, 1, {{7, 7}}, {}));
  EXPECT_EQ(Field("status"), "processing");
  Apply(Outcome(9, 1, {}, {8}));
  EXPECT_EQ(Field("status"), "partial");
  EXPECT_EQ(Field("succeeded"), "8");
  EXPECT_EQ(Field("failed"), "2");
  EXPECT_EQ(Field("retrying"), "0");
  EXPECT_EQ(Field("completed_at"), "2027-01-15T08:00:09.000Z");
  EXPECT_EQ(Hash(Keys().error_codes).at("refused"), "2");
  EXPECT_GT(Ask({"TTL", Keys().retries}).integer, 0);

  Apply(Retry(12, 2, {{8, 8}}));
  Apply(Retry(12, 1, {{9, 9}}));
  EXPECT_EQ(Field("round"), "2");
  Apply(Outcome(13, 2, {{8, 8}}, {}));
  Apply(Outcome(14, 1, {{9, 9}}, {}));
  EXPECT_EQ(Field("status"), "succeeded");
  EXPECT_EQ(Field("succeeded"), "10");
  EXPECT_EQ(Field("failed"), "0");
  EXPECT_EQ(Ask({"EXISTS", Keys().error_codes}).integer, 0);
}

TEST_P(AccountingRetry, ImplicitBatchStaysOpenAndExpires) {
  upstream_ = true;
  Apply(Retry(5, 1, {{4, 4}}));
  EXPECT_EQ(Field("status"), "open");
  EXPECT_EQ(Field("upstream"), "1");
  Apply(Outcome(1, 0, {}, {4}));
  EXPECT_EQ(Field("retrying"), "1");
  EXPECT_EQ(Field("created_at"), "2027-01-15T08:00:01.000Z");
  Apply(Outcome(6, 1, {{4, 4}}, {}));
  EXPECT_EQ(Field("retrying"), "0");
  EXPECT_EQ(Field("succeeded"), "1");
  EXPECT_EQ(Field("status"), "open");
  EXPECT_GT(Ask({"TTL", Keys().batch}).integer, 0);
}

// Records come from two topics and many partitions, and again after a rewind.
TEST_P(AccountingRetry, AnyOrderLeadsToTheSameBatch) {
  for (unsigned seed = 0; seed < 300 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    batch_ = BatchId::Random();
    std::vector<std::function<void()>> steps{[&] { Apply(Fact(BatchFactKind::kOpened, 0)); },
                                             [&] { Apply(Fact(BatchFactKind::kSealed, 1)); },
                                             [&] { Apply(Outcome(2, 0, {{0, 4}}, {5})); },
                                             [&] { Apply(Outcome(3, 0, {}, {6, 7, 8, 9})); },
                                             [&] { Apply(Retry(4, 1, {{5, 6}, {9, 9}})); },
                                             [&] { Apply(Outcome(5, 1, {{5, 5}}, {6})); },
                                             [&] { Apply(Outcome(6, 1, {}, {9})); },
                                             [&] { Apply(Retry(7, 2, {{6, 6}, {9, 9}})); },
                                             [&] { Apply(Outcome(8, 2, {{6, 6}}, {})); }};
    const std::size_t count = steps.size();
    for (std::size_t i = 0; i < count; ++i) steps.push_back(steps[random() % count]);
    std::ranges::shuffle(steps, random);
    for (const auto& step : steps) step();
    auto fields = Hash(Keys().batch);
    EXPECT_EQ(fields["status"], "processing") << "item 9 is still tried in round 2";
    EXPECT_EQ(fields["retrying"], "1");
    EXPECT_EQ(fields["round"], "2");
    EXPECT_EQ(fields["succeeded"], "7");
    EXPECT_EQ(fields["failed"], "3");
    EXPECT_FALSE(fields.contains("completed_at"));
    Apply(Outcome(9, 2, {{9, 9}}, {}));
    fields = Hash(Keys().batch);
    EXPECT_EQ(fields["status"], "partial");
    EXPECT_EQ(fields["succeeded"], "8");
    EXPECT_EQ(fields["completed_at"], "2027-01-15T08:00:09.000Z");
    EXPECT_EQ(Hash(Keys().error_codes).at("refused"), "2");
  }
}

HEADRACE_ON_EVERY_SERVER(AccountingRetry);

}  // namespace
}  // namespace headrace::redis
