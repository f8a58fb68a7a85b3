// How the batches of one graph share its lane.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/unit/worker/work_items.h"
#include "worker/lane_book.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using Numbers = std::vector<std::int64_t>;

const SteadyTime kNow{std::chrono::hours(1)};
constexpr ChunkLimits kOne{.items = 1, .lanes = 1, .lane_items = 1};

WorkItem MakeItemOf(const BatchId& batch, const std::string& graph, std::int64_t offset,
                    std::int32_t partition = 0) {
  WorkItem item = MakeWorkItem(graph, offset, partition);
  item.write.ref.batch = batch;
  return item;
}

Numbers Offsets(const std::vector<WorkItem>& chunk) {
  Numbers offsets;
  for (const WorkItem& item : chunk) offsets.push_back(item.offset);
  return offsets;
}

// Offsets in the order in which single items come out.
Numbers Drain(LaneBook& book) {
  Numbers offsets;
  for (auto chunk = book.Take(kOne, kNow); !chunk.empty(); chunk = book.Take(kOne, kNow)) {
    offsets.push_back(chunk.front().offset);
    book.Finish(chunk);
  }
  return offsets;
}

TEST(LaneBook, LetsASmallBatchPassALargeOneOfTheSameGraph) {
  LaneBook book;
  const BatchId large = BatchId::Random(), small = BatchId::Random();
  for (int i = 0; i < 50'000; ++i) book.Add(MakeItemOf(large, "a", i));
  for (int i = 50'000; i < 50'002; ++i) book.Add(MakeItemOf(small, "a", i));
  Numbers first;
  for (int i = 0; i < 4; ++i) {
    const auto chunk = book.Take(kOne, kNow);
    first.push_back(chunk.front().offset);
    book.Finish(chunk);
  }
  EXPECT_EQ(first, (Numbers{0, 50'000, 1, 50'001}));
}

TEST(LaneBook, SharesAChunkOfALaneBetweenItsBatches) {
  LaneBook book;
  const BatchId large = BatchId::Random(), small = BatchId::Random();
  for (int i = 0; i < 100; ++i) book.Add(MakeItemOf(large, "a", i));
  for (int i = 100; i < 102; ++i) book.Add(MakeItemOf(small, "a", i));
  const auto chunk = book.Take({.items = 6, .lanes = 6, .lane_items = 6}, kNow);
  EXPECT_EQ(Offsets(chunk), (Numbers{0, 100, 1, 101, 2, 3}));
}

TEST(LaneBook, ReturnsARefusedItemToTheFrontOfItsBatch) {
  LaneBook book;
  const BatchId one = BatchId::Random(), other = BatchId::Random();
  for (int i = 0; i < 6; ++i) book.Add(MakeItemOf(i % 2 == 0 ? one : other, "a", i));
  auto chunk = book.Take({.items = 3, .lanes = 1, .lane_items = 3}, kNow);
  ASSERT_EQ(Offsets(chunk), (Numbers{0, 1, 2}));
  book.PutBack(std::move(chunk), kNow);
  EXPECT_EQ(Drain(book), (Numbers{1, 0, 3, 2, 5, 4}));
}

TEST(LaneBook, GivesTheTurnToAnotherBatchWhenTheOnlyItemOfOneWasRefused) {
  LaneBook book;
  book.Add(MakeItemOf(BatchId::Random(), "a", 0));
  for (int i = 1; i < 3; ++i) book.Add(MakeItemOf(BatchId::Random(), "a", i));
  book.PutBack(book.Take(kOne, kNow), kNow);
  EXPECT_EQ(Drain(book), (Numbers{1, 2, 0}));
}

// The implicit batches that such items are accounted in cut a stream at every 65,536 offsets.
TEST(LaneBook, KeepsTheOrderOfAnotherProgramsStreamOverItsImplicitBatches) {
  LaneBook book;
  const BatchId batches[] = {BatchId::Random(), BatchId::Random()};
  Numbers in_order;
  for (int i = 0; i < 20; ++i) {
    WorkItem item = MakeItemOf(batches[i / 10], "a", i);
    item.upstream = true;
    book.Add(std::move(item));
    in_order.push_back(i);
  }
  EXPECT_EQ(Drain(book), in_order);
}

TEST(LaneBook, KeepsTheOrderOfAWholeLaneWhereThatIsPromised) {
  LaneBook book(LaneOrder::kLane);
  Numbers in_order;
  for (int i = 0; i < 20; ++i) {
    book.Add(MakeItemOf(BatchId::Random(), "a", i));
    in_order.push_back(i);
  }
  EXPECT_EQ(Drain(book), in_order);
}

// What is done to a book at random, and what must hold whatever is done.
class RandomBatches {
 public:
  RandomBatches(unsigned seed, std::size_t batches) : random_(seed) {
    for (std::size_t i = 0; i < batches; ++i) batches_.push_back(BatchId::Random());
  }

  void Step() {
    now_ += milliseconds(1);
    switch (random_() % 4) {
      case 0:
        return Add();
      case 1:
        return Take();
      default:
        if (!in_store_.empty()) Settle();
    }
  }

  void Finish() {
    for (int i = 0; i < 1'000'000 && final_ < added_; ++i) {
      now_ += milliseconds(1);
      in_store_.empty() ? Take() : FinishChunk(TakeOne());
    }
    EXPECT_EQ(final_, added_);
    EXPECT_EQ(book_.waiting(), 0u);
  }

 private:
  using Key = std::pair<std::string, BatchId>;
  struct Batch {
    std::size_t waiting = 0;  // not in the store
    std::size_t passed = 0;   // by items of its lane since it was served, or began to wait
    std::int64_t last = -1;   // final
  };

  void Add() {
    const std::string graph = "g" + std::to_string(random_() % 4);
    const BatchId batch = batches_[random_() % batches_.size()];
    for (std::size_t i = 0; i < 1 + random_() % 3; ++i) {
      book_.Add(MakeItemOf(batch, graph, static_cast<std::int64_t>(added_++)));
      BeginsToWait(known_["default/g/" + graph][batch]);
    }
  }

  static void BeginsToWait(Batch& batch) {
    if (batch.waiting++ == 0) batch.passed = 0;
  }

  void Take() {
    const std::size_t lane_items = 1 + random_() % 4;
    auto chunk = book_.Take(
        {.items = 1 + random_() % 8, .lanes = 1 + random_() % 4, .lane_items = lane_items}, now_);
    if (chunk.empty()) return;
    std::set<std::string> busy;
    for (const auto& other : in_store_) {
      for (const WorkItem& item : other) busy.insert(item.write.graph->ToString());
    }
    for (const WorkItem& item : chunk) {
      ASSERT_FALSE(busy.contains(item.write.graph->ToString()));
      if (item.bisection == nullptr) TakesItsTurn(item);
    }
    in_store_.push_back(std::move(chunk));
  }

  void TakesItsTurn(const WorkItem& item) {
    auto& lane = known_[item.write.graph->ToString()];
    for (auto& [id, batch] : lane) {
      if (batch.waiting == 0) continue;
      ASSERT_LE(++batch.passed, batches_.size());
    }
    Batch& own = lane[item.write.ref.batch];
    --own.waiting;
    own.passed = 0;
  }

  std::vector<WorkItem> TakeOne() {
    std::swap(in_store_[random_() % in_store_.size()], in_store_.back());
    std::vector<WorkItem> chunk = std::move(in_store_.back());
    in_store_.pop_back();
    return chunk;
  }

  void Settle() {
    std::vector<WorkItem> chunk = TakeOne();
    if (random_() % 3 > 0) return FinishChunk(std::move(chunk));
    if (chunk.size() > 1 && random_() % 2 == 0) return book_.Bisect(std::move(chunk), now_);
    if (chunk.front().bisection == nullptr) {
      for (const WorkItem& item : chunk) {
        BeginsToWait(known_[item.write.graph->ToString()][item.write.ref.batch]);
      }
    }
    book_.PutBack(std::move(chunk), now_ + milliseconds(random_() % 5));
  }

  void FinishChunk(std::vector<WorkItem> chunk) {
    for (const WorkItem& item : chunk) {
      Batch& batch = known_[item.write.graph->ToString()][item.write.ref.batch];
      ASSERT_LT(batch.last, item.offset);
      batch.last = item.offset;
    }
    final_ += chunk.size();
    book_.Finish(chunk);
  }

  std::minstd_rand random_;
  std::vector<BatchId> batches_;
  LaneBook book_;
  SteadyTime now_ = kNow;
  std::vector<std::vector<WorkItem>> in_store_;
  std::map<std::string, std::map<BatchId, Batch>> known_;  // by lane
  std::size_t added_ = 0;
  std::size_t final_ = 0;
};

// Every batch keeps its order in every graph, none waits longer than a turn of each other one, and
// never are two chunks of a graph in the store.
TEST(LaneBook, ServesBatchesInTurnsUnderRandomInterleavings) {
  for (unsigned seed = 1; seed <= 100 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomBatches world(seed, 1 + seed % 7);
    for (int step = 0; step < 2'000 && !::testing::Test::HasFailure(); ++step) world.Step();
    world.Finish();
  }
}

TEST(LaneBook, SharesAQueueAnewWhenTheSharedOneWasEmpty) {
  LaneBook book;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < BatchTurns::kQueuesMax; ++i) {
    const BatchId batch = BatchId::Random();
    for (int item = 0; item < 3; ++item) book.Add(MakeItemOf(batch, "a", offset++));
  }
  for (int i = 0; i < 2; ++i) book.Add(MakeItemOf(BatchId::Random(), "a", offset++));
  for (std::size_t i = 0; i < 2 * (BatchTurns::kQueuesMax + 1); ++i) {
    book.Finish(book.Take(kOne, kNow));
  }
  book.Add(MakeItemOf(BatchId::Random(), "a", offset));
  const Numbers left = Drain(book);
  EXPECT_EQ(left.size(), BatchTurns::kQueuesMax + 1);
  EXPECT_EQ(left.back(), offset);
}

// More batches than have queues of their own: they share one, and keep their orders.
TEST(LaneBook, KeepsEveryOrderAmongVeryManyBatches) {
  for (unsigned seed = 1; seed <= 20 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LaneBook book;
    std::minstd_rand random(seed);
    std::vector<BatchId> batches;
    for (std::size_t i = 0; i < 3 * BatchTurns::kQueuesMax; ++i) {
      batches.push_back(BatchId::Random());
    }
    std::map<BatchId, std::int64_t> last;
    const auto check = [&](const std::vector<WorkItem>& chunk) {
      for (const WorkItem& item : chunk) {
        const auto known = last.try_emplace(item.write.ref.batch, -1).first;
        ASSERT_LT(known->second, item.offset);
        known->second = item.offset;
      }
    };
    for (int i = 0; i < 5'000; ++i) {
      book.Add(MakeItemOf(batches[random() % batches.size()], "a", i));
      if (random() % 8 > 0) continue;
      auto chunk = book.Take({.items = 10, .lanes = 1, .lane_items = 10}, kNow);
      if (random() % 2 == 0) {
        book.PutBack(std::move(chunk), kNow);
        continue;
      }
      check(chunk);
      book.Finish(chunk);
    }
    std::size_t left = book.waiting();
    while (left > 0) {
      const auto chunk = book.Take({}, kNow);
      ASSERT_FALSE(chunk.empty());
      check(chunk);
      left -= chunk.size();
      book.Finish(chunk);
    }
  }
}

}  // namespace
}  // namespace headrace::worker
