#include "worker/lane_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/worker/work_items.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

const SteadyTime kNow{std::chrono::hours(1)};

std::vector<std::int64_t> Offsets(const std::vector<WorkItem>& chunk) {
  std::vector<std::int64_t> offsets;
  for (const WorkItem& item : chunk) offsets.push_back(item.offset);
  return offsets;
}

ItemTest CameFrom(std::int32_t partition) {
  return [partition](const WorkItem& item) { return item.source.partition == partition; };
}

using Numbers = std::vector<std::int64_t>;

TEST(LaneBook, HoldsTheSecondChunkOfALaneUntilTheFirstIsFinal) {
  LaneBook book;
  for (int i = 0; i < 3; ++i) book.Add(MakeWorkItem("a", i));
  const ChunkLimits one{.items = 1, .lanes = 1, .lane_items = 1};
  const auto first = book.Take(one, kNow);
  EXPECT_EQ(Offsets(first), Numbers{0});
  EXPECT_TRUE(book.Take(one, kNow).empty());
  book.Finish(first);
  EXPECT_EQ(Offsets(book.Take(one, kNow)), Numbers{1});
}

TEST(LaneBook, PacksItemsOfManyLanesIntoAChunk) {
  LaneBook book;
  for (int i = 0; i < 6; ++i) book.Add(MakeWorkItem(i % 2 == 0 ? "a" : "b", i));
  const auto chunk = book.Take({.items = 5, .lanes = 10, .lane_items = 10}, kNow);
  EXPECT_EQ(Offsets(chunk), (Numbers{0, 2, 4, 1, 3}));
  EXPECT_EQ(book.waiting(), 1u);
}

TEST(LaneBook, ServesProjectsInTurnsWhateverTheirNumberOfGraphs) {
  LaneBook book;
  for (int i = 0; i < 50; ++i) book.Add(MakeWorkItem("loud/g" + std::to_string(i), i));
  book.Add(MakeWorkItem("quiet/x", 100));
  const ChunkLimits one{.items = 1, .lanes = 1, .lane_items = 1};
  std::set<std::int64_t> first_two;
  for (int i = 0; i < 2; ++i) first_two.insert(book.Take(one, kNow).front().offset);
  EXPECT_TRUE(first_two.contains(100));
}

TEST(LaneBook, LetsAHotGraphTakeItsTurnOnly) {
  LaneBook book;
  for (int i = 0; i < 100; ++i) book.Add(MakeWorkItem("hot", i));
  book.Add(MakeWorkItem("cold", 1000));
  const ChunkLimits small{.items = 10, .lanes = 1, .lane_items = 10};
  const auto hot = book.Take(small, kNow);
  EXPECT_EQ(hot.size(), 10u);
  book.Finish(hot);
  EXPECT_EQ(Offsets(book.Take(small, kNow)), Numbers{1000});
}

TEST(LaneBook, KeepsALaneClosedWhileItsItemsWaitForARetry) {
  LaneBook book;
  for (int i = 0; i < 4; ++i) book.Add(MakeWorkItem(i < 3 ? "a" : "b", i));
  auto chunk = book.Take({.items = 2, .lanes = 1, .lane_items = 2}, kNow);
  ASSERT_EQ(Offsets(chunk), (Numbers{0, 1}));
  book.PutBack(std::move(chunk), kNow + milliseconds(100));
  EXPECT_EQ(Offsets(book.Take({}, kNow)), Numbers{3});
  EXPECT_EQ(book.NextDue(), kNow + milliseconds(100));
  EXPECT_EQ(Offsets(book.Take({}, kNow + milliseconds(100))), (Numbers{0, 1, 2}));
}

// Counts the calls that follow the refusal of a whole chunk in which `bad` items hide, and checks
// that only those were refused while alone and that the others kept their order.
int CallsToSettle(std::size_t items, const std::set<std::int64_t>& bad, int lanes = 1) {
  LaneBook book;
  for (std::size_t i = 0; i < items; ++i) {
    book.Add(MakeWorkItem("g" + std::to_string(static_cast<int>(i) % lanes),
                          static_cast<std::int64_t>(i)));
  }
  const ChunkLimits all{.items = items, .lanes = items, .lane_items = items};
  book.Bisect(book.Take(all, kNow), kNow);
  int calls = 0;
  std::map<const Lane*, std::int64_t> last;
  std::set<std::int64_t> failed;
  while (book.lanes() > 0) {
    std::vector<WorkItem> chunk = book.Take(all, kNow);
    EXPECT_FALSE(chunk.empty());
    if (chunk.empty()) return -1;
    ++calls;
    const bool refused = std::any_of(chunk.begin(), chunk.end(), [&](const WorkItem& item) {
      return bad.contains(item.offset);
    });
    if (refused && chunk.size() > 1) {
      book.Bisect(std::move(chunk), kNow);
      continue;
    }
    for (const WorkItem& item : chunk) {
      if (refused) failed.insert(item.offset);
      EXPECT_LT(last.contains(item.lane) ? last[item.lane] : -1, item.offset);
      last[item.lane] = item.offset;
    }
    book.Finish(chunk);
  }
  EXPECT_EQ(failed, bad);
  EXPECT_EQ(book.waiting(), 0u);
  return calls;
}

TEST(LaneBook, IsolatesOneBadItemInLogarithmicallyManyCalls) {
  for (const std::size_t items : {2u, 3u, 7u, 64u, 500u}) {
    const int bound = static_cast<int>(std::ceil(std::log2(items))) + 2;
    for (std::size_t bad = 0; bad < items; bad += std::max<std::size_t>(items / 13, 1)) {
      SCOPED_TRACE(std::to_string(bad) + " of " + std::to_string(items));
      EXPECT_LE(CallsToSettle(items, {static_cast<std::int64_t>(bad)}), bound);
      EXPECT_LE(CallsToSettle(items, {static_cast<std::int64_t>(bad)}, 17), bound);
    }
  }
}

TEST(LaneBook, IsolatesSeveralBadItems) {
  EXPECT_GT(CallsToSettle(500, {0, 1, 250, 499}, 7), 0);
  EXPECT_GT(CallsToSettle(8, {0, 1, 2, 3, 4, 5, 6, 7}), 0);
}

TEST(LaneBook, KeepsALaneClosedWhileItsChunkIsBisected) {
  LaneBook book;
  for (int i = 0; i < 3; ++i) book.Add(MakeWorkItem("a", i));
  auto chunk = book.Take({.items = 2, .lanes = 1, .lane_items = 2}, kNow);
  book.Bisect(std::move(chunk), kNow);
  const auto first = book.Take({}, kNow);
  EXPECT_EQ(Offsets(first), Numbers{0});
  EXPECT_TRUE(book.Take({}, kNow).empty());
  book.Finish(first);
  const auto second = book.Take({}, kNow);
  EXPECT_EQ(Offsets(second), Numbers{1});
  EXPECT_TRUE(book.Take({}, kNow).empty());
  book.Finish(second);
  EXPECT_EQ(Offsets(book.Take({}, kNow)), Numbers{2});
}

TEST(LaneBook, ReleasesLanesWhoseBisectedItemsWereRevoked) {
  LaneBook book;
  for (int i = 0; i < 4; ++i) book.Add(MakeWorkItem(i < 2 ? "a" : "b", i, i < 2 ? 1 : 2));
  book.Bisect(book.Take({}, kNow), kNow);
  const auto part = book.Take({}, kNow);  // both of a
  EXPECT_EQ(book.RemoveWaiting(CameFrom(2)).size(), 2u);
  book.Finish(part);
  EXPECT_EQ(book.lanes(), 0u);
  book.Add(MakeWorkItem("b", 9, 2));
  EXPECT_EQ(Offsets(book.Take({}, kNow)), Numbers{9});
}

TEST(LaneBook, TriesWhatIsLeftOfABisectionAfterARevocation) {
  LaneBook book;
  for (int i = 0; i < 10; ++i) book.Add(MakeWorkItem(i < 8 ? "a" : "b", i, i < 8 ? 1 : 2));
  book.Bisect(book.Take({}, kNow), kNow);
  EXPECT_EQ(book.RemoveWaiting(CameFrom(1)).size(), 8u);
  EXPECT_EQ(Offsets(book.Take({}, kNow)), (Numbers{8, 9}));
}

TEST(LaneBook, GivesUpWhatWaitsOfARevokedPartition) {
  LaneBook book;
  book.Add(MakeWorkItem("a", 0, 1));
  book.Add(MakeWorkItem("a", 1, 2));
  book.Add(MakeWorkItem("b", 2, 1));
  EXPECT_EQ(book.RemoveWaiting(CameFrom(1)).size(), 2u);
  EXPECT_EQ(book.lanes(), 1u);
  EXPECT_EQ(Offsets(book.Take({}, kNow)), Numbers{1});
}

// Lanes, retries, splits and revocations in random order: never two chunks of a graph at once, and
// every graph's items come out in order, none lost, none twice but by a retry.
TEST(LaneBook, ForgetsGraphsThatDoNotComeAgain) {
  LaneBook book;
  const ChunkLimits all{.items = 1'000, .lanes = 1'000, .lane_items = 1'000};
  // One graph is at work all the time and must outlive the idle ones.
  book.Add(MakeWorkItem("busy", 0));
  const auto busy = book.Take(all, kNow);
  for (int i = 1; i < 50'000; ++i) {
    book.Add(MakeWorkItem("p" + std::to_string(i) + "/g", i));
    const auto chunk = book.Take(all, kNow);
    ASSERT_EQ(Offsets(chunk), Numbers{i});
    ASSERT_EQ(book.lanes(), 2u);
    book.Finish(chunk);
  }
  book.Add(MakeWorkItem("busy", 50'000));
  EXPECT_TRUE(book.Take(all, kNow).empty());
  book.Finish(busy);
  EXPECT_EQ(Offsets(book.Take(all, kNow)), Numbers{50'000});
}

TEST(LaneBook, KeepsOrderUnderRandomInterleavings) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::minstd_rand random(seed);
    LaneBook book;
    SteadyTime now = kNow;
    std::vector<std::vector<WorkItem>> in_store;
    std::map<std::string, std::int64_t> last_final;
    std::size_t added = 0, final = 0;
    for (int step = 0; step < 2000; ++step) {
      now += milliseconds(1);
      switch (random() % 4) {
        case 0:
          book.Add(MakeWorkItem("g" + std::to_string(random() % 12),
                                static_cast<std::int64_t>(++added)));
          break;
        case 1: {
          auto chunk = book.Take({.items = 1 + random() % 8,
                                  .lanes = 1 + random() % 4,
                                  .lane_items = 1 + random() % 4},
                                 now);
          std::set<std::string> busy;
          for (const auto& other : in_store) {
            for (const WorkItem& item : other) busy.insert(item.write.graph->ToString());
          }
          for (const WorkItem& item : chunk)
            ASSERT_FALSE(busy.contains(item.write.graph->ToString()));
          if (!chunk.empty()) in_store.push_back(std::move(chunk));
          break;
        }
        default: {
          if (in_store.empty()) break;
          std::swap(in_store[random() % in_store.size()], in_store.back());
          std::vector<WorkItem> chunk = std::move(in_store.back());
          in_store.pop_back();
          if (random() % 3 == 0) {
            if (chunk.size() > 1 && random() % 2 == 0) {
              book.Bisect(std::move(chunk), kNow);
            } else {
              book.PutBack(std::move(chunk), now + milliseconds(random() % 5));
            }
            break;
          }
          for (const WorkItem& item : chunk) {
            ASSERT_LT(last_final[item.write.graph->ToString()], item.offset);
            last_final[item.write.graph->ToString()] = item.offset;
          }
          final += chunk.size();
          book.Finish(chunk);
        }
      }
      std::size_t busy_items = 0;
      for (const auto& chunk : in_store) busy_items += chunk.size();
      ASSERT_EQ(book.waiting() + busy_items + final, added);
    }
  }
}

TEST(LaneBook, GivesWhatMustBeAloneByItselfAndInItsPlace) {
  LaneBook book;
  for (int i = 0; i < 4; ++i) {
    WorkItem item = MakeWorkItem("a", i);
    if (i == 1) item.caution = Caution::kAlone;
    book.Add(std::move(item));
  }
  book.Add(MakeWorkItem("b", 10));
  std::vector<WorkItem> chunk;
  const auto take = [&](bool alone) {
    chunk.clear();
    return book.TakeInto(chunk, {.alone = alone}, SteadyTime{});
  };
  EXPECT_FALSE(take(true)) << "others are before it";
  EXPECT_TRUE(chunk.empty());
  EXPECT_FALSE(take(false)) << "nothing of the lane may overtake what is in the store";
  EXPECT_EQ(chunk.size(), 2u) << "up to it, and of other lanes";
  book.Finish(chunk);
  EXPECT_TRUE(take(false));
  EXPECT_TRUE(chunk.empty());
  EXPECT_TRUE(take(true));
  ASSERT_EQ(chunk.size(), 1u);
  EXPECT_EQ(chunk[0].offset, 1);
  book.PutBack(std::move(chunk), SteadyTime{});
  EXPECT_TRUE(take(true));
  EXPECT_EQ(chunk.at(0).offset, 1);
  book.Finish(chunk);
  EXPECT_FALSE(take(false));
  EXPECT_EQ(chunk.size(), 2u);
  book.Finish(chunk);
  EXPECT_EQ(book.lanes(), 0u);
}

TEST(LaneBook, GivesUpWhatMustBeAloneOfARevokedPartition) {
  LaneBook book;
  WorkItem item = MakeWorkItem("a", 1);
  item.caution = Caution::kAlone;
  book.Add(std::move(item));
  std::vector<WorkItem> chunk;
  EXPECT_TRUE(book.TakeInto(chunk, {}, SteadyTime{}));
  EXPECT_EQ(book.RemoveWaiting(CameFrom(0)).size(), 1u);
  EXPECT_FALSE(book.TakeInto(chunk, {.alone = true}, SteadyTime{}));
  EXPECT_TRUE(chunk.empty());
}

}  // namespace
}  // namespace headrace::worker
