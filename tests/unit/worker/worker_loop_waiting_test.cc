// Records that cannot be taken in yet: the loop polls on, and the other partitions flow.
#include <gtest/gtest.h>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

// Rounds take 10 ms.
constexpr int kASecond = 100;

class WorkerLoopWaiting : public testing::Test {
 protected:
  // A batch that the worker knows, and one that it does not, because the journal cannot be read.
  void HideABatch() {
    const BatchId known = world_.OpenBatch(3);
    world_.AddItem(known, 0, "known", "x", 1);
    loop_ = world_.MakeLoop();
    ASSERT_TRUE(loop_->Join().ok());
    Step(20);
    ASSERT_EQ(world_.Succeeded(), 1u);
    const BatchId hidden = world_.OpenBatch(2);
    world_.log.HideTopic(kJournal, true);
    for (std::uint32_t i = 0; i < 2; ++i) world_.AddItem(hidden, i, "hidden", "x", 0);
    Step(5);
    for (std::uint32_t i = 1; i < 3; ++i) world_.AddItem(known, i, "known", "x", 1);
  }
  void Step(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      world_.clock.Advance(std::chrono::milliseconds(10));
      world_.store.CompleteAll();
      world_.wakeup.Signal();
      ASSERT_TRUE(loop_->Step().ok());
    }
  }

  WorkerWorld world_{2};
  std::unique_ptr<EventProducer> producer_;  // of loop_, once the world has those of another
  std::unique_ptr<accounting::BatchDirectory> directory_;
  std::unique_ptr<WorkerLoop> loop_;
};

TEST_F(WorkerLoopWaiting, ForABatchToBeKnownHoldsUpItsPartitionOnly) {
  HideABatch();
  Step(kASecond / 2);
  EXPECT_EQ(world_.Succeeded(), 1u) << "pausing is not free, so it waits a moment";
  Step(kASecond);
  EXPECT_EQ(world_.Succeeded(), 3u) << "the other partition flows";
  world_.log.HideTopic(kJournal, false);
  Step(2 * kASecond);
  EXPECT_EQ(world_.Succeeded(), 5u);
  loop_->Finish();
  EXPECT_EQ(world_.Committed(0), 2);
  EXPECT_EQ(world_.Committed(1), 3);
}

TEST_F(WorkerLoopWaiting, ForABatchToBeKnownLeavesTheGroupAbleToRebalance) {
  HideABatch();
  Step(2 * kASecond);
  ASSERT_EQ(world_.observer.partitions_owned, 2u);
  producer_ = std::move(world_.producer);
  directory_ = std::move(world_.directory);
  const auto second = world_.MakeLoop();
  ASSERT_TRUE(second->Join().ok());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(second->Step().ok());
    Step(1);
  }
  EXPECT_EQ(world_.observer.partitions_owned, 1u);
}

// It is read again from its commit, so what was put aside must not be taken in as well.
TEST_F(WorkerLoopWaiting, ForABatchToBeKnownEndsWithTheAssignment) {
  HideABatch();
  Step(2 * kASecond);
  world_.log.ExpireMembers(kGroup);
  Step(10);
  world_.log.HideTopic(kJournal, false);
  Step(2 * kASecond);
  EXPECT_EQ(world_.store.applied_count(), 5u);
  EXPECT_EQ(world_.store.duplicates(), 0u);
  loop_->Finish();
  EXPECT_EQ(world_.Committed(0), 2);
}

// As many records may be behind the first unfinished one as the ledger has room for.
TEST(WorkerLoopLedger, ThatIsFullHoldsUpItsPartitionOnly) {
  constexpr std::uint32_t kSpan = 1'024, kMore = 200;
  WorkerWorld world(2, {.chunk_lanes_max = 1, .chunks_in_flight_max = 100});
  world.ledger_span_max = kSpan;
  world.settings.retry_backoff_max = std::chrono::milliseconds(50);
  bool stuck = true;
  world.store.SetVerdict([&](const Chunk& chunk) -> std::optional<StoreError> {
    if (!stuck || chunk.items.front().graph->id != "stuck") return std::nullopt;
    return StoreError{StoreErrorClass::kFatal, "stuck", "somebody must act", {}};
  });
  const BatchId batch = world.OpenBatch(kSpan + kMore + 2);
  world.AddItem(batch, 0, "stuck", "x", 0);
  for (std::uint32_t i = 1; i <= kSpan + kMore; ++i) {
    world.AddItem(batch, i, "g" + std::to_string(i % 40), "x", 0);
  }
  ASSERT_TRUE(world
                  .Run(6 * kASecond,
                       [&](int round) {
                         world.store.CompleteAll();
                         if (round == 2 * kASecond) {
                           EXPECT_EQ(world.Succeeded(), kSpan - 1);
                           world.AddItem(batch, kSpan + kMore + 1, "other", "x", 1);
                         }
                         if (round != 3 * kASecond) return;
                         EXPECT_EQ(world.Succeeded(), kSpan) << "the other partition flows";
                         stuck = false;
                       })
                  .ok());
  EXPECT_EQ(world.Succeeded(), kSpan + kMore + 2);
  EXPECT_EQ(world.Committed(0), kSpan + kMore + 1);
}

}  // namespace
}  // namespace headrace::worker
