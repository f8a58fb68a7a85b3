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

// Records [first, end) of kFirst are read.
void Read(PartitionBook& book, std::int64_t first, std::int64_t end) {
  for (std::int64_t offset = first; offset < end; ++offset) book.Find(kFirst)->ledger.Add(offset);
}

TEST(PartitionBook, CommitsOnlyWhatMovedAndIsOwned) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, "hw=9"}, {kSecond, 20, "hw=9"}}));
  EXPECT_TRUE(book.NextCommit({}).empty());
  Read(book, 10, 12);
  book.Complete(kFirst, 10);
  auto due = book.NextCommit({});
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].partition, kFirst);
  EXPECT_EQ(due[0].offset, 11);
  book.MarkCommitted(due);
  EXPECT_TRUE(book.NextCommit({}).empty());
}

TEST(PartitionBook, ReservesAheadOfWhatItReads) {
  PartitionBook book(1 << 20);
  book.Own(Positions({{kFirst, 10, "hw=9"}, {kSecond, 20, "hw=9"}}));
  EXPECT_EQ(book.Find(kFirst)->reserved_end, 10) << "nothing may be begun";
  Read(book, 10, 11);
  auto due = book.NextCommit({});
  ASSERT_EQ(due.size(), 1u) << "of the other nothing was read";
  EXPECT_EQ(due[0].offset, 10);
  EXPECT_EQ(due[0].metadata, "hw=1011");
  EXPECT_EQ(book.Find(kFirst)->reserved_end, 10) << "before the commit has succeeded";
  book.MarkCommitted(due);
  EXPECT_EQ(book.Find(kFirst)->reserved_end, 1'011);
  Read(book, 11, 1'011);
  EXPECT_TRUE(book.NextCommit({}).empty()) << "the mark was not passed";
  Read(book, 1'011, 3'011);
  EXPECT_EQ(book.NextCommit({}).at(0).metadata, "hw=9011") << "twice as far ahead as was read";
}

// Its first record may be anywhere; until then there is nothing to commit.
TEST(PartitionBook, ReservesAPartitionWithoutCommitFromItsFirstRecord) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, PartitionPosition::kFromStart, ""}}));
  EXPECT_TRUE(book.NextCommit({}).empty());
  Read(book, 500, 501);
  const auto due = book.NextCommit({});
  EXPECT_EQ(due.at(0).offset, 500);
  EXPECT_EQ(due.at(0).metadata, "hw=1501");
}

// A commit that failed for us may have reached Kafka, and a later one must not hide what was begun.
TEST(PartitionBook, TakesNoMarkBackWhileItGoesOn) {
  PartitionBook book(1 << 20);
  book.Own(Positions({{kFirst, 0, "hw=0"}}));
  Read(book, 0, 5'000);
  EXPECT_EQ(book.NextCommit({}).at(0).metadata, "hw=15000");
  const auto again = book.NextCommit({});
  EXPECT_EQ(again.at(0).metadata, "hw=15000");
  book.MarkCommitted(again);
  book.Complete(kFirst, 0);
  EXPECT_EQ(book.NextCommit({}).at(0).metadata, "hw=15000");
}

TEST(PartitionBook, LeavesWithWhatItReadAndAWordThatItLeft) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 0, "hw=0"}, {kSecond, 0, "hw=7"}}));
  Read(book, 0, 3);
  book.MarkCommitted(book.NextCommit({}));
  const auto due = book.NextCommit({kFirst, kSecond});
  ASSERT_EQ(due.size(), 1u) << "the other's note stands";
  EXPECT_EQ(due[0].offset, 0);
  EXPECT_EQ(due[0].metadata, "hw=3;clean");
}

TEST(PartitionBook, SuspectsWhatWasInTheLogOnly) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, "hw=1010;tried=11"}, {kSecond, 0, "hw=7"}}));
  book.BoundSuspects({kFirst, kSecond}, std::vector<std::int64_t>{0, 12, 100});
  EXPECT_EQ(book.Find(kSecond)->suspects.end(), 7);
  Suspects& suspects = book.Find(kFirst)->suspects;
  EXPECT_EQ(suspects.Take(10), Caution::kNote);
  EXPECT_EQ(suspects.Take(11), Caution::kAlone);
  EXPECT_EQ(suspects.Take(12), Caution::kNone);
}

TEST(PartitionBook, HandsOnTheDoubtsThatItTookOver) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 0, "hw=20"}}));
  Read(book, 0, 20);
  for (int i = 0; i < 10; ++i) book.Complete(kFirst, i);
  EXPECT_EQ(book.NextCommit({kFirst}).at(0).metadata, "hw=20") << "the others have not ended";
  for (int i = 10; i < 20; ++i) book.Complete(kFirst, i);
  EXPECT_EQ(book.NextCommit({kFirst}).at(0).metadata, "hw=20;clean");

  book.Own(Positions({{kFirst, 0, "hw=20;clean"}}));
  Read(book, 0, 5);
  book.MarkCommitted(book.NextCommit({}));
  EXPECT_EQ(book.NextCommit({kFirst}).at(0).metadata, "hw=20;clean") << "repeats, still";
}

// A late completion after a revoke must not commit: the partition may belong to another worker.
TEST(PartitionBook, ForgetsWhatItLost) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, "hw=9"}}));
  book.Find(kFirst)->ledger.Add(10);
  book.Forget(std::vector<TopicPartition>{kFirst});
  EXPECT_EQ(book.Find(kFirst), nullptr);
  book.Complete(kFirst, 10);
  EXPECT_TRUE(book.NextCommit({}).empty());
}

TEST(PartitionBook, StartsAnewWhenAPartitionComesBack) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, "hw=9"}}));
  book.Find(kFirst)->ledger.Add(10);
  const std::uint32_t assignment = book.Find(kFirst)->assignment;
  book.Own(Positions({{kFirst, 5, "hw=5"}}));
  EXPECT_NE(book.Find(kFirst)->assignment, assignment);
  EXPECT_EQ(book.Find(kSecond), nullptr) << "not owned";
  EXPECT_TRUE(book.Find(kFirst)->ledger.Add(5)) << "the old ledger is gone";
  book.MarkCommitted(book.NextCommit({}));
  book.Complete(kFirst, 10);
  EXPECT_TRUE(book.NextCommit({}).empty());
}

TEST(PartitionBook, HandsOnTheTriesThatWereNoted) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 0, "hw=20;tried=3+2;alone=4"}}));
  Suspects* suspects = &book.Find(kFirst)->suspects;
  Read(book, 0, 20);
  for (int i = 0; i < 3; ++i) book.Complete(kFirst, i);
  EXPECT_EQ(suspects->Take(2), Caution::kNote);
  EXPECT_EQ(suspects->Take(3), Caution::kAlone);
  EXPECT_EQ(suspects->Take(4), Caution::kGiveUp);
  suspects->NoteTry(7, Caution::kNote);
  EXPECT_EQ(book.NextCommit({}).at(0).metadata, "hw=1020;tried=3+2,2;alone=4");
  for (int i = 3; i < 8; ++i) book.Complete(kFirst, i);
  EXPECT_EQ(book.NextCommit({kFirst}).at(0).metadata, "hw=20") << "the rest is suspect still";
}

TEST(PartitionBook, CommitsANotedTryOnce) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 0, "hw=20"}}));
  Read(book, 0, 20);
  book.MarkCommitted(book.NextCommit({}));
  book.Find(kFirst)->suspects.NoteTry(7, Caution::kNote);
  const auto due = book.NextCommit({});
  EXPECT_EQ(due.size(), 1u);
  book.MarkCommitted(due);
  EXPECT_TRUE(book.NextCommit({}).empty());
}

// It lives, and nobody else has begun anything meanwhile.
// The same item may have been under way in two assignments of ours. Counted twice, the last ones
// would be begun without a note.
TEST(PartitionBook, CountsASuspectThatEndsTwiceOnce) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 10, "hw=20;tried=10+1"}}));
  Read(book, 10, 12);
  for (const std::int64_t offset : {10, 11}) book.Find(kFirst)->suspects.Take(offset);
  book.Complete(kFirst, 10);
  book.Complete(kFirst, 10);
  EXPECT_EQ(book.suspects_held(), 1u);
  book.Complete(kFirst, 11);
  EXPECT_EQ(book.suspects_held(), 0u);
}

TEST(PartitionBook, BlamesNothingForItsOwnTriesWhenItsPartitionComesBack) {
  PartitionBook book(1024, "me");
  book.Own(Positions({{kFirst, 0, "hw=20;by=other;tried=3,4"}}));
  Read(book, 0, 30);
  book.MarkCommitted(book.NextCommit({}));
  Suspects* suspects = &book.Find(kFirst)->suspects;
  suspects->NoteTry(3, Caution::kAlone);
  suspects->NoteTry(4, Caution::kNote);
  const auto noted = book.NextCommit({});
  EXPECT_EQ(noted.at(0).metadata, "hw=1030;by=me;tried=3+1,3;alone=3");
  book.MarkCommitted(noted);
  book.Forget(std::vector<TopicPartition>{kFirst});
  book.Own(noted);
  suspects = &book.Find(kFirst)->suspects;
  EXPECT_EQ(suspects->held(), 0u);
  EXPECT_EQ(suspects->Take(3), Caution::kAlone) << "of the other's try there is no word";
  EXPECT_EQ(suspects->Take(4), Caution::kNote);
  EXPECT_EQ(suspects->Take(7), Caution::kAlone);
  EXPECT_EQ(suspects->Take(20), Caution::kNone) << "nobody but us has begun it";
  EXPECT_EQ(book.Find(kFirst)->repeats_end, 1'030) << "it may have ended";
  EXPECT_EQ(book.NextCommit({kFirst}).at(0).metadata, "hw=1030;by=me;tried=3,4")
      << "nor is there when it leaves at once";
}

TEST(PartitionBook, CountsItsOwnTriesWhenAnotherHadThePartition) {
  PartitionBook book(1024, "me");
  book.Own(Positions({{kFirst, 0, "hw=20;by=other;tried=3"}}));
  Read(book, 0, 20);
  book.Find(kFirst)->suspects.NoteTry(3, Caution::kAlone);
  const std::string mine = book.NextCommit({}).at(0).metadata;
  for (const char* other : {"hw=1020;by=other;tried=3;alone=3", "hw=1020;tried=3;alone=3"}) {
    book.Forget(std::vector<TopicPartition>{kFirst});
    book.Own(Positions({{kFirst, 0, other}}));
    EXPECT_EQ(book.Find(kFirst)->suspects.Take(3), Caution::kGiveUp) << other;
  }
  PartitionBook next(1024, "next");
  next.Own(Positions({{kFirst, 0, mine}}));
  EXPECT_EQ(next.Find(kFirst)->suspects.Take(3), Caution::kGiveUp);
}

TEST(PartitionBook, SuspectsNothingOfAnOwnerThatLeftOrOfAnotherTool) {
  for (const char* metadata : {"hw=20;clean", "", "by hand"}) {
    PartitionBook book(1024);
    book.Own(Positions({{kFirst, 0, metadata}}));
    EXPECT_EQ(book.Find(kFirst)->suspects.Take(0), Caution::kNone) << metadata;
  }
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
      {"of one that left", {kFirst, 10, "hw=25;clean"}, 25},
      {"of a newer build", {kFirst, 10, "hw=25;new=1"}, 25},
      {"a new group", {kFirst, PartitionPosition::kFromStart, ""}, 0},
      {"a group reset by another tool", {kFirst, 0, ""}, kAll},
      {"a commit that we cannot read", {kFirst, 10, "hw=x"}, kAll},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    PartitionBook book(1024);
    book.Own(Positions({c.position}));
    EXPECT_EQ(book.Find(kFirst)->repeats_end, c.want);
  }
}

TEST(PartitionBook, DoubtsNothingThatWasProducedAfterAReset) {
  PartitionBook book(1024);
  book.Own(Positions({{kFirst, 0, ""}, {kSecond, 0, "hw=90"}}));
  book.BoundRepeats(std::vector<std::int64_t>{10, 50, 60});
  EXPECT_EQ(book.Find(kFirst)->repeats_end, 50);
  EXPECT_EQ(book.Find(kSecond)->repeats_end, 90)
      << "its owner may be alive, and read on to its mark";
}

}  // namespace
}  // namespace headrace::worker
