#include "worker/store_pool.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_graph_store.h"
#include "tests/unit/worker/work_items.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

class StorePoolTest : public testing::Test {
 protected:
  // Items of one graph, from `offset` on.
  void Submit(const std::string& graph, std::int64_t offset, std::int64_t count = 1) {
    std::vector<WorkItem> items;
    for (std::int64_t i = 0; i < count; ++i) items.push_back(MakeWorkItem(graph, offset + i));
    pool_.Submit(items, clock_.Now());
    EXPECT_TRUE(items.empty());
  }
  std::vector<CompletedChunk> Collect() {
    std::vector<CompletedChunk> completed;
    pool_.Collect(completed, clock_.Now());
    return completed;
  }
  std::size_t Room() { return pool_.Room(clock_.Now()); }
  // Whether the loop, were it asleep, would wake; it sleeps again afterwards.
  bool WakesTheLoop() {
    pollfd descriptor{.fd = wakeup_.fd(), .events = POLLIN, .revents = 0};
    const bool signalled = ::poll(&descriptor, 1, 0) == 1;
    wakeup_.Wait(milliseconds(0));
    return signalled;
  }

  fakes::ManualClock clock_;
  const Wakeup wakeup_ = std::move(*Wakeup::Open());
  fakes::MemoryGraphStore store_{{.chunk_items_max = 50, .chunks_in_flight_max = 3}};
  StorePool pool_{store_, wakeup_};
};

TEST_F(StorePoolTest, HandsOverNoMoreThanTheStoreTakes) {
  EXPECT_EQ(Room(), 50u);
  Submit("a", 0, 3);
  EXPECT_EQ(Room(), 50u);
  Submit("b", 3);
  EXPECT_EQ(Room(), 50u);
  Submit("c", 4);
  EXPECT_EQ(Room(), 0u);
  EXPECT_EQ(pool_.chunks_in_flight(), 3u);
  EXPECT_EQ(pool_.items_in_flight(), 5u);
  store_.CompleteOne();
  EXPECT_EQ(Room(), 0u) << "the loop has not seen the result";
  EXPECT_EQ(Collect().size(), 1u);
  EXPECT_EQ(Room(), 50u);
  EXPECT_EQ(pool_.items_in_flight(), 2u);
}

TEST_F(StorePoolTest, HandsAThrottlingStoreNoMoreThanItsPace) {
  store_.SetVerdict([](const Chunk&) {
    return StoreError{StoreErrorClass::kThrottled, "busy", "too much", {}};
  });
  Submit("a", 0);
  store_.CompleteOne();
  Collect();
  store_.SetVerdict({});
  clock_.Advance(std::chrono::seconds(1));
  std::size_t begun = 0;
  for (int chunks = 0; chunks < 100 && Room() > 0; ++chunks) {
    const std::size_t items = Room();
    begun += items;
    Submit("a", 0, static_cast<std::int64_t>(items));
    store_.CompleteOne();
    Collect();
  }
  EXPECT_GT(begun, 0u);
  EXPECT_LE(begun, 30u) << "of a hundred a second";
}

TEST_F(StorePoolTest, BringsEachChunkBackWithItsOwnItemsInWhateverOrderTheyEnd) {
  Submit("a", 10, 2);
  Submit("b", 20);
  clock_.Advance(milliseconds(5));
  Submit("c", 30);
  clock_.Advance(milliseconds(3));
  store_.CompleteNewest();
  store_.CompleteNewest();
  auto completed = Collect();
  ASSERT_EQ(completed.size(), 2u);
  EXPECT_EQ(completed[0].items.at(0).offset, 30);
  EXPECT_EQ(completed[0].items.at(0).write.graph->id, "c");
  EXPECT_EQ(completed[0].took, milliseconds(3));
  EXPECT_EQ(completed[1].items.at(0).offset, 20);
  EXPECT_EQ(completed[1].took, milliseconds(8));

  // The room of those that ended first is used again, beside that of the one that is left.
  Submit("d", 40, 3);
  Submit("e", 50);
  store_.CompleteAll();
  completed = Collect();
  ASSERT_EQ(completed.size(), 3u);
  ASSERT_EQ(completed[0].items.size(), 2u);
  EXPECT_EQ(completed[0].items[1].offset, 11);
  EXPECT_EQ(completed[0].items[1].write.payload, "{}");
  EXPECT_EQ(completed[0].took, milliseconds(8));
  EXPECT_EQ(completed[1].items.size(), 3u);
  EXPECT_EQ(completed[1].items.at(2).offset, 42);
  EXPECT_EQ(completed[2].items.at(0).write.graph->id, "e");
}

TEST_F(StorePoolTest, CountsATryEachTimeThatAnItemIsHandedOver) {
  Submit("a", 0);
  store_.CompleteAll();
  auto first = Collect();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].items.at(0).attempts, 1u);
  pool_.Submit(first[0].items, clock_.Now());
  pool_.Recycle(first);
  store_.CompleteAll();
  EXPECT_EQ(Collect().at(0).items.at(0).attempts, 2u);
}

TEST_F(StorePoolTest, WakesTheLoopForEveryResultThatItHasNotSeen) {
  Submit("a", 0);
  Submit("b", 1);
  EXPECT_FALSE(WakesTheLoop());
  store_.CompleteOne();
  EXPECT_TRUE(WakesTheLoop());
  Collect();
  store_.CompleteOne();
  EXPECT_TRUE(WakesTheLoop());
  EXPECT_EQ(Collect().size(), 1u);
}

TEST_F(StorePoolTest, HandsNothingOverBeforeTheTimeThatTheStoreNamed) {
  store_.SetVerdict([](const Chunk&) {
    return StoreError{StoreErrorClass::kThrottled, "busy", "too much", milliseconds(400)};
  });
  Submit("a", 0, 30);
  store_.CompleteAll();
  EXPECT_EQ(Collect().size(), 1u);
  clock_.Advance(milliseconds(399));
  EXPECT_EQ(Room(), 0u);
  clock_.Advance(milliseconds(1));
  EXPECT_GT(Room(), 0u);
  EXPECT_LT(Room(), 50u) << "slower than before";
}

}  // namespace
}  // namespace headrace::worker
