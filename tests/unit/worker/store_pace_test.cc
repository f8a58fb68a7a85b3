#include "worker/store_pace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/unit/worker/store_pace_simulation.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{std::chrono::hours(1)};

ChunkResult Throttled(std::optional<milliseconds> retry_after = {}) {
  ChunkResult result;
  result.error = StoreError{StoreErrorClass::kThrottled, "busy", "too much", retry_after};
  return result;
}

// One chunk at a time, as large as is allowed, answered at once: `calls` of them, with time passing
// until each is allowed.
void Work(StorePace& pace, int calls, SteadyTime& now) {
  for (int i = 0; i < calls; ++i) {
    std::size_t items = 0;
    while ((items = pace.Allowance(0, now)) == 0) now += milliseconds(1);
    items = std::min<std::size_t>(items, 100);
    pace.Begun(items, now);
    pace.Done({}, items, 0, now);
    pace.Grow(0, now);
  }
}

TEST(StorePace, LimitsNothingBeforeTheFirstRefusal) {
  StorePace pace(8);
  for (std::size_t in_flight = 0; in_flight < 1'000; ++in_flight) {
    EXPECT_EQ(pace.Allowance(in_flight, kStart), StorePace::kUnlimited);
    pace.Begun(500, kStart);
  }
  pace.Done({}, 500, 999, kStart);
  EXPECT_FALSE(pace.throttled());
  EXPECT_EQ(pace.state().chunks_max, 8u);
  EXPECT_TRUE(std::isinf(pace.state().items_per_second));
}

TEST(StorePace, BeginsNothingBeforeTheTimeThatTheStoreNamed) {
  StorePace pace(8);
  pace.Done(Throttled(seconds(5)), 500, 0, kStart);
  EXPECT_TRUE(pace.throttled());
  EXPECT_EQ(pace.opens_at(), kStart + seconds(5));
  EXPECT_EQ(pace.Allowance(0, kStart + milliseconds(4'999)), 0u);
  EXPECT_GT(pace.Allowance(0, kStart + seconds(5)), 0u);
}

TEST(StorePace, TriesOneChunkAloneAfterARefusal) {
  StorePace pace(8);
  pace.Done(Throttled(seconds(5)), 500, 0, kStart);
  const SteadyTime open = kStart + seconds(6);
  const std::size_t items = pace.Allowance(0, open);
  ASSERT_GT(items, 0u);
  pace.Begun(items, open);
  EXPECT_EQ(pace.state().chunks_max, 1u);
  EXPECT_EQ(pace.Allowance(1, open + seconds(60)), 0u);
  pace.Done({}, items, 0, open + seconds(60));
  EXPECT_GT(pace.Allowance(0, open + seconds(60)), 0u);
}

TEST(StorePace, WaitsOutAStoreThatNamesAVeryLongTime) {
  StorePace pace(8);
  pace.Done(Throttled(std::chrono::hours(1)), 500, 0, kStart);
  for (int minute = 0; minute < 60; ++minute) {
    const SteadyTime now = kStart + std::chrono::minutes(minute);
    pace.Grow(0, now);
    EXPECT_EQ(pace.Allowance(0, now), 0u) << minute;
  }
  EXPECT_TRUE(pace.throttled());
}

TEST(StorePace, SendsChunksOfATenthOfASecond) {
  StorePace pace(8);
  pace.Done({}, 1'000, 0, kStart);
  pace.Done(Throttled(), 500, 0, kStart + milliseconds(900));
  EXPECT_NEAR(pace.state().items_per_second, 900, 1);
  EXPECT_EQ(pace.Allowance(0, kStart + seconds(2)), 90u);
}

// Until even what a store with next to no budget takes at once is small enough.
TEST(StorePace, ShrinksChunksToOneItem) {
  StorePace pace(8);
  SteadyTime now = kStart;
  std::size_t items = 500;
  int refusals = 0;
  while (items > 1) {
    pace.Done(Throttled(), items, 0, now);
    ASSERT_LT(++refusals, 12);
    while ((items = pace.Allowance(0, now)) == 0) now += milliseconds(10);
    pace.Begun(items, now);
  }
}

TEST(StorePace, AnswersOneEventOnce) {
  StorePace pace(100);
  pace.Done({}, 1'000, 20, kStart);
  pace.Done(Throttled(), 100, 19, kStart + milliseconds(100));
  const PaceState after = pace.state();
  for (std::size_t left = 19; left-- > 0;) {
    pace.Done(Throttled(), 100, left, kStart + milliseconds(110));
  }
  EXPECT_DOUBLE_EQ(pace.state().items_per_second, after.items_per_second);
  pace.Done(Throttled(), 100, 0, kStart + milliseconds(200));
  EXPECT_LT(pace.state().items_per_second, after.items_per_second);
}

TEST(StorePace, LowersTheChunksAtOnceWhereTheyHoldItBackButNeverBelowOne) {
  StorePace pace(100);
  SteadyTime now = kStart;
  pace.Done({}, 10'000, 10, now);
  pace.Done(Throttled(), 100, 9, now);  // ten at once were too many
  for (std::size_t left = 9; left-- > 0;) pace.Done({}, 100, left, now);
  now += seconds(1);
  pace.Done({}, 100, 0, now);
  EXPECT_EQ(pace.state().chunks_max, 7u);
  EXPECT_GT(pace.Allowance(6, now), 0u);
  for (int i = 0; i < 10; ++i) {
    now += seconds(10);
    EXPECT_EQ(pace.Allowance(7, now), 0u);
    pace.Done(Throttled(), 100, 0, now);
    now += seconds(10);
    pace.Done({}, 1, 0, now);
  }
  EXPECT_EQ(pace.state().chunks_max, 1u);
  EXPECT_GT(pace.Allowance(0, now + seconds(10)), 0u);
}

TEST(StorePace, RaisesTheChunksAtOnceByOneAfterTwenty) {
  StorePace pace(3);
  SteadyTime now = kStart;
  pace.Done({}, 100'000, 0, now);
  pace.Done(Throttled(), 100, 0, now);
  for (int i = 0; i < 21; ++i) {
    now += seconds(1);
    EXPECT_EQ(pace.Allowance(1, now), 0u) << i;
    pace.Done({}, 1, 0, now);
  }
  EXPECT_EQ(pace.state().chunks_max, 2u);
  for (int i = 0; i < 100; ++i) {
    now += seconds(1);
    pace.Allowance(pace.state().chunks_max, now);
    pace.Done({}, 1, 0, now);
  }
  EXPECT_EQ(pace.state().chunks_max, 3u) << "the store's own limit stands";
}

TEST(StorePace, ReturnsQuicklyToWhatItKnewAfterALongOutageOfTheQuota) {
  StorePace pace(8);
  SteadyTime now = kStart;
  pace.Done({}, 1'000, 0, now);
  for (int i = 0; i < 30; ++i) {
    pace.Done(Throttled(), 1, 0, now);
    now += seconds(20);
  }
  EXPECT_LT(pace.state().items_per_second, 1);
  Work(pace, 30, now);
  EXPECT_GT(pace.state().items_per_second, 500);
}

TEST(StorePace, EndsWhenNothingIsRefusedForLongAndLittleIsUsed) {
  StorePace pace(8);
  SteadyTime now = kStart;
  pace.Done({}, 1'000, 0, now);
  pace.Done(Throttled(), 100, 0, now);
  const SteadyTime refused = now;
  Work(pace, 1, now);
  while (pace.throttled()) {
    now += milliseconds(100);
    pace.Done({}, 10, 0, now);
    pace.Grow(0, now);
    ASSERT_LT(now, refused + seconds(60));
  }
  EXPECT_GE(now, refused + seconds(30));
  EXPECT_EQ(pace.Allowance(0, now), StorePace::kUnlimited);
}

// As when its partitions went to another worker: there is nothing to find out how fast it may go.
TEST(StorePace, EndsWhenNothingIsLeftToTryAfterARefusal) {
  StorePace pace(8);
  pace.Done(Throttled(seconds(5)), 100, 0, kStart);
  pace.Grow(0, kStart + milliseconds(34'999));
  EXPECT_TRUE(pace.throttled());
  pace.Grow(1, kStart + seconds(90));
  EXPECT_TRUE(pace.throttled()) << "one is being tried";
  pace.Grow(0, kStart + seconds(35));
  EXPECT_FALSE(pace.throttled());
  EXPECT_FALSE(pace.state().throttled);
}

TEST(StorePace, FindsALimitThatWasLifted) {
  StorePace pace(8);
  SteadyTime now = kStart;
  pace.Done({}, 100, 0, now);
  pace.Done(Throttled(), 100, 0, now);
  while (now < kStart + seconds(60)) {
    Work(pace, 1, now);
    now += milliseconds(1);
  }
  EXPECT_GT(pace.state().items_per_second, 1'000);
}

// What the product promises: three workers on a store of 200 items a second use nine tenths of it
// and are refused less than one time in twenty.
TEST(StorePaceSimulation, ThreeWorkersShareAStoreThatAllows200ItemsASecond) {
  for (const double burst : {1.0, 0.25}) {
    for (const std::size_t chunk : {1u, 7u, 50u, 500u}) {
      for (const int latency : {1, 20, 100}) {
        for (std::uint32_t seed = 1; seed <= 5; ++seed) {
          SCOPED_TRACE("burst " + std::to_string(burst) + " chunk " + std::to_string(chunk) +
                       " latency " + std::to_string(latency) + " seed " + std::to_string(seed));
          const PacedResult result =
              Simulate({.burst_seconds = burst, .latency_max = milliseconds(latency)},
                       {.chunk_items_max = chunk}, seed);
          EXPECT_GE(result.used, 0.9);
          EXPECT_LT(result.refused, 0.05);
          EXPECT_LT(result.refused_early, 0.1) << "in the first minute";
          EXPECT_GT(result.least_share, 0.25);
        }
      }
    }
  }
}

TEST(StorePaceSimulation, WorksForOtherStoresAndOtherNumbersOfWorkers) {
  struct Other {
    const char* name;
    PacedStore store;
    std::size_t workers;
  };
  const Other others[] = {
      {"never says when", {.says_when = false}, 3},
      {"speaks in whole seconds", {.retry_after_min = milliseconds(1'000)}, 3},
      {"slow", {.items_per_second = 20}, 3},
      {"fast", {.items_per_second = 20'000}, 3},
      {"alone", {}, 1},
      {"ten", {}, 10},
      {"takes a second", {.latency_min = milliseconds(500), .latency_max = milliseconds(1'500)}, 1},
  };
  for (const Other& other : others) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE(other.name + std::string(" seed ") + std::to_string(seed));
      const PacedResult result =
          Simulate(other.store, {.workers = other.workers, .chunks_in_flight_max = 100}, seed);
      EXPECT_GE(result.used, 0.9);
      EXPECT_LT(result.refused, 0.05);
    }
  }
}

}  // namespace
}  // namespace headrace::worker
