#include "worker/lag_book.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/config/worker_settings.h"
#include "tests/fakes/manual_clock.h"
#include "worker/duration_tally.h"

namespace headrace::worker {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr TopicPartition kPartition{0, 0};

class LagBookTest : public testing::Test {
 protected:
  void Own(std::int64_t committed) {
    const std::vector<PartitionPosition> positions{{kPartition, committed, ""}};
    partitions_.Own(positions);
    lags_.Own(positions, clock_.Now());
  }
  void Read(std::int64_t offset, seconds age) {
    ASSERT_TRUE(partitions_.Find(kPartition)->ledger.Add(offset));
    lags_.Note(kPartition, offset, clock_.WallNow() - age);
  }
  PartitionLag Measure() {
    questions_.clear();
    const auto lags =
        lags_.Measure(partitions_, backlog_, clock_.WallNow(), clock_.Now(), questions_);
    EXPECT_EQ(lags.size(), 1u);
    return lags.empty() ? PartitionLag{} : lags[0];
  }
  void ExpectLag(std::int64_t messages, seconds age) {
    const PartitionLag lag = Measure();
    EXPECT_EQ(lag.messages, messages);
    ASSERT_TRUE(lag.age);
    EXPECT_EQ(std::chrono::round<seconds>(*lag.age), age);
  }

  fakes::ManualClock clock_;
  PartitionBook partitions_{1 << 16};
  LagBook lags_{seconds(60)};
  Backlog backlog_;
  std::map<std::int32_t, std::int64_t> questions_;
};

TEST_F(LagBookTest, IsTheAgeOfTheFirstUnprocessedRecord) {
  Own(10);
  backlog_.ends = {13};
  Read(10, seconds(30));
  Read(11, seconds(20));
  Read(12, seconds(5));
  ExpectLag(3, seconds(30));
  partitions_.Complete(kPartition, 11);
  ExpectLag(3, seconds(30));
  partitions_.Complete(kPartition, 10);
  ExpectLag(1, seconds(5));
  partitions_.Complete(kPartition, 12);
  ExpectLag(0, seconds(0));
}

TEST_F(LagBookTest, AsksForWhatWasNotReadYet) {
  Own(10);
  backlog_.ends = {15};
  EXPECT_EQ(Measure().age, std::nullopt) << "absent rather than wrong";
  EXPECT_EQ(questions_.at(0), 10);
  // Two offsets were compacted away.
  backlog_.first[0] = {10, 12, clock_.WallNow() - seconds(40)};
  ExpectLag(3, seconds(40));
  EXPECT_TRUE(questions_.empty());
}

TEST_F(LagBookTest, ControlRecordsAtTheEndAreNothingToDo) {
  Own(10);
  backlog_.ends = {12};
  Measure();
  backlog_.first[0] = {10, 12, std::nullopt};
  ExpectLag(0, seconds(0));
  backlog_.ends = {14};
  EXPECT_EQ(Measure().messages, 2);
  EXPECT_EQ(questions_.at(0), 10);
}

TEST_F(LagBookTest, GrowsWithTheClockWhileNothingIsRead) {
  Own(0);
  backlog_.ends = {5};
  Read(0, seconds(1));
  clock_.Advance(seconds(29));
  ExpectLag(5, seconds(30));
}

TEST_F(LagBookTest, IsZeroForAnEmptyPartition) {
  Own(0);
  backlog_.ends = {0};
  ExpectLag(0, seconds(0));
}

TEST_F(LagBookTest, ForgetsWhatAnotherWorkerOwns) {
  Own(0);
  partitions_.Forget({{kPartition}});
  lags_.Forget({{kPartition}});
  EXPECT_TRUE(
      lags_.Measure(partitions_, backlog_, clock_.WallNow(), clock_.Now(), questions_).empty());
}

TEST_F(LagBookTest, APartitionThatIsBehindAndStandsIsStalled) {
  Own(0);
  backlog_.ends = {2};
  clock_.Advance(seconds(100));
  Read(0, seconds(0));
  Read(1, seconds(0));
  EXPECT_TRUE(Measure().stalled);
  partitions_.Complete(kPartition, 0);
  EXPECT_FALSE(Measure().stalled) << "it moved";
  clock_.Advance(seconds(59));
  EXPECT_FALSE(Measure().stalled);
  clock_.Advance(seconds(1));
  EXPECT_TRUE(Measure().stalled);
  partitions_.Complete(kPartition, 1);
  clock_.Advance(seconds(100));
  EXPECT_FALSE(Measure().stalled) << "nothing waits";
}

TEST_F(LagBookTest, CountsAnewWithEachAssignment) {
  Own(0);
  backlog_.ends = {1};
  Read(0, seconds(0));
  Measure();
  clock_.Advance(seconds(59));
  Own(0);
  Read(0, seconds(59));
  Measure();
  clock_.Advance(seconds(59));
  EXPECT_FALSE(Measure().stalled);
  clock_.Advance(seconds(1));
  EXPECT_TRUE(Measure().stalled);
}

// Longer than one item takes to fail, shorter than the time after which the group gives up on a
// member that does not poll (max.poll.interval.ms).
TEST(WorkerSettings, SayThatAPartitionIsStalledInTime) {
  const WorkerSettings settings;
  std::chrono::milliseconds tries{0}, pause = settings.retry_backoff;
  for (std::uint32_t attempt = 1; attempt < settings.retry_attempts_max; ++attempt) {
    tries += std::min(pause, settings.retry_backoff_max);
    pause *= 2;
  }
  EXPECT_EQ(tries, std::chrono::milliseconds(81'000));
  EXPECT_GT(settings.stall_alert_after, tries);
  EXPECT_LT(settings.stall_alert_after, std::chrono::minutes(5));
}

TEST(DurationTally, CountsByUpperBound) {
  DurationTally tally;
  EXPECT_TRUE(tally.empty());
  for (const std::int64_t us : {-5, 0, 1'000, 1'001, 70'000'000, 1'000}) {
    tally.Add(microseconds(us));
  }
  tally.Add(std::chrono::hours(3));
  EXPECT_EQ(tally.counts()[0], 4u);
  EXPECT_EQ(tally.counts()[1], 1u);
  EXPECT_EQ(tally.counts()[13], 1u);
  EXPECT_EQ(tally.counts().back(), 1u);
  EXPECT_NEAR(tally.sum_seconds(), 10'870.003, 0.001);
  tally.Clear();
  EXPECT_TRUE(tally.empty());
}

}  // namespace
}  // namespace headrace::worker
