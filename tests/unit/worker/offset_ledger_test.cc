#include "worker/offset_ledger.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace headrace::worker {
namespace {

TEST(OffsetLedger, StartsWithNothingToCommitBeyondItsStart) {
  const OffsetLedger ledger(40, 1024);
  EXPECT_EQ(ledger.frontier(), 40);
  EXPECT_EQ(ledger.high_water(), 40);
  EXPECT_EQ(ledger.pending(), 0u);
}

TEST(OffsetLedger, HoldsTheFrontierAtTheFirstUnfinishedOffset) {
  OffsetLedger ledger(0, 1024);
  for (int offset = 0; offset < 4; ++offset) ASSERT_TRUE(ledger.Add(offset));
  ledger.Complete(1);
  ledger.Complete(3);
  EXPECT_EQ(ledger.frontier(), 0);
  ledger.Complete(0);
  EXPECT_EQ(ledger.frontier(), 2);
  ledger.Complete(2);
  EXPECT_EQ(ledger.frontier(), 4);
}

TEST(OffsetLedger, CountsGapsAsFinished) {
  OffsetLedger ledger(10, 1024);
  ledger.Add(10);
  ledger.Add(15);
  ledger.Complete(10);
  EXPECT_EQ(ledger.frontier(), 15);
  ledger.Complete(15);
  EXPECT_EQ(ledger.frontier(), 16);
}

TEST(OffsetLedger, TakesItsPlaceFromTheFirstRecord) {
  OffsetLedger ledger(0, 1024);  // a logical start: the topic begins later
  EXPECT_TRUE(ledger.HasRoom(5'000'000));
  EXPECT_TRUE(ledger.Add(5'000'000));
  EXPECT_EQ(ledger.frontier(), 5'000'000);
}

TEST(OffsetLedger, RefusesWhatWasDeliveredBefore) {
  OffsetLedger ledger(0, 1024);
  ASSERT_TRUE(ledger.Add(0));
  ASSERT_TRUE(ledger.Add(1));
  EXPECT_FALSE(ledger.Add(0));
  ledger.Complete(0);
  ledger.Complete(1);
  EXPECT_FALSE(ledger.Add(1));
}

TEST(OffsetLedger, IgnoresCompletionsThatAreNoneOfItsOwn) {
  OffsetLedger ledger(100, 1024);
  ledger.Add(100);
  ledger.Complete(7);
  ledger.Complete(101);
  EXPECT_EQ(ledger.frontier(), 100);
  EXPECT_EQ(ledger.pending(), 1u);
}

TEST(OffsetLedger, IsFullWhenTheSpanIsUsedUp) {
  OffsetLedger ledger(0, 2048);
  ledger.Add(0);
  EXPECT_TRUE(ledger.HasRoom(2047));
  EXPECT_FALSE(ledger.HasRoom(2048));
  ledger.Complete(0);
  EXPECT_TRUE(ledger.HasRoom(2048));
}

// Kafka may deliver again from before the frontier while later items are pending.
TEST(OffsetLedger, HasRoomForWhatItRefusesAnyway) {
  OffsetLedger ledger(0, 2048);
  ledger.Add(0);
  ledger.Add(1);
  ledger.Complete(0);
  EXPECT_TRUE(ledger.HasRoom(0));
  EXPECT_FALSE(ledger.Add(0));
}

// Random deliveries with gaps and random completions, against a set that knows what is pending.
TEST(OffsetLedger, AgreesWithASetUnderRandomInterleavings) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::minstd_rand random(seed);
    OffsetLedger ledger(1000, 4096);
    std::set<std::int64_t> pending;
    std::int64_t next = 1000;
    for (int step = 0; step < 3000; ++step) {
      if (random() % 2 == 0) {
        const std::int64_t gap = random() % 8 == 0 ? static_cast<std::int64_t>(random() % 50) : 0;
        const std::int64_t offset = next + gap;
        if (!ledger.HasRoom(offset)) continue;
        ASSERT_TRUE(ledger.Add(offset));
        pending.insert(offset);
        next = offset + 1;
      } else if (!pending.empty()) {
        auto victim = pending.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(
                                 random() % std::min<std::size_t>(pending.size(), 20)));
        ledger.Complete(*victim);
        pending.erase(victim);
      }
      const std::int64_t want = pending.empty() ? next : *pending.begin();
      ASSERT_EQ(pending.empty() ? ledger.high_water() : ledger.frontier(), want);
      ASSERT_EQ(ledger.pending(), pending.size());
      if (pending.empty()) {
        ASSERT_EQ(ledger.frontier(), ledger.high_water());
      }
    }
  }
}

}  // namespace
}  // namespace headrace::worker
