// A graph that gets more than its lane can do.
#include <gtest/gtest.h>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

class WorkerLoopHotGraph : public testing::Test {
 protected:
  static constexpr std::uint32_t kItems = 400;
  static constexpr std::size_t kWindow = 80;

  // The store ends one item of each graph a round, so those of the hot one take 400 rounds.
  WorkerLoopHotGraph() {
    world_.settings.in_flight_items_max = kWindow;
    world_.settings.lane_chunk_items_max = 1;
    for (std::uint32_t i = 0; i < kItems; ++i) world_.AddItem(batch_, i, "hot", "x", 0);
  }
  void AddOthers(int partition) {
    for (std::uint32_t i = 0; i < kItems; ++i) {
      world_.AddItem(batch_, kItems + i, "g" + std::to_string(i % 20), "x", partition);
    }
  }
  // Rounds of 100 ms.
  void Run(int rounds, const std::function<void(int)>& each = {}) {
    ASSERT_TRUE(world_
                    .Run(rounds,
                         [&](int round) {
                           world_.clock.Advance(std::chrono::milliseconds(90));
                           world_.store.CompleteAll();
                           if (each) each(round);
                         })
                    .ok());
  }

  WorkerWorld world_{2};
  const BatchId batch_ = world_.OpenBatch(2 * kItems);
};

TEST_F(WorkerLoopHotGraph, LeavesAQuarterOfTheWorkerToOtherPartitions) {
  bool was_paused = false;
  Run(600, [&](int round) {
    was_paused = was_paused || world_.observer.hot_partitions == 1;
    // Those that come while it is busy do not wait for it.
    if (round == 100) AddOthers(1);
    if (round == 130) {
      EXPECT_EQ(world_.store.Applied("default/g/g7").size(), kItems / 20);
    }
  });
  EXPECT_TRUE(was_paused);
  EXPECT_EQ(world_.observer.hot_partitions, 0u);
  EXPECT_EQ(world_.Succeeded(), 2 * kItems);
  EXPECT_EQ(world_.store.Applied("default/g/hot").size(), kItems);
  EXPECT_EQ(world_.Committed(0), kItems);
  EXPECT_EQ(world_.Committed(1), kItems);
}

TEST_F(WorkerLoopHotGraph, IsNeverWithoutWorkBecauseOfThat) {
  Run(kItems + 20);
  EXPECT_EQ(world_.observer.hot_partitions_max, 1u);
  EXPECT_EQ(world_.store.Applied("default/g/hot").size(), kItems);
}

TEST_F(WorkerLoopHotGraph, IsReadAnewWhenItsPartitionComesBack) {
  AddOthers(1);
  Run(700, [&](int round) {
    if (round != 50) return;
    EXPECT_EQ(world_.observer.hot_partitions, 1u);
    world_.log.ExpireMembers(kGroup);
  });
  EXPECT_EQ(world_.store.applied_count(), 2 * kItems);
  EXPECT_EQ(world_.Committed(0), kItems);
}

// The worker is full, held back, and goes on; and one pause does not end the other.
TEST_F(WorkerLoopHotGraph, WaitsThroughAnOutageLikeTheOthers) {
  bool down = false;
  world_.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (!down) return std::nullopt;
    return StoreError{StoreErrorClass::kTransient, "down", "the store is down", {}};
  });
  Run(900, [&](int round) {
    if (round == 60) {
      AddOthers(1);
      down = true;
    }
    if (round == 150) {
      EXPECT_TRUE(world_.observer.intake_paused);
      EXPECT_EQ(world_.observer.in_work_max, kWindow);
      down = false;
    }
  });
  EXPECT_EQ(world_.Succeeded(), 2 * kItems);
  EXPECT_EQ(world_.Committed(0), kItems);
  EXPECT_EQ(world_.Committed(1), kItems);
}

TEST(WorkerLoopHotGraphs, OfEveryPartitionLeaveOneToBeRead) {
  constexpr std::uint32_t kEach = 200;
  WorkerWorld world(2);
  world.settings.in_flight_items_max = 80;
  world.settings.lane_chunk_items_max = 1;
  const BatchId batch = world.OpenBatch(2 * kEach);
  for (std::uint32_t i = 0; i < 2 * kEach; ++i) {
    const int partition = static_cast<int>(i % 2);
    world.AddItem(batch, i, "hot" + std::to_string(partition), "x", partition);
  }
  ASSERT_TRUE(world
                  .Run(600,
                       [&](int) {
                         world.clock.Advance(std::chrono::milliseconds(90));
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_EQ(world.observer.hot_partitions_max, 1u);
  EXPECT_EQ(world.Succeeded(), 2 * kEach);
}

}  // namespace
}  // namespace headrace::worker
