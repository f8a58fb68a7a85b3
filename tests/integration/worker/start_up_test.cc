// What a worker makes of the topics that it finds.
#include "worker/start_up.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "common/kafka/topic_admin.h"
#include "tests/fakes/manual_clock.h"
#include "tests/integration/kafka/kafka_broker.h"

namespace headrace::worker {
namespace {

using std::chrono::seconds;

class StartUpTest : public testing::Test {
 protected:
  Result<std::string> Start() {
    testing::internal::CaptureStderr();
    auto cluster = WaitForKafka(settings_, metrics_, health_, wakeup_);
    said_ = testing::internal::GetCapturedStderr();
    return cluster;
  }
  void CreateTopics() {
    const auto created = kafka::CreateTopics(settings_.kafka, settings_.topics, seconds(20));
    EXPECT_TRUE(created.ok());
  }
  std::size_t Said(std::string_view event) const {
    std::size_t count = 0;
    for (std::size_t at = said_.find(event); at != std::string::npos;
         at = said_.find(event, at + 1)) {
      ++count;
    }
    return count;
  }

  Settings settings_ = [] {
    Settings settings;
    settings.kafka = kafka::TestBroker();
    settings.topics = kafka::TestTopics();
    return settings;
  }();
  fakes::ManualClock clock_;
  const Wakeup wakeup_ = std::move(*Wakeup::Open());
  WorkerHealth health_{clock_};
  MetricsRegistry registry_{Channel::kBatch};
  WorkerMetrics metrics_{registry_, health_};
  std::string said_;
};

TEST_F(StartUpTest, WaitsForTopicsThatSomebodyMakesLaterAndSaysSoOnce) {
  std::jthread operator_at_work([&] {
    for (int look = 0; look < 3; ++look) {
      const SteadyTime before = health_.beat().last_tick();
      clock_.Advance(seconds(1));
      while (health_.beat().last_tick() == before) std::this_thread::yield();
      if (look == 2) CreateTopics();
      wakeup_.Signal();  // instead of a second's pause
    }
  });
  const auto cluster = Start();
  ASSERT_TRUE(cluster.ok()) << cluster.error().message;
  EXPECT_FALSE(cluster->empty());
  EXPECT_TRUE(health_.ok(WorkerHealth::kKafka));
  EXPECT_EQ(Said("part_missing part=kafka"), 1u) << said_;
  EXPECT_EQ(Said("headrace topics create"), 2u) << said_;
  EXPECT_EQ(Said("part_ready part=kafka"), 1u) << said_;
}

TEST_F(StartUpTest, EndsWhereATopicWouldLoseData) {
  CreateTopics();
  settings_.topics.batch_age *= 2;
  const auto cluster = Start();
  ASSERT_FALSE(cluster.ok());
  EXPECT_EQ(cluster.error().code, ErrorCode::kInvalid);
  EXPECT_GE(Said("error topic_refused"), 1u) << said_;
  EXPECT_GE(Said("retention.ms="), 1u) << said_;
  EXPECT_FALSE(health_.ok(WorkerHealth::kKafka));
}

}  // namespace
}  // namespace headrace::worker
