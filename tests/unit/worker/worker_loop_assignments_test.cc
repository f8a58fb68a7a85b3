#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

StoreError Busy() { return {StoreErrorClass::kTransient, "busy", "no room", {}}; }

TEST(WorkerLoop, PausesAPartitionThatComesBackWhileItIsFull) {
  WorkerWorld world(1);
  world.settings.in_flight_items_max = 2;
  const BatchId batch = world.OpenBatch(40);
  for (std::uint32_t i = 0; i < 40; ++i) world.AddItem(batch, i, "a" + std::to_string(i), "x");
  // Full of what the store has, so that nothing is given up with the partition.
  ASSERT_TRUE(world
                  .Run(400,
                       [&](int round) {
                         if (round == 200) world.log.ExpireMembers(kGroup);
                         if (round == 400) world.store.CompleteAll();  // which ends the drain
                       })
                  .ok());
  EXPECT_LE(world.observer.in_work_max, 3u) << "one may slip in with the assignment";
}

// A chunk that outlives its partition's assignment, and is to be tried again then.
TEST(WorkerLoop, DoesNotTryAgainWhatAnEarlierAssignmentBegan) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(1);
  world.AddItem(batch, 0, "a", "x");
  world.store.SetVerdict([](const Chunk&) { return Busy(); });
  ASSERT_TRUE(world
                  .Run(60,
                       [&](int round) {
                         if (round == 6) world.log.ExpireMembers(kGroup);
                         if (round < 10) return;
                         world.store.CompleteAll();
                         world.store.SetVerdict({});
                       })
                  .ok());
  EXPECT_EQ(world.store.chunks(), 2u) << "the one that was refused, and that of the redelivery";
  EXPECT_EQ(world.store.duplicates(), 0u);
  EXPECT_EQ(world.Committed(0), 1);
}

// The drain of a revoked partition ends with a result that asks for a retry.
TEST(WorkerLoop, LeavesARetryOfARevokedPartitionToItsNextOwner) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(1);
  world.AddItem(batch, 0, "a", "x");
  const auto loop = world.MakeLoop();
  ASSERT_TRUE(loop->Join().ok());
  const auto steps = [&](int count) {
    for (int i = 0; i < count; ++i) {
      world.clock.Advance(std::chrono::milliseconds(20));
      ASSERT_TRUE(loop->Step().ok());
    }
  };
  steps(3);
  ASSERT_EQ(world.store.waiting(), 1u);
  world.store.SetVerdict([](const Chunk&) { return Busy(); });
  world.store.CompleteAll();
  const TopicPartition partition{0, 0};
  loop->OnRevoked({&partition, 1});
  steps(30);
  EXPECT_EQ(world.store.waiting(), 0u) << "it was begun again";
  EXPECT_EQ(world.observer.in_flight, 0u);
}

// The commit of each second is far away, so the last one says what has ended.
class WorkerLoopLastCommit : public testing::Test {
 protected:
  void Run(std::function<void()> as_it_ends) {
    world_.settings.commit_interval = std::chrono::hours(1);
    world_.AddItem(world_.OpenBatch(1), 0, "a", "x");
    ASSERT_TRUE(world_
                    .Run(40,
                         [&](int round) {
                           world_.store.CompleteAll();
                           if (round == 40) as_it_ends();
                         })
                    .ok());
  }

  WorkerWorld world_{1};
};

TEST_F(WorkerLoopLastCommit, IsTriedAgainWhenItFails) {
  world_.settings.drain_timeout = std::chrono::seconds(1);
  Run([&] { world_.log.RefuseNextCommits(1); });
  EXPECT_EQ(world_.Committed(0), 1);
  EXPECT_EQ(world_.log.Committed(kGroup, kItems, 0)->metadata, "hw=1;clean;by=loop1");
}

TEST_F(WorkerLoopLastCommit, IsTriedAgainWhenAPartitionIsRevoked) {
  world_.settings.drain_timeout = std::chrono::seconds(1);
  world_.settings.commit_interval = std::chrono::hours(1);
  world_.AddItem(world_.OpenBatch(1), 0, "a", "x");
  const auto loop = world_.MakeLoop();
  ASSERT_TRUE(loop->Join().ok());
  for (int i = 0; i < 20; ++i) {
    world_.clock.Advance(std::chrono::milliseconds(20));
    world_.store.CompleteAll();
    ASSERT_TRUE(loop->Step().ok());
  }
  ASSERT_EQ(world_.Committed(0), 0);
  world_.log.RefuseNextCommits(1);
  world_.wakeup.Signal();  // no real waiting
  const TopicPartition partition{0, 0};
  loop->OnRevoked({&partition, 1});
  EXPECT_EQ(world_.Committed(0), 1);
}

TEST_F(WorkerLoopLastCommit, IsNotTriedAgainBeyondTheTimeForLeaving) {
  world_.settings.drain_timeout = std::chrono::milliseconds(0);
  Run([&] { world_.log.RefuseNextCommits(1); });
  EXPECT_EQ(world_.Committed(0), 0);
}

}  // namespace
}  // namespace headrace::worker
