#include "worker/hot_partitions.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

constexpr TopicPartition kHot{0, 0}, kOther{0, 1};

class HotPartitionsTest : public testing::Test {
 protected:
  HotPartitionsTest() {
    log_.CreateTopic("items", 2);
    consumer_ = log_.OpenConsumer({"items"}, "", nullptr);
    const std::vector<PartitionPosition> positions{{kHot, 0, ""}, {kOther, 0, ""}};
    partitions_.Own(positions);
    for (int i = 0; i < 20; ++i) partitions_.Find(kHot)->ledger.Add(i);
    hot_.emplace(*consumer_, partitions_, clock_);
  }
  void NoteAndTurn() {
    hot_->Note(kHot);
    hot_->Turn();
  }
  // Of the hot one.
  void End(int first, int count) {
    for (int i = first; i < first + count; ++i) partitions_.Complete(kHot, i);
  }
  void PauseFor(milliseconds duration) {
    NoteAndTurn();
    ASSERT_TRUE(hot_->Holds(kHot));
    clock_.Advance(duration);
    End(0, 10);
    hot_->Turn();
    ASSERT_FALSE(hot_->Holds(kHot));
  }

  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_{clock_};
  std::unique_ptr<EventConsumer> consumer_;
  PartitionBook partitions_{1'024};
  std::optional<HotPartitions> hot_;
};

TEST_F(HotPartitionsTest, WaitUntilHalfOfWhatIsUnfinishedHasEnded) {
  NoteAndTurn();
  EXPECT_EQ(hot_->count(), 1u);
  End(0, 9);
  hot_->Turn();
  EXPECT_TRUE(hot_->Holds(kHot));
  End(9, 1);
  hot_->Turn();
  EXPECT_FALSE(hot_->Holds(kHot));
  EXPECT_EQ(hot_->count(), 0u);
}

TEST_F(HotPartitionsTest, LeaveOneToBeRead) {
  NoteAndTurn();
  hot_->Note(kOther);
  hot_->Turn();
  EXPECT_EQ(hot_->count(), 1u);
  EXPECT_FALSE(hot_->Holds(kOther));
}

TEST_F(HotPartitionsTest, ArePausedAgainAtOnceWhereItTookLong) {
  PauseFor(milliseconds(500));
  NoteAndTurn();
  EXPECT_TRUE(hot_->Holds(kHot));
}

// Else what was fetched ahead would be thrown away many times a second.
TEST_F(HotPartitionsTest, AreLeftAloneForAWhileWhereItDidNot) {
  PauseFor(milliseconds(499));
  clock_.Advance(milliseconds(499));
  NoteAndTurn();
  EXPECT_FALSE(hot_->Holds(kHot));
  clock_.Advance(milliseconds(1));
  NoteAndTurn();
  EXPECT_TRUE(hot_->Holds(kHot));
}

TEST_F(HotPartitionsTest, ThatWereRevokedOrPausedOtherwiseAreForgotten) {
  NoteAndTurn();
  hot_->Drop(kHot);
  EXPECT_FALSE(hot_->Holds(kHot));
  hot_->Note(kHot);
  hot_->Drop(kHot);
  hot_->Turn();
  EXPECT_FALSE(hot_->Holds(kHot));
  NoteAndTurn();
  ASSERT_TRUE(hot_->Holds(kHot));
  partitions_.Forget(std::vector{kHot});
  hot_->Turn();
  EXPECT_EQ(hot_->count(), 0u);
}

}  // namespace
}  // namespace headrace::worker
