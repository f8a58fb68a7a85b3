// A store that throttles slows the whole worker down, and nothing fails for it.
#include <gtest/gtest.h>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

StoreError TooMuch(std::optional<milliseconds> retry_after = {}) {
  return {StoreErrorClass::kThrottled, "busy", "too much", retry_after};
}

TEST(WorkerLoopThrottling, ClosesTheStoreForAllLanesUntilTheTimeThatItNamed) {
  WorkerWorld world(1, {.chunk_items_max = 1, .chunk_lanes_max = 1, .chunks_in_flight_max = 1});
  const BatchId batch = world.OpenBatch(3);
  for (std::uint32_t i = 0; i < 3; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  SteadyTime refused{};
  world.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (refused != SteadyTime{}) return std::nullopt;
    refused = world.clock.Now();
    return TooMuch(milliseconds(2'000));
  });
  SteadyTime begun_again{};
  ASSERT_TRUE(world
                  .Run(400,
                       [&](int) {
                         if (refused != SteadyTime{} && begun_again == SteadyTime{} &&
                             world.store.waiting() > 0) {
                           begun_again = world.clock.Now();
                         }
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_GE(begun_again - refused, milliseconds(2'000));
  EXPECT_LE(begun_again - refused, milliseconds(2'050));
  EXPECT_EQ(world.Succeeded(), 3u);
}

TEST(WorkerLoopThrottling, SendsOneChunkAloneAfterARefusal) {
  WorkerWorld world(1, {.chunk_items_max = 1, .chunk_lanes_max = 1, .chunks_in_flight_max = 8});
  const BatchId batch = world.OpenBatch(40);
  for (std::uint32_t i = 0; i < 40; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  bool throttling = true;
  std::size_t before = 0, while_refused = 0;
  world.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (!throttling) return std::nullopt;
    return TooMuch(milliseconds(100));
  });
  ASSERT_TRUE(world
                  .Run(3'000,
                       [&](int round) {
                         std::size_t& most = round < 10 ? before : while_refused;
                         if (throttling) most = std::max(most, world.store.waiting());
                         if (round == 300) throttling = false;
                         if (round >= 5) world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_EQ(before, 8u);
  EXPECT_EQ(while_refused, 1u);
  EXPECT_EQ(world.Succeeded(), 40u);
}

TEST(WorkerLoopThrottling, MakesChunksAsSmallAsTheStoreTakesThem) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(300);
  for (std::uint32_t i = 0; i < 300; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  world.store.SetVerdict([&](const Chunk& chunk) -> std::optional<StoreError> {
    if (chunk.items.size() <= 3) return std::nullopt;
    return TooMuch(milliseconds(20));
  });
  ASSERT_TRUE(world.Run(4'000).ok());
  EXPECT_EQ(world.Succeeded(), 300u);
}

TEST(WorkerLoopThrottling, MakesThePartsOfABisectionAsSmallToo) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(100);
  for (std::uint32_t i = 0; i < 100; ++i) {
    world.AddItem(batch, i, "g" + std::to_string(i), i == 77 ? "bad" : "good");
  }
  world.store.SetVerdict([&](const Chunk& chunk) -> std::optional<StoreError> {
    // The first chunk hides a bad item; from then on the store takes next to nothing.
    if (world.store.chunks() > 1 && chunk.items.size() > 2) return TooMuch(milliseconds(20));
    for (const WriteItem& item : chunk.items) {
      if (item.payload.find("bad") != std::string::npos) {
        return StoreError{StoreErrorClass::kItem, "bad_item", "one of them is bad", {}};
      }
    }
    return std::nullopt;
  });
  ASSERT_TRUE(world.Run(4'000).ok());
  EXPECT_EQ(world.observer.dead_letters, std::vector<std::string>{"bad_item"});
  EXPECT_EQ(world.Succeeded(), 99u);
}

// A refusal is neither an attempt nor a strike, however often it comes and whatever others achieve.
TEST(WorkerLoopThrottling, CountsNothingAgainstTheItems) {
  WorkerWorld world(1);
  world.settings.retry_attempts_max = 2;
  world.settings.retry_age_max = milliseconds(5'000);
  const BatchId batch = world.OpenBatch(3'000);
  std::uint32_t next = 0;
  int refusals = 0, failures = 0;
  world.AddItem(batch, next++, "slow", "unlucky");
  world.store.SetVerdict([&](const Chunk& chunk) -> std::optional<StoreError> {
    for (const WriteItem& item : chunk.items) {
      if (item.payload.find("unlucky") == std::string::npos) continue;
      if (++refusals < 30) return TooMuch(milliseconds(10));
      // One strike: with one more attempt or strike counted it would be too many.
      if (++failures == 1) return StoreError{StoreErrorClass::kTransient, "down", "down", {}};
    }
    return std::nullopt;
  });
  ASSERT_TRUE(world
                  .Run(20'000,
                       [&](int round) {
                         if (round % 10 == 0) {
                           world.AddItem(batch, next, "other" + std::to_string(next), "x");
                           ++next;
                         }
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_GE(refusals, 30);
  EXPECT_EQ(failures, 2) << "tried again after its only failure";
  EXPECT_TRUE(world.observer.dead_letters.empty());
}

TEST(WorkerLoopThrottling, TellsTheObserverFromBeginningToEnd) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(1'000'000);
  std::uint32_t next = 0;
  bool throttle = true;
  world.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (!std::exchange(throttle, false)) return std::nullopt;
    return TooMuch();
  });
  ASSERT_TRUE(world
                  .Run(12'000,
                       [&](int round) {
                         if (round % 50 == 0) world.AddItem(batch, next++, "g", "x");
                         world.store.CompleteAll();
                       })
                  .ok());
  ASSERT_GE(world.observer.paces.size(), 3u);
  EXPECT_FALSE(world.observer.paces.front().throttled);
  EXPECT_TRUE(world.observer.paces[1].throttled);
  EXPECT_FALSE(world.observer.paces.back().throttled);
  EXPECT_LT(world.observer.paces.size(), 12'000u) << "silent again when it is over";
}

}  // namespace
}  // namespace headrace::worker
