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

TEST_F(FailedItemsTest, NamesEachAcknowledgedItemOnce) {
  lanes_.Add(MakeWorkItem("a", 7));
  Finish(Take(kAll), {7});
  failed_.Add(MakeWorkItem("b", 8));
  Acknowledge(7);
  Acknowledge(8);
  const auto named = failed_.TakeAcknowledged();
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].index, 7u);
  EXPECT_EQ(named[1].index, 8u);
  EXPECT_TRUE(failed_.TakeAcknowledged().empty());
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
  void AddAgain(const BatchId& batch, std::uint32_t index, const std::string& text) {
    ItemIdHeader again{.ref = {batch, index, 0}};
    again.again = true;
    world_.log.Append(kItems, 0, "default/g/a", WorkerWorld::Episode("a", text),
                      {{"headrace-item-id", EncodeItemIdHeader(again)}});
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

// The copy was asked about while the first one waited, so it passed as not ended.
TEST_F(WorkerLoopFailures, EndTheirCopiesThatWaitInTheLane) {
  const BatchId batch = world_.OpenBatch(2);
  world_.AddItem(batch, 0, "a", "bad");
  world_.AddItem(batch, 1, "a", "good");
  AddAgain(batch, 0, "bad");
  const Status ended = world_.Run(60, [&](int) {
    world_.store.CompleteAll();
    // From now on the store would take it.
    if (!world_.observer.dead_letters.empty()) world_.store.SetVerdict({});
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(world_.outcomes.asked, 1u);
  EXPECT_EQ(world_.store.Applied("default/g/a"), Episodes({"good"}));
  EXPECT_EQ(world_.Committed(0), 3);
  EXPECT_EQ(world_.observer.in_flight, 0u);
}

// Likewise, but the answer comes when the first one has failed already.
TEST_F(WorkerLoopFailures, EndTheirCopiesThatWaitForAnAnswer) {
  const BatchId batch = world_.OpenBatch(2);
  world_.AddItem(batch, 0, "a", "bad");
  AddAgain(batch, 0, "bad");
  world_.AddItem(batch, 1, "a", "good");
  world_.outcomes.reachable = false;
  const Status ended = world_.Run(80, [&](int round) {
    world_.store.CompleteAll();
    if (round != 40) return;
    EXPECT_EQ(world_.observer.dead_letters.size(), 1u);
    world_.store.SetVerdict({});
    world_.outcomes.reachable = true;
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(world_.store.Applied("default/g/a"), Episodes({"good"}));
  EXPECT_EQ(world_.Committed(0), 3);
}

TEST_F(WorkerLoopFailures, LeaveCopiesOfOtherItemsAlone) {
  const BatchId batch = world_.OpenBatch(3);
  world_.AddItem(batch, 0, "a", "bad");
  AddAgain(batch, 1, "good");
  AddAgain(batch, 2, "better");
  ASSERT_TRUE(world_.Run(60).ok());
  EXPECT_EQ(world_.store.Applied("default/g/a"), Episodes({"good", "better"}));
  EXPECT_EQ(world_.Committed(0), 3);
}

}  // namespace
}  // namespace headrace::worker
