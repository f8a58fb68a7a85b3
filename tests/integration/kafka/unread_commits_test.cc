// Members whose partitions' commits cannot be read at first, with each protocol of rebalancing, on
// librdkafka's own broker in memory: a real one cannot be told to refuse just that.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <set>
#include <string>
#include <vector>

#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::int16_t kOffsetFetch = 9;  // of Kafka's protocol

class Listener final : public AssignmentListener {
 public:
  void OnAssigned(std::vector<PartitionPosition>& positions) override {
    assigned.insert(assigned.end(), positions.begin(), positions.end());
  }
  void OnRevoked(std::span<const TopicPartition> partitions) override {
    revoked += partitions.size();
  }
  void OnLost(std::span<const TopicPartition>) override { ADD_FAILURE() << "nobody was away"; }

  std::vector<PartitionPosition> assigned;
  std::size_t revoked = 0;
};

class UnreadCommits : public testing::TestWithParam<Assignor> {
 protected:
  UnreadCommits() {
    char reason[256];
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof(reason));
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    rd_kafka_mock_topic_create(cluster_, "items", 2, 1);
    settings_.brokers = rd_kafka_mock_cluster_bootstraps(cluster_);
  }
  ~UnreadCommits() override {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }

  void Send(int count) {
    auto producer = OpenProducer(settings_, "test");
    ASSERT_TRUE(producer.ok());
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE((*producer)->Produce({.topic = "items", .key = "k", .value = "x"}).ok());
    }
    ASSERT_TRUE((*producer)->Flush(seconds(20)).ok());
  }

  std::unique_ptr<EventConsumer> Join(Listener& listener) {
    auto opened = OpenConsumer(
        settings_,
        {.topics = {"items"}, .group = "group", .client_id = "test", .assignor = GetParam()},
        &listener, nullptr);
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }

  // Where `count` records were, which are all of one partition.
  std::vector<std::int64_t> Read(EventConsumer& consumer, std::size_t count) {
    std::vector<std::int64_t> offsets;
    std::vector<Record> records;
    const auto deadline = SteadyClock::now() + seconds(40);
    while (offsets.size() < count && SteadyClock::now() < deadline) {
      consumer.Poll(milliseconds(100), 100, records).IgnoreError();
      for (const Record& record : records) {
        offsets.push_back(record.offset);
        partition_ = record.source;
      }
    }
    return offsets;
  }

  void RefuseOffsetFetches(std::size_t times) {
    const std::vector<rd_kafka_resp_err_t> errors(times,
                                                  RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    rd_kafka_mock_push_request_errors_array(cluster_, kOffsetFetch, times, errors.data());
  }

  // True when the log said so within a while.
  bool PollUntilSaid(EventConsumer& consumer, const std::string& part) {
    std::vector<Record> records;
    const auto deadline = SteadyClock::now() + seconds(40);
    while (SteadyClock::now() < deadline) {
      testing::internal::CaptureStderr();
      consumer.Poll(milliseconds(50), 10, records).IgnoreError();
      EXPECT_TRUE(records.empty());
      if (testing::internal::GetCapturedStderr().find(part) != std::string::npos) return true;
    }
    return false;
  }

  KafkaSettings settings_;
  TopicPartition partition_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

TEST_P(UnreadCommits, HoldTheirPartitionsBackUntilTheyAreRead) {
  Send(10);
  {
    Listener first;
    auto consumer = Join(first);
    ASSERT_EQ(Read(*consumer, 10).size(), 10u);
    const PartitionPosition position{partition_, 7, "hw=10"};
    ASSERT_TRUE(consumer->Commit({&position, 1}).ok());
  }
  RefuseOffsetFetches(2);
  Listener listener;
  auto consumer = Join(listener);
  ASSERT_TRUE(PollUntilSaid(*consumer, "warning commits_unread partitions=2"));
  EXPECT_TRUE(listener.assigned.empty());
  EXPECT_EQ(Read(*consumer, 3), (std::vector<std::int64_t>{7, 8, 9}));
  ASSERT_EQ(listener.assigned.size(), 2u) << "told once of each";
  for (const PartitionPosition& position : listener.assigned) {
    const bool committed = position.partition == partition_;
    EXPECT_EQ(position.offset, committed ? 7 : PartitionPosition::kFromStart);
    EXPECT_EQ(position.metadata, committed ? "hw=10" : "");
  }
  Send(2);
  EXPECT_EQ(Read(*consumer, 2), (std::vector<std::int64_t>{10, 11}));
  consumer.reset();
  EXPECT_EQ(listener.revoked, 2u);
}

TEST_P(UnreadCommits, AreNotSaidToBeRevokedWhenNobodyWasToldOfTheirPartitions) {
  RefuseOffsetFetches(100);
  Listener listener;
  auto consumer = Join(listener);
  ASSERT_TRUE(PollUntilSaid(*consumer, "warning commits_unread partitions=2"));
  consumer.reset();
  EXPECT_TRUE(listener.assigned.empty());
  EXPECT_EQ(listener.revoked, 0u);
}

INSTANTIATE_TEST_SUITE_P(Protocols, UnreadCommits,
                         testing::Values(Assignor::kRange, Assignor::kCooperativeSticky),
                         [](const auto& protocol) {
                           return protocol.param == Assignor::kRange ? "Range"
                                                                     : "CooperativeSticky";
                         });

}  // namespace
}  // namespace headrace::kafka
