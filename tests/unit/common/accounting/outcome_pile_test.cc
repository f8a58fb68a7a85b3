#include "common/accounting/outcome_pile.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/fakes/memory_outcome_store.h"

namespace headrace::accounting {
namespace {

using fakes::MemoryOutcomeStore;
using std::chrono::milliseconds;

class OutcomePileTest : public testing::Test {
 protected:
  PlacedOutcome Succeeded(IndexRange range, std::int64_t at_ms = 0) {
    PlacedOutcome outcome;
    outcome.record.batch = batch_;
    outcome.record.project = "p";
    outcome.record.succeeded = {range};
    outcome.offset = next_offset_++;
    outcome.at = Timestamp(milliseconds(at_ms));
    return outcome;
  }
  PlacedOutcome Failed(std::uint32_t index) {
    PlacedOutcome outcome = Succeeded({});
    outcome.record.succeeded.clear();
    outcome.record.failed = {{index, {"code", "message", 1}}};
    return outcome;
  }

  const BatchId batch_ = BatchId::Random();
  std::int64_t next_offset_ = 0;
  OutcomePile pile_;
};

TEST_F(OutcomePileTest, MakesOneRecordOfAllButTheFirst) {
  for (std::uint32_t i = 0; i < 10; ++i) pile_.Add(Succeeded({i, i}, i));
  ASSERT_EQ(pile_.outcomes().size(), 2u);
  EXPECT_EQ(pile_.item_count(), 10u);
  EXPECT_EQ(pile_.outcomes()[0].at, Timestamp(milliseconds(0)));
  const PlacedOutcome& rest = pile_.outcomes()[1];
  EXPECT_EQ(rest.record.succeeded, (std::vector<IndexRange>{{1, 9}}));
  EXPECT_EQ(rest.offset, 9);
  EXPECT_EQ(rest.at, Timestamp(milliseconds(9)));
  pile_.Clear();
  EXPECT_TRUE(pile_.empty());
  EXPECT_EQ(pile_.item_count(), 0u);
}

TEST_F(OutcomePileTest, KeepsApartWhatIsNotTheSame) {
  PlacedOutcome retried = Succeeded({3, 3});
  retried.record.round = 1;
  PlacedOutcome skipped = Succeeded({4, 4});
  skipped.record.skipped = {{5, 5}};
  PlacedOutcome upstream = Succeeded({6, 6});
  upstream.record.upstream = true;
  const std::pair<const char*, PlacedOutcome> cases[] = {
      {"round", retried},
      {"state", skipped},
      {"failure", Failed(7)},
      {"kind", upstream},
      {"second", Succeeded({8, 8}, 1'001)},
      {"step back in time", Succeeded({9, 9}, -1)}};
  for (const auto& [name, other] : cases) {
    SCOPED_TRACE(name);
    pile_.Clear();
    pile_.Add(Succeeded({0, 0}));
    pile_.Add(Succeeded({1, 1}));
    pile_.Add(other);
    EXPECT_EQ(pile_.outcomes().size(), 3u);
  }
}

TEST_F(OutcomePileTest, LeavesTheOrderOfDifferentOutcomesOfAnItem) {
  pile_.Add(Succeeded({0, 0}));
  pile_.Add(Succeeded({1, 1}));
  pile_.Add(Failed(2));
  pile_.Add(Succeeded({2, 2}));
  MemoryOutcomeStore store;
  ASSERT_TRUE(store.ApplyOutcomes(pile_.outcomes()).ok());
  const auto count = MemoryOutcomeStore::Count(store.Save(), batch_);
  EXPECT_EQ(count->by_state[1], 2u);
  EXPECT_EQ(count->by_state[2], 1u);
}

TEST_F(OutcomePileTest, BatchesTakeTurnsWithoutKeepingEachOtherApart) {
  const BatchId other = BatchId::Random();
  for (std::uint32_t i = 0; i < 10; ++i) {
    pile_.Add(Succeeded({i, i}));
    PlacedOutcome foreign = Succeeded({i, i});
    foreign.record.batch = other;
    pile_.Add(std::move(foreign));
  }
  EXPECT_EQ(pile_.outcomes().size(), 4u);
}

TEST_F(OutcomePileTest, BoundsWhatOneRecordNames) {
  for (std::uint32_t i = 0; i < 50'000; ++i) pile_.Add(Succeeded({2 * i, 2 * i}));
  EXPECT_EQ(pile_.outcomes().size(), 6u);
}

TEST_F(OutcomePileTest, CountsAsTheRecordsOneByOne) {
  std::minstd_rand random(7);
  for (int round = 0; round < 50; ++round) {
    MemoryOutcomeStore one_by_one, piled;
    pile_.Clear();
    for (int i = 0; i < 200; ++i) {
      const auto index = static_cast<std::uint32_t>(random() % 60);
      const std::uint32_t last = index + static_cast<std::uint32_t>(random() % 3);
      PlacedOutcome outcome = random() % 8 == 0 ? Failed(index) : Succeeded({index, last});
      outcome.record.round = random() % 10 == 0 ? 1 : 0;
      ASSERT_TRUE(one_by_one.ApplyOutcomes({&outcome, 1}).ok());
      pile_.Add(std::move(outcome));
    }
    ASSERT_TRUE(piled.ApplyOutcomes(pile_.outcomes()).ok());
    EXPECT_LT(pile_.outcomes().size(), 200u);
    const auto expected = MemoryOutcomeStore::Count(one_by_one.Save(), batch_);
    const auto counted = MemoryOutcomeStore::Count(piled.Save(), batch_);
    EXPECT_EQ(counted->by_state, expected->by_state);
  }
}

}  // namespace
}  // namespace headrace::accounting
