// Random histories: records that overlap, repeat and arrive in any order, mixed with facts. After
// every application Redis must show what a recount of the items in memory shows.
#include <random>

#include "common/redis/redis_keys.h"
#include "common/redis/redis_outcome_store.h"
#include "tests/fakes/memory_outcome_store.h"
#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

using Random = std::mt19937;

std::uint32_t Pick(Random& random, std::uint32_t below) {
  return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
}

IndexRange PickRange(Random& random, std::uint32_t items) {
  const std::uint32_t first = Pick(random, items);
  return {first, std::min(items - 1, first + Pick(random, 1 + Pick(random, items)))};
}

PlacedOutcome PickOutcome(Random& random, const BatchId& batch, std::uint32_t items,
                          std::int64_t offset) {
  PlacedOutcome placed;
  placed.partition = 3;
  placed.offset = offset;
  placed.at = Timestamp(std::chrono::seconds(1'800'000'000 + offset));
  placed.record.batch = batch;
  placed.record.project = "p";
  placed.record.round = static_cast<std::uint8_t>(Pick(random, 3));
  for (std::uint32_t i = Pick(random, 3); i > 0; --i) {
    placed.record.succeeded.push_back(PickRange(random, items));
  }
  if (Pick(random, 3) == 0) placed.record.skipped.push_back(PickRange(random, items));
  if (Pick(random, 3) == 0) placed.record.canceled.push_back(PickRange(random, items));
  for (std::uint32_t i = Pick(random, 4); i > 0; --i) {
    const std::string code = "code_" + std::to_string(Pick(random, 3));
    placed.record.failed.push_back({Pick(random, items), {code, "It failed.", 1}});
  }
  return placed;
}

std::vector<BatchFact> PickFacts(Random& random, const BatchId& batch, std::uint32_t items) {
  std::vector<BatchFact> facts(6);
  for (BatchFact& fact : facts) {
    fact.batch = batch;
    fact.project = "p";
    fact.at = Timestamp(std::chrono::seconds(1'800'000'000));
  }
  if (Pick(random, 2) == 0) facts[0].item_count = items;
  facts[1].kind = BatchFactKind::kDispatched;
  facts[1].dispatched = Pick(random, items + 1);
  facts[2].kind = BatchFactKind::kSealed;
  facts[2].item_count = items;
  facts[2].index_end = items;
  for (std::size_t i = 3; i < facts.size(); ++i) {
    facts[i].kind = BatchFactKind::kRetryOpened;
    facts[i].round = static_cast<std::uint8_t>(1 + Pick(random, 3));
    facts[i].indexes = {PickRange(random, items)};
    const std::uint32_t next = facts[i].indexes[0].last + 2;
    if (next < items) facts[i].indexes.push_back({next, items - 1});
    facts[i].item_count = CountOf(facts[i].indexes);
  }
  return facts;
}

class AccountingHistory : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    settings_.errors_per_batch_max = 4;
    auto store = OpenRedisOutcomeStore(settings_);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
  }

  fakes::BatchCount CountInRedis(const BatchId& batch) {
    const BatchKeys keys(settings_.prefix, batch);
    auto fields = Hash(keys.batch);
    fakes::BatchCount count;
    count.project = fields["project"];
    count.status = fields["status"];
    count.item_count = std::stoull(fields["item_count"]);
    count.dispatched = fields.contains("dispatched") ? std::stoull(fields["dispatched"]) : 0;
    count.retrying = fields.contains("retrying") ? std::stoull(fields["retrying"]) : 0;
    count.round =
        static_cast<std::uint8_t>(fields.contains("round") ? std::stoul(fields["round"]) : 0);
    for (int state = 1; state <= 4; ++state) {
      const std::string name(ItemStateName(static_cast<ItemState>(state)));
      count.by_state[static_cast<std::size_t>(state)] = std::stoull(fields[name]);
    }
    for (const auto& [code, number] : Hash(keys.error_codes)) {
      count.by_error_code[code] = std::stoull(number);
    }
    count.completed = fields.contains("completed_at");
    return count;
  }

  // Every kept error belongs to an item that is failed now, and none is kept for another.
  void CheckErrors(const BatchId& batch, const fakes::MemoryOutcomeStore::Batch& truth) {
    const auto errors = Hash(BatchKeys(settings_.prefix, batch).errors);
    EXPECT_LE(errors.size(), 4U);
    for (const auto& [index, json] : errors) {
      const auto item = truth.items.find(static_cast<std::uint32_t>(std::stoul(index)));
      ASSERT_NE(item, truth.items.end());
      EXPECT_EQ(item->second.state, ItemState::kFailed);
      EXPECT_NE(json.find("\"code\":\"" + item->second.error_code + "\""), std::string::npos);
      EXPECT_NE(json.find("\"round\":" + std::to_string(item->second.round)), std::string::npos);
    }
  }

  void Compare(const BatchId& batch, std::uint32_t items) {
    const auto contents = truth_.Save();
    const auto expected = fakes::MemoryOutcomeStore::Count(contents, batch);
    ASSERT_TRUE(expected.has_value());
    const fakes::BatchCount found = CountInRedis(batch);
    EXPECT_EQ(found.by_state, expected->by_state);
    EXPECT_EQ(found.by_error_code, expected->by_error_code);
    EXPECT_EQ(found.status, expected->status);
    EXPECT_EQ(found.retrying, expected->retrying);
    EXPECT_TRUE(found == *expected);
    EXPECT_EQ(*store_->ReadStates(batch, {0, items - 1}),
              *truth_.ReadStates(batch, {0, items - 1}));
    CheckErrors(batch, contents.batches.at(batch));
  }

  void PlayOne(Random& random) {
    const BatchId batch = BatchId::Random();
    const std::uint32_t items = 1 + Pick(random, 60);
    std::vector<PlacedOutcome> outcomes;
    for (std::int64_t offset = 0; offset < 8; ++offset) {
      outcomes.push_back(PickOutcome(random, batch, items, offset));
    }
    const std::vector<BatchFact> facts = PickFacts(random, batch, items);
    for (int step = 0; step < 14; ++step) {
      if (Pick(random, 3) == 0) {
        const std::span one(&facts[Pick(random, 6)], 1);
        ASSERT_TRUE(store_->ApplyFacts(one).ok());
        ASSERT_TRUE(truth_.ApplyFacts(one).ok());
      } else {
        const std::uint32_t start = Pick(random, 8);
        const auto some = std::span(outcomes).subspan(start, 1 + Pick(random, 8 - start));
        const Status applied = store_->ApplyOutcomes(some);
        ASSERT_TRUE(applied.ok()) << applied.error().message;
        ASSERT_TRUE(truth_.ApplyOutcomes(some).ok());
      }
      if (step % 5 == 4) Compare(batch, items);
    }
    truth_.Load({});
  }

  std::unique_ptr<OutcomeStore> store_;
  fakes::MemoryOutcomeStore truth_;
};

TEST_P(AccountingHistory, CountersEqualARecountAfterAnyHistory) {
  for (unsigned seed = 0; seed < 2'000 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    PlayOne(random);
  }
}

HEADRACE_ON_EVERY_SERVER(AccountingHistory);

}  // namespace
}  // namespace headrace::redis
