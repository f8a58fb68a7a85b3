#include "worker/commits.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"
#include "tests/unit/worker/recording_observer.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

class RefusingConsumer final : public EventConsumer {
 public:
  Status Poll(milliseconds, std::size_t, std::vector<Record>&) override { return {}; }
  Status Commit(std::span<const PartitionPosition>) override {
    ++commits;
    return refuses ? Status(Transient("the brokers cannot be reached")) : Status();
  }
  void Pause(TopicPartition) override {}
  void Resume(TopicPartition) override {}
  Status Seek(const PartitionPosition&) override { return {}; }
  Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t) override {
    return std::vector<std::int64_t>{};
  }

  bool refuses = true;
  int commits = 0;
};

class CommitsTest : public testing::Test {
 protected:
  CommitsTest() {
    const TopicPartition partition{0, 0};
    partitions_.Own(std::vector<PartitionPosition>{{partition, 0, "hw=0"}});
    partitions_.Find(partition)->ledger.Add(0);  // which waits for a mark
    commits_.Use(&consumer_);
  }
  void Pass(milliseconds time, bool items_wait) {
    for (; time > milliseconds(0); time -= milliseconds(10)) {
      commits_.CommitIfDue(items_wait);
      clock_.Advance(milliseconds(10));
    }
  }

  fakes::ManualClock clock_;
  PartitionBook partitions_{1024};
  RecordingObserver observer_;
  KafkaWatch kafka_{observer_};
  LoopMeter meter_{{nullptr, nullptr, clock_}, partitions_, std::chrono::minutes(1)};
  Commits commits_{{partitions_, kafka_, meter_, clock_, nullptr}, std::chrono::hours(1)};
  RefusingConsumer consumer_;
};

// Each waits for the broker.
TEST_F(CommitsTest, AreTriedAgainNowAndThenWhileItemsWait) {
  Pass(milliseconds(300), /*items_wait=*/true);
  EXPECT_EQ(consumer_.commits, 3);
  EXPECT_EQ(meter_.flow().commit_failures, 3u);
  consumer_.refuses = false;
  Pass(milliseconds(300), /*items_wait=*/true);
  EXPECT_EQ(consumer_.commits, 4);
}

TEST_F(CommitsTest, AreTriedAgainOnceAnIntervalWhileNothingWaits) {
  Pass(milliseconds(300), /*items_wait=*/false);
  EXPECT_EQ(consumer_.commits, 1);
  clock_.Advance(std::chrono::hours(1));
  Pass(milliseconds(300), /*items_wait=*/false);
  EXPECT_EQ(consumer_.commits, 2);
}

}  // namespace
}  // namespace headrace::worker
