#include "worker/partition_book.h"

#include <gtest/gtest.h>

#include <limits>

namespace headrace::worker {
namespace {

constexpr TopicPartition kFirst{0, 1};
constexpr TopicPartition kSecond{0, 2};

std::vector<PartitionPosition> Positions(std::vector<PartitionPosition> positions) {
  return positions;
}

TEST(PartitionBook, CommitsOnlyWhatMovedAndIsOwned) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, ""}, {kSecond, 20, ""}}));
  EXPECT_TRUE(book.Uncommitted().empty());
  book.Find(kFirst)->Add(10);
  book.Find(kFirst)->Add(11);
  book.Complete(kFirst, 10);
  auto due = book.Uncommitted();
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].partition, kFirst);
  EXPECT_EQ(due[0].offset, 11);
  EXPECT_EQ(due[0].metadata, "hw=12");
  book.MarkCommitted(due);
  EXPECT_TRUE(book.Uncommitted().empty());
}

// A late completion after a revoke must not commit: the partition may belong to another worker.
TEST(PartitionBook, ForgetsWhatItLost) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, ""}}));
  book.Find(kFirst)->Add(10);
  book.Forget(std::vector<TopicPartition>{kFirst});
  EXPECT_FALSE(book.owns(kFirst));
  EXPECT_EQ(book.Find(kFirst), nullptr);
  book.Complete(kFirst, 10);
  EXPECT_TRUE(book.Uncommitted().empty());
}

TEST(PartitionBook, StartsAnewWhenAPartitionComesBack) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, ""}}));
  book.Find(kFirst)->Add(10);
  book.Own(Positions({{kFirst, 5, ""}}));
  EXPECT_TRUE(book.Find(kFirst)->Add(5)) << "the old ledger is gone";
  book.Complete(kFirst, 10);
  EXPECT_TRUE(book.Uncommitted().empty());
}

TEST(PartitionBook, KnowsWhereRepeatsEnd) {
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  struct Case {
    const char* name;
    PartitionPosition position;
    std::int64_t want;
  };
  const Case cases[] = {
      {"our own commit", {kFirst, 10, "hw=25"}, 25},
      {"a new group", {kFirst, PartitionPosition::kFromStart, ""}, 0},
      {"a group reset by another tool", {kFirst, 0, ""}, kAll},
      {"a commit that we cannot read", {kFirst, 10, "hw=x"}, kAll},
      {"a commit that could not be fetched", {kFirst, PartitionPosition::kFromCommit, ""}, kAll},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    PartitionBook book(1024);
    book.Own(Positions({c.position}));
    EXPECT_EQ(book.repeats_end(kFirst), c.want);
  }
  EXPECT_EQ(PartitionBook(1024).repeats_end(kFirst), 0);
}

}  // namespace
}  // namespace headrace::worker
