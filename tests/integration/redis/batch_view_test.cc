#include "common/redis/batch_view.h"

#include "common/redis/redis_keys.h"
#include "common/redis/redis_outcome_store.h"
#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

class View : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    auto store = OpenRedisOutcomeStore(settings_);
    auto view = OpenBatchView(settings_);
    ASSERT_TRUE(store.ok() && view.ok());
    store_ = std::move(*store);
    view_ = std::move(*view);
  }

  void Fact(BatchFactKind kind, const BatchId& batch, std::uint64_t count, int second = 0) {
    BatchFact fact;
    fact.kind = kind;
    fact.batch = batch;
    fact.project = "p";
    fact.at = Timestamp(std::chrono::seconds(1'800'000'000 + second));
    if (kind == BatchFactKind::kDispatched) {
      fact.dispatched = count;
    } else {
      fact.item_count = count;
    }
    if (kind == BatchFactKind::kSealed) fact.rejected = 2;
    if (kind == BatchFactKind::kOpened) fact.metadata = R"({"source":"test"})";
    ASSERT_TRUE(store_->ApplyFacts({&fact, 1}).ok());
  }

  void Outcome(const BatchId& batch, std::vector<IndexRange> succeeded,
               std::vector<std::uint32_t> failed = {}, bool upstream = false) {
    PlacedOutcome outcome;
    outcome.record.batch = batch;
    outcome.record.project = "p";
    outcome.record.upstream = upstream;
    outcome.record.succeeded = std::move(succeeded);
    for (const std::uint32_t index : failed) {
      outcome.record.failed.push_back({index, {"refused", "The store refused it.", 3}});
    }
    outcome.at = Timestamp(std::chrono::seconds(1'800'000'100));
    ASSERT_TRUE(store_->ApplyOutcomes({&outcome, 1}).ok());
  }

  BatchSummary Show(const BatchId& batch) {
    auto summary = view_->Show("p", batch.ToString());
    EXPECT_TRUE(summary.ok()) << summary.error().message;
    return summary.ok() ? std::move(*summary) : BatchSummary{};
  }

  static std::uint64_t Sum(const BatchSummary& s) {
    return s.queued + s.processing + s.succeeded + s.failed + s.skipped + s.canceled;
  }

  std::unique_ptr<OutcomeStore> store_;
  std::unique_ptr<BatchView> view_;
  const BatchId batch_ = BatchId::Random();
};

TEST_P(View, CountersAlwaysSumToTheTotal) {
  Fact(BatchFactKind::kOpened, batch_, 10);
  EXPECT_EQ(Show(batch_).queued, 10U);
  EXPECT_TRUE(Show(batch_).declared);
  Fact(BatchFactKind::kDispatched, batch_, 6);
  EXPECT_EQ(Show(batch_).processing, 6U);
  EXPECT_EQ(Show(batch_).queued, 4U);
  Outcome(batch_, {{0, 7}});  // more than is known to be dispatched
  BatchSummary summary = Show(batch_);
  EXPECT_EQ(summary.processing, 0U);
  EXPECT_EQ(summary.queued, 2U);
  EXPECT_EQ(Sum(summary), summary.item_count);
  EXPECT_FALSE(summary.final);
  Outcome(batch_, {}, {8, 9});
  Fact(BatchFactKind::kSealed, batch_, 10);
  summary = Show(batch_);
  EXPECT_EQ(Sum(summary), 10U);
  EXPECT_TRUE(summary.final);
  EXPECT_EQ(summary.status, "partial");
  EXPECT_EQ(summary.rejected, 2U);
  EXPECT_EQ(summary.metadata, R"({"source":"test"})");
}

TEST_P(View, UnknownForeignAndMalformedIdsAreNotFound) {
  Fact(BatchFactKind::kOpened, batch_, 10);
  EXPECT_EQ(view_->Show("p", BatchId::Random().ToString()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(view_->Show("other", batch_.ToString()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(view_->Show("p", "nonsense").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(view_->Show("p", "upstream").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(view_->Errors("other", batch_.ToString(), 10).error().code, ErrorCode::kNotFound);
}

TEST_P(View, ListsNewestFirstWithUpstreamInFront) {
  std::vector<std::string> expected;
  for (int i = 0; i < 150; ++i) {
    const BatchId batch = BatchId::Random();
    Fact(BatchFactKind::kOpened, batch, 1, i);
    expected.insert(expected.begin(), batch.ToString());
  }
  // The 120th newest has expired, but its name is still in the list.
  Ask({"DEL", BatchKeys("hr:", *BatchId::Parse(expected[119])).batch});
  expected.erase(expected.begin() + 119);
  Outcome(batch_, {{0, 0}}, {}, true);
  expected.insert(expected.begin(), "upstream");
  const auto all = view_->List("p", 1'000);
  ASSERT_TRUE(all.ok());
  std::vector<std::string> found;
  for (const BatchSummary& summary : *all) found.push_back(summary.id);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(view_->List("p", 7)->size(), 8U);
  EXPECT_EQ(view_->List("p", 1)->back().id, expected[1]) << "the newest batch beside upstream";
  EXPECT_TRUE(view_->List("nobody", 7)->empty());
}

TEST_P(View, UpstreamAddsUpAllImplicitBatches) {
  Outcome(batch_, {{0, 9}}, {20}, true);
  Outcome(BatchId::Random(), {{5, 6}}, {7}, true);
  const auto summary = view_->Show("p", "upstream");
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->item_count, 14U);
  EXPECT_EQ(summary->succeeded, 12U);
  EXPECT_EQ(summary->failed, 2U);
  EXPECT_EQ(summary->status, "open");
  EXPECT_FALSE(summary->final);
  const auto errors = view_->Errors("p", "upstream", 10);
  ASSERT_EQ(errors->items.size(), 2U);
  for (const FailedBatchItem& item : errors->items) {
    EXPECT_EQ(item.batch_id == batch_.ToString(), item.index == 20U) << item.index;
  }
  EXPECT_EQ(errors->count_by_code.at("refused"), 2U);
}

TEST_P(View, ErrorsComeByIndexAndAreLimited) {
  Outcome(batch_, {}, {12, 3, 101, 20});
  const auto errors = view_->Errors("p", batch_.ToString(), 3);
  ASSERT_TRUE(errors.ok());
  ASSERT_EQ(errors->items.size(), 3U);
  EXPECT_EQ(errors->items[0].index, 3U);
  EXPECT_EQ(errors->items[1].index, 12U);
  EXPECT_EQ(errors->items[2].index, 20U);
  EXPECT_EQ(errors->items[0].error.code, "refused");
  EXPECT_EQ(errors->items[0].error.message, "The store refused it.");
  EXPECT_EQ(errors->items[0].error.attempts, 3U);
  EXPECT_EQ(errors->count_by_code.at("refused"), 4U);
}

TEST_P(View, StateTellsEmptyRebuildingAndReady) {
  EXPECT_EQ(*view_->State(), ViewState::kEmpty);
  ASSERT_TRUE(store_->SetRebuilding("t", 0, 10).ok());
  EXPECT_EQ(*view_->State(), ViewState::kRebuilding);
  ASSERT_TRUE(*store_->AdvanceMark({"t", 0, 4}, std::nullopt));
  EXPECT_EQ(*view_->State(), ViewState::kRebuilding);
  ASSERT_TRUE(*store_->AdvanceMark({"t", 0, 10}, 4));
  EXPECT_EQ(*view_->State(), ViewState::kReady);
  // A note whose end the mark has passed says nothing.
  Ask({"HSET", "hr:meta", "rebuilding:t:0", "9"});
  EXPECT_EQ(*view_->State(), ViewState::kReady);
}

TEST_P(View, AbsentServerIsTransient) {
  server_->Kill();
  EXPECT_EQ(view_->State().error().code, ErrorCode::kTransient);
  EXPECT_EQ(view_->List("p", 1).error().code, ErrorCode::kTransient);
  EXPECT_EQ(view_->Show("p", batch_.ToString()).error().code, ErrorCode::kTransient);
}

HEADRACE_ON_EVERY_SERVER(View);

}  // namespace
}  // namespace headrace::redis
