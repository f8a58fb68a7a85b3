#include "worker/failed_items.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/worker/work_items.h"
#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

using Numbers = std::vector<std::int64_t>;

const SteadyTime kNow{std::chrono::hours(1)};
const ChunkLimits kAll{.items = 100, .lanes = 100, .lane_items = 100};
const ChunkLimits kOneOfEach{.items = 100, .lanes = 100, .lane_items = 1};

class FailedItemsTest : public testing::Test {
 protected:
  std::vector<WorkItem> Take(const ChunkLimits& limits) { return lanes_.Take(limits, kNow); }
  Numbers TakeOffsets(const ChunkLimits& limits = kAll) {
    Numbers offsets;
    for (const WorkItem& item : Take(limits)) offsets.push_back(item.offset);
    return offsets;
  }
  // The items at these offsets failed.
  void Finish(const std::vector<WorkItem>& chunk, const std::set<std::int64_t>& failed,
              bool canceled = false) {
    const ItemFailure failure{.canceled = canceled};
    std::vector<const ItemFailure*> failures;
    for (const WorkItem& item : chunk) {
      failures.push_back(failed.contains(item.offset) ? &failure : nullptr);
    }
    failed_.Finish(chunk, failures);
  }
  void Acknowledge(std::int64_t offset) { failed_.Acknowledged({{0, 0}, offset}); }

  LaneBook lanes_;
  FailedItems failed_{lanes_};
};

TEST_F(FailedItemsTest, ClosesTheLaneUntilTheOutcomeIsAcknowledged) {
  for (int i = 0; i < 4; ++i) lanes_.Add(MakeWorkItem(i % 2 == 0 ? "a" : "b", i));
  Finish(Take(kOneOfEach), {0});
  EXPECT_EQ(TakeOffsets(), Numbers{3}) << "the other lane goes on";
  Acknowledge(1);
  EXPECT_EQ(TakeOffsets(), Numbers{});
  Acknowledge(0);
  EXPECT_EQ(TakeOffsets(), Numbers{2});
}

TEST_F(FailedItemsTest, WaitsForAllFailedItemsOfALane) {
  for (int i = 0; i < 4; ++i) lanes_.Add(MakeWorkItem("a", i));
  Finish(Take({.items = 3, .lanes = 1, .lane_items = 3}), {0, 2});
  Acknowledge(2);
  EXPECT_EQ(TakeOffsets(), Numbers{});
  Acknowledge(0);
  EXPECT_EQ(TakeOffsets(), Numbers{3});
}

TEST_F(FailedItemsTest, ClosesNoLaneOfACanceledItem) {
  for (int i = 0; i < 2; ++i) lanes_.Add(MakeWorkItem("a", i));
  Finish(Take(kOneOfEach), {0}, /*canceled=*/true);
  EXPECT_EQ(TakeOffsets(), Numbers{1});
}

TEST_F(FailedItemsTest, HoldsABisectionBackBehindTheItemThatItFound) {
  for (int i = 0; i < 4; ++i) lanes_.Add(MakeWorkItem(i < 2 ? "a" : "b", i));
  lanes_.Bisect(Take(kAll), kNow);
  lanes_.Bisect(Take(kAll), kNow);
  auto alone = Take(kAll);
  ASSERT_EQ(alone.size(), 1u);
  Finish(alone, {0});
  EXPECT_EQ(TakeOffsets(), Numbers{});
  EXPECT_FALSE(lanes_.NextDue()) << "or the loop would not sleep meanwhile";
  Acknowledge(0);
  EXPECT_EQ(TakeOffsets(), Numbers{1});
}

TEST_F(FailedItemsTest, LetsALaneGoWhoseOtherItemsWereGivenUpMeanwhile) {
  for (int i = 0; i < 2; ++i) lanes_.Add(MakeWorkItem("a", i));
  Finish(Take(kOneOfEach), {0});
  EXPECT_EQ(lanes_.RemoveWaiting([](const WorkItem&) { return true; }).size(), 1u);
  lanes_.Add(MakeWorkItem("a", 2));
  EXPECT_EQ(TakeOffsets(), Numbers{});
  Acknowledge(0);
  EXPECT_EQ(TakeOffsets(), Numbers{2});
}

// In the loop.
class WorkerLoopFailures : public testing::Test {
 protected:
  WorkerLoopFailures() {
    world_.settings.lane_chunk_items_max = 1;
    RefuseBad();
  }
  // As a store that cannot say which item it refuses.
  void RefuseBad() {
    world_.store.SetVerdict([](const Chunk& chunk) -> std::optional<StoreError> {
      for (const WriteItem& item : chunk.items) {
        if (item.payload.find("bad") == std::string::npos) continue;
        return StoreError{StoreErrorClass::kItem, "bad_item", "one of them is bad", {}};
      }
      return std::nullopt;
    });
  }
  static std::vector<std::string> Episodes(const std::vector<std::string>& texts) {
    std::vector<std::string> episodes;
    for (const std::string& text : texts) episodes.push_back(WorkerWorld::Episode("a", text));
    return episodes;
  }

  WorkerWorld world_{1, {.chunk_lanes_max = 1}};
};

TEST_F(WorkerLoopFailures, AreInKafkaBeforeAnythingIsBegunBehindThem) {
  const BatchId batch = world_.OpenBatch(3);
  world_.AddItem(batch, 0, "a", "bad");
  world_.AddItem(batch, 1, "a", "good");
  world_.AddItem(batch, 2, "b", "good");
  world_.log.HoldDeliveries(true);
  const Status ended = world_.Run(60, [&](int round) {
    if (round == 30) {
      EXPECT_EQ(world_.store.Applied("default/g/b").size(), 1u) << "other graphs go on";
      EXPECT_TRUE(world_.store.Applied("default/g/a").empty());
      world_.log.HoldDeliveries(false);
    }
    world_.store.CompleteAll();
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(world_.store.Applied("default/g/a"), Episodes({"good"}));
  EXPECT_EQ(world_.Committed(0), 3);
}

// The dead letter is written, the outcome is not, and the next worker's store takes the item.
TEST_F(WorkerLoopFailures, KeepTheirPlaceInTheOrderWhenTheirOutcomeIsLost) {
  const BatchId batch = world_.OpenBatch(2);
  world_.AddItem(batch, 0, "a", "bad");
  world_.AddItem(batch, 1, "a", "good");
  world_.log.FailDeliveries(kOutcomes, 1, Permanent("the process ends here"));
  EXPECT_FALSE(world_.Run(60).ok());
  EXPECT_EQ(world_.log.Records(kLetters).size(), 1u);
  world_.store.SetVerdict({});
  ASSERT_TRUE(world_.Run(60).ok());
  EXPECT_EQ(world_.store.Applied("default/g/a"), Episodes({"bad", "good"}));
  EXPECT_EQ(world_.Committed(0), 2);
}

}  // namespace
}  // namespace headrace::worker
