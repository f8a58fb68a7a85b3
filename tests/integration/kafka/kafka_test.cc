// Producer, consumer and topic administration against a real broker.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "common/kafka/cluster.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "common/kafka/topic_admin.h"
#include "common/kafka/topic_names.h"
#include "common/model/murmur2.h"
#include "tests/integration/kafka/kafka_broker.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kTimeout{10'000};

class RecordingListener final : public AssignmentListener {
 public:
  void OnAssigned(std::vector<PartitionPosition>& positions) override {
    for (const PartitionPosition& position : positions) {
      owned.insert(position.partition);
      assigned.push_back(position);
    }
  }
  void OnRevoked(std::span<const TopicPartition> partitions) override { Drop(partitions); }
  void OnLost(std::span<const TopicPartition> partitions) override { Drop(partitions); }

  std::set<TopicPartition> owned;
  std::vector<PartitionPosition> assigned;

 private:
  void Drop(std::span<const TopicPartition> partitions) {
    for (const TopicPartition& partition : partitions) owned.erase(partition);
  }
};

struct Kept {
  TopicPartition source;
  std::int64_t offset = 0;
  std::string key, value;
  std::map<std::string, std::string> headers;
  Timestamp append_time;
};

// Polls until `count` records have come, or fails after 20 s.
std::vector<Kept> ReadRecords(EventConsumer& consumer, std::size_t count) {
  std::vector<Kept> kept;
  std::vector<Record> records;
  const auto deadline = SteadyClock::now() + seconds(20);
  while (kept.size() < count && SteadyClock::now() < deadline) {
    consumer.Poll(milliseconds(200), count - kept.size(), records).IgnoreError();
    for (const Record& record : records) {
      Kept& copy = kept.emplace_back(Kept{record.source,
                                          record.offset,
                                          std::string(record.key),
                                          std::string(record.value),
                                          {},
                                          record.append_time});
      for (const Header& header : record.headers) {
        copy.headers.emplace(header.name, header.value);
      }
    }
  }
  EXPECT_EQ(kept.size(), count);
  return kept;
}

class KafkaTest : public testing::Test {
 protected:
  void SetUp() override {
    auto created = CreateTopics(kafka_, topics_, kTimeout);
    ASSERT_TRUE(created.ok()) << created.error().message;
    ASSERT_EQ(created->size(), 6u);
  }

  // Sends `count` records over `keys` keys and waits for the acknowledgements.
  void Send(int count, int keys = 5) {
    auto producer = OpenProducer(kafka_, "test");
    ASSERT_TRUE(producer.ok());
    const Header header{"headrace-item-key", "k"};
    const Header foreign{"other", "x"};
    const Header headers[] = {header, foreign};
    for (int i = 0; i < count; ++i) {
      const std::string key = "default/g/" + std::to_string(i % keys);
      const std::string value = std::to_string(i);
      ASSERT_TRUE((*producer)
                      ->Produce({.topic = names_.items_batch,
                                 .key = key,
                                 .value = value,
                                 .headers = headers,
                                 .token = static_cast<std::uint64_t>(i) + 1})
                      .ok());
    }
    const Status flushed = (*producer)->Flush(kTimeout);
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
    std::vector<Delivery> deliveries;
    (*producer)->PollDeliveries(milliseconds(0), deliveries);
    EXPECT_EQ(deliveries.size(), static_cast<std::size_t>(count));
    for (const Delivery& delivery : deliveries) EXPECT_TRUE(delivery.status.ok());
  }

  std::unique_ptr<EventConsumer> Open(const std::string& group, AssignmentListener* listener) {
    auto consumer =
        OpenConsumer(kafka_, {.topics = {names_.items_batch}, .group = group, .client_id = "test"},
                     listener, nullptr);
    EXPECT_TRUE(consumer.ok());
    return std::move(*consumer);
  }

  const KafkaSettings kafka_ = TestBroker();
  const TopicSettings topics_ = TestTopics();
  const TopicNames names_{topics_.prefix};
};

TEST_F(KafkaTest, CreatesTopicsOnceAndFindsThemInOrder) {
  auto again = CreateTopics(kafka_, topics_, kTimeout);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->empty());
  auto findings = CheckTopics(kafka_, topics_, kTimeout);
  ASSERT_TRUE(findings.ok()) << findings.error().message;
  // One broker: a single in-sync replica is warned about, nothing is refused.
  EXPECT_EQ(findings->size(), 6u);
  for (const TopicFinding& finding : *findings) {
    EXPECT_EQ(finding.severity, TopicFinding::Severity::kWarning) << finding.message;
  }
}

TEST_F(KafkaTest, NamesASettingOfTheBrokersThatWouldLoseData) {
  TopicSettings longer = topics_;
  longer.batch_age = topics_.batch_age * 2;
  const auto findings = CheckTopics(kafka_, longer, kTimeout);
  ASSERT_TRUE(findings.ok());
  std::set<std::string> refused;
  for (const TopicFinding& finding : *findings) {
    if (finding.severity != TopicFinding::Severity::kRefused) continue;
    refused.insert(finding.topic);
    EXPECT_NE(finding.fix.find("--add-config retention.ms="), std::string::npos);
  }
  EXPECT_EQ(refused,
            (std::set<std::string>{names_.items_batch, names_.items_realtime, names_.staging}));
}

TEST_F(KafkaTest, RefusesMissingTopics) {
  auto findings = CheckTopics(kafka_, TestTopics(), kTimeout);
  ASSERT_TRUE(findings.ok());
  ASSERT_EQ(findings->size(), 6u);
  EXPECT_EQ(findings->front().fix, "headrace topics create");
}

TEST_F(KafkaTest, CarriesRecordsInOrderWithOurHeadersOnly) {
  Send(300);
  auto reader = Open("", nullptr);
  std::map<std::string, int> last;
  for (const Kept& record : ReadRecords(*reader, 300)) {
    const int number = std::stoi(record.value);
    EXPECT_GT(number, last.contains(record.key) ? last[record.key] : -1);
    last[record.key] = number;
    EXPECT_EQ(record.source.partition, PartitionOf(record.key, 3));
    EXPECT_EQ(record.headers, (std::map<std::string, std::string>{{"headrace-item-key", "k"}}));
    EXPECT_GT(record.append_time, Timestamp{});
  }
}

// A poll is taken in whole, so it must not bring much more than its caller has room for.
TEST_F(KafkaTest, BringsFewLargeRecordsAtOnce) {
  constexpr std::size_t kRecords = 20, kBytes = 900'000;
  auto producer = OpenProducer(kafka_, "test");
  ASSERT_TRUE(producer.ok());
  const std::string value(kBytes, 'x');
  for (std::size_t i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(
        (*producer)->Produce({.topic = names_.items_batch, .key = "a", .value = value}).ok());
  }
  ASSERT_TRUE((*producer)->Flush(kTimeout).ok());
  auto reader =
      OpenConsumer(kafka_, {.topics = {names_.items_batch}, .client_id = "test"}, nullptr, nullptr);
  ASSERT_TRUE(reader.ok());
  std::vector<Record> records;
  std::size_t read = 0;
  const auto deadline = SteadyClock::now() + seconds(20);
  while (read < kRecords && SteadyClock::now() < deadline) {
    (*reader)->Poll(milliseconds(200), 250, records).IgnoreError();
    EXPECT_LE(records.size(), 5u);  // 4 MiB, and the record that goes beyond
    read += records.size();
  }
  EXPECT_EQ(read, kRecords);
}

TEST_F(KafkaTest, ResumesAtTheCommitWithItsMetadata) {
  Send(10, 1);
  const int partition = PartitionOf("default/g/0", 3);
  const std::string group = topics_.prefix + "g";
  {
    RecordingListener listener;
    auto consumer = Open(group, &listener);
    ReadRecords(*consumer, 10);
    const PartitionPosition position{{0, partition}, 7, "hw=10"};
    const Status committed = consumer->Commit({&position, 1});
    ASSERT_TRUE(committed.ok()) << committed.error().message;
  }
  RecordingListener listener;
  auto consumer = Open(group, &listener);
  const auto records = ReadRecords(*consumer, 3);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records.front().offset, 7);
  bool found = false;
  for (const PartitionPosition& position : listener.assigned) {
    if (position.partition.partition != partition) continue;
    found = true;
    EXPECT_EQ(position.offset, 7);
    EXPECT_EQ(position.metadata, "hw=10");
  }
  EXPECT_TRUE(found);
}

TEST_F(KafkaTest, SharesPartitionsAndGivesThemBack) {
  const std::string group = topics_.prefix + "g";
  RecordingListener first_listener, second_listener;
  auto first = Open(group, &first_listener);
  auto second = Open(group, &second_listener);
  std::vector<Record> records;
  // Polls both until they own what is wanted.
  const auto settle = [&](const auto& wanted) {
    const auto deadline = SteadyClock::now() + seconds(30);
    while (!wanted() && SteadyClock::now() < deadline) {
      first->Poll(milliseconds(20), 10, records).IgnoreError();
      if (second != nullptr) second->Poll(milliseconds(20), 10, records).IgnoreError();
    }
    return wanted();
  };
  EXPECT_TRUE(settle([&] {
    return !first_listener.owned.empty() && !second_listener.owned.empty() &&
           first_listener.owned.size() + second_listener.owned.size() == 3;
  }));
  second.reset();
  EXPECT_TRUE(settle([&] { return first_listener.owned.size() == 3; }));
}

TEST_F(KafkaTest, PausesResumesAndSeeks) {
  Send(6, 1);
  const TopicPartition partition{0, PartitionOf("default/g/0", 3)};
  auto reader = Open("", nullptr);
  ReadRecords(*reader, 6);
  reader->Pause(partition);
  reader->Pause(partition);
  Send(2, 1);
  std::vector<Record> records;
  reader->Poll(milliseconds(500), 10, records).IgnoreError();
  EXPECT_TRUE(records.empty());
  reader->Resume(partition);
  reader->Resume(partition);
  EXPECT_EQ(ReadRecords(*reader, 2).front().offset, 6);
  ASSERT_TRUE(reader->Seek({partition, 3, {}}).ok());
  EXPECT_EQ(ReadRecords(*reader, 5).front().offset, 3);
  const auto ends = reader->EndOffsets(0);
  ASSERT_TRUE(ends.ok()) << ends.error().message;
  EXPECT_EQ(ends->size(), 3u);
  EXPECT_EQ((*ends)[static_cast<std::size_t>(partition.partition)], 8);
}

TEST_F(KafkaTest, ReadsAPausedPartitionThatWentAndCameBack) {
  RecordingListener listener, other;
  auto consumer = Open(topics_.prefix + "g", &listener);
  std::vector<Record> records;
  const auto own_all = [&] {
    for (int i = 0; i < 400 && listener.owned.size() < 3; ++i) {
      consumer->Poll(milliseconds(50), 10, records).IgnoreError();
    }
    return listener.owned.size() == 3;
  };
  ASSERT_TRUE(own_all());
  for (const TopicPartition& mine : listener.owned) consumer->Pause(mine);
  for (auto second = Open(topics_.prefix + "g", &other); other.owned.empty();) {
    consumer->Poll(milliseconds(50), 10, records).IgnoreError();
    second->Poll(milliseconds(50), 10, records).IgnoreError();
  }
  ASSERT_TRUE(own_all());
  for (const TopicPartition& mine : listener.owned) consumer->Resume(mine);
  Send(30, 30);
  ReadRecords(*consumer, 30);
}

TEST_F(KafkaTest, GoesOnAtTheStartWhenTheCommitIsOutsideTheTopic) {
  Send(4, 1);
  const int partition = PartitionOf("default/g/0", 3);
  const std::string group = topics_.prefix + "g";
  {
    RecordingListener listener;
    auto consumer = Open(group, &listener);
    ReadRecords(*consumer, 4);
    const PartitionPosition beyond{{0, partition}, 5'000, {}};
    ASSERT_TRUE(consumer->Commit({&beyond, 1}).ok());
  }
  RecordingListener listener;
  auto consumer = Open(group, &listener);
  const auto records = ReadRecords(*consumer, 4);
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records.front().offset, 0);
}

TEST_F(KafkaTest, WakesASleeperWhenRecordsArrive) {
  auto wakeup = Wakeup::Open();
  ASSERT_TRUE(wakeup.ok());
  auto consumer = OpenConsumer(kafka_, {.topics = {names_.items_batch}, .client_id = "test"},
                               nullptr, &*wakeup);
  ASSERT_TRUE(consumer.ok());
  std::vector<Record> records;
  (*consumer)->Poll(milliseconds(500), 10, records).IgnoreError();
  Send(1);
  const auto start = SteadyClock::now();
  while (records.empty() && SteadyClock::now() - start < seconds(20)) {
    wakeup->Wait(seconds(10));
    (*consumer)->Poll(milliseconds(0), 10, records).IgnoreError();
  }
  EXPECT_LT(SteadyClock::now() - start, seconds(9)) << "the descriptor was never signalled";
}

TEST_F(KafkaTest, RefusesARecordThatNoBrokerTakes) {
  auto producer = OpenProducer(kafka_, "test");
  ASSERT_TRUE(producer.ok());
  const std::string huge(3u << 20, 'x');
  const Status status =
      (*producer)->Produce({.topic = names_.items_batch, .key = "k", .value = huge, .headers = {}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE((*producer)
                  ->Produce({.topic = names_.items_batch, .key = "k", .value = "v", .headers = {}})
                  .ok());
  EXPECT_TRUE((*producer)->Flush(kTimeout).ok());
}

TEST_F(KafkaTest, KnowsItsCluster) {
  const auto id = ClusterId(kafka_, kTimeout);
  ASSERT_TRUE(id.ok()) << id.error().message;
  EXPECT_FALSE(id->empty());
}

TEST(KafkaUnreachable, IsSaidWithAddressAndRemedyInTime) {
  KafkaSettings nowhere;
  nowhere.brokers = "127.0.0.1:1";
  const auto start = SteadyClock::now();
  const auto findings = CheckTopics(nowhere, {}, milliseconds(3'000));
  ASSERT_FALSE(findings.ok());
  EXPECT_EQ(findings.error().code, ErrorCode::kTransient);
  EXPECT_NE(findings.error().message.find("127.0.0.1:1"), std::string::npos);
  EXPECT_NE(findings.error().message.find("HEADRACE_KAFKA_BROKERS"), std::string::npos);
  EXPECT_LT(SteadyClock::now() - start, seconds(10));
}

TEST(KafkaUnreachable, IsSaidByPollAndMakesCommitsFailAtOnce) {
  KafkaSettings settings;
  settings.brokers = "127.0.0.1:1";
  ConsumerOptions options;
  options.topics = {"items"};
  options.group = "g";
  options.client_id = "poller";
  RecordingListener listener;
  auto consumer = OpenConsumer(settings, options, &listener, nullptr);
  ASSERT_TRUE(consumer.ok());
  std::vector<Record> records;
  Status polled;
  for (int i = 0; i < 50 && polled.ok(); ++i) {
    polled = (*consumer)->Poll(milliseconds(100), 10, records);
  }
  ASSERT_FALSE(polled.ok());
  EXPECT_EQ(polled.error().code, ErrorCode::kTransient);
  EXPECT_NE(polled.error().message.find("127.0.0.1:1"), std::string::npos);
  const auto start = SteadyClock::now();
  const PartitionPosition position{{0, 0}, 1, ""};
  EXPECT_FALSE((*consumer)->Commit({&position, 1}).ok());
  EXPECT_LT(SteadyClock::now() - start, seconds(1));
}

TEST(KafkaUnreachable, GivesUpProducingAfterTheDeliveryTimeout) {
  KafkaSettings nowhere;
  nowhere.brokers = "127.0.0.1:1";
  nowhere.delivery_timeout = milliseconds(500);
  nowhere.producer_queue_bytes_max = 1u << 20;
  auto producer = OpenProducer(nowhere, "test");
  ASSERT_TRUE(producer.ok());
  const std::string value(1000, 'x');
  Status status;
  for (int i = 0; i < 5'000 && status.ok(); ++i) {
    status = (*producer)->Produce({.topic = "t", .key = "k", .value = value, .headers = {}});
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kTransient);
}

}  // namespace
}  // namespace headrace::kafka
