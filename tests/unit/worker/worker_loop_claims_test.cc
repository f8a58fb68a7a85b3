// The loop and its claims in the store: what a worker writes for partitions that others claimed.
#include <gtest/gtest.h>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

TEST(WorkerLoopClaims, ClaimsAgainWhatTheGroupSaysIsItsOwnAndFailsNothing) {
  WorkerWorld world(1);
  world.settings.retry_attempts_max = 1;
  const BatchId batch = world.OpenBatch(6);
  for (std::uint32_t i = 0; i < 3; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  const auto each = [&](int round) {
    if (round == 10) {
      world.store.ClaimElsewhere("cluster/items/0");
      for (std::uint32_t i = 3; i < 6; ++i) world.AddItem(batch, i, "a", std::to_string(i));
    }
    world.store.CompleteAll();
  };
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(world.Run(60, each).ok());
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("partition_claimed_again"), std::string::npos) << said;
  EXPECT_NE(said.find("or none since its row in fence was deleted"), std::string::npos)
      << "the store cannot tell the worker which: " << said;
  std::vector<std::string> want;
  for (int i = 0; i < 6; ++i) want.push_back(WorkerWorld::Episode("a", std::to_string(i)));
  EXPECT_EQ(world.store.Applied("default/g/a"), want);
  EXPECT_EQ(world.Succeeded(), 6u);
  EXPECT_TRUE(world.observer.dead_letters.empty());
  EXPECT_EQ(world.store.claims(), 3u) << "at the assignment, by the other, and once again";
}

TEST(WorkerLoopClaims, AChunkInTheStoreIsFencedByTheNextOwnerAndItsItemsAreForgotten) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(2);
  for (std::uint32_t i = 0; i < 2; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  auto loop = world.MakeLoop();
  ASSERT_TRUE(loop->Join().ok());
  while (world.store.waiting() == 0) ASSERT_TRUE(loop->Step().ok());
  const TopicPartition partition{0, 0};
  loop->OnLost({&partition, 1});
  world.store.ClaimElsewhere("cluster/items/0");
  world.store.CompleteAll();
  for (int round = 0; round < 20; ++round) {
    world.clock.Advance(std::chrono::milliseconds(10));
    ASSERT_TRUE(loop->Step().ok());
    world.store.CompleteAll();
  }
  EXPECT_EQ(world.store.applied_count(), 0u);
  EXPECT_TRUE(world.observer.dead_letters.empty());
  EXPECT_EQ(world.Succeeded(), 0u);
  EXPECT_EQ(world.store.claims(), 2u) << "what is not ours is not claimed again";
}

}  // namespace
}  // namespace headrace::worker
