#include "tests/fakes/memory_event_log.h"

#include <gtest/gtest.h>

#include "tests/fakes/manual_clock.h"

namespace headrace::fakes {
namespace {

using std::chrono::milliseconds;

class Notes final : public AssignmentListener {
 public:
  void OnAssigned(std::vector<PartitionPosition>& positions) override {
    for (const PartitionPosition& position : positions) assigned.push_back(position);
  }
  void OnRevoked(std::span<const TopicPartition> partitions) override {
    revoked.insert(revoked.end(), partitions.begin(), partitions.end());
  }
  void OnLost(std::span<const TopicPartition> partitions) override {
    lost.insert(lost.end(), partitions.begin(), partitions.end());
  }

  std::vector<PartitionPosition> assigned;
  std::vector<TopicPartition> revoked;
  std::vector<TopicPartition> lost;
};

class MemoryEventLogTest : public testing::Test {
 protected:
  MemoryEventLogTest() { log_.CreateTopic("t", 2); }

  ManualClock clock_;
  MemoryEventLog log_{clock_};
  std::vector<Record> records_;
};

// The expected hashes are those of Kafka's own unit test of the function.
TEST(MemoryEventLogPartition, IsKafkasMurmur2) {
  EXPECT_EQ(MemoryEventLog::PartitionOf("21", 1000), (-973932308 & 0x7fffffff) % 1000);
  EXPECT_EQ(MemoryEventLog::PartitionOf("foobar", 1000), (-790332482 & 0x7fffffff) % 1000);
  EXPECT_EQ(MemoryEventLog::PartitionOf("a-little-bit-long-string", 1000),
            (-985981536 & 0x7fffffff) % 1000);
}

TEST_F(MemoryEventLogTest, PrivateReaderSeesEverythingFromTheStart) {
  log_.Append("t", 1, "k", "v", {{"headrace-item-id", "x"}, {"other", "y"}});
  auto reader = log_.OpenConsumer({"t"}, "", nullptr);
  ASSERT_TRUE(reader->Poll(milliseconds(0), 10, records_).ok());
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].value, "v");
  EXPECT_EQ(records_[0].source.partition, 1);
  ASSERT_EQ(records_[0].headers.size(), 1U);
  EXPECT_EQ(records_[0].FindHeader("headrace-item-id"), "x");
  EXPECT_EQ(*reader->EndOffsets(0), (std::vector<std::int64_t>{0, 1}));
}

TEST_F(MemoryEventLogTest, PartitionMovesOnlyAfterItsOwnerGaveItUp) {
  Notes first_notes, second_notes;
  auto first = log_.OpenConsumer({"t"}, "g", &first_notes);
  ASSERT_TRUE(first->Poll(milliseconds(0), 10, records_).ok());
  EXPECT_EQ(first_notes.assigned.size(), 2U);
  auto second = log_.OpenConsumer({"t"}, "g", &second_notes);
  ASSERT_TRUE(second->Poll(milliseconds(0), 10, records_).ok());
  EXPECT_TRUE(second_notes.assigned.empty());
  ASSERT_TRUE(first->Poll(milliseconds(0), 10, records_).ok());
  ASSERT_EQ(first_notes.revoked.size(), 1U);
  ASSERT_TRUE(second->Poll(milliseconds(0), 10, records_).ok());
  ASSERT_EQ(second_notes.assigned.size(), 1U);
  EXPECT_EQ(second_notes.assigned[0].partition, first_notes.revoked[0]);
}

TEST_F(MemoryEventLogTest, CommittedPositionReachesTheNextOwner) {
  Notes notes;
  auto consumer = log_.OpenConsumer({"t"}, "g", &notes);
  ASSERT_TRUE(consumer->Poll(milliseconds(0), 10, records_).ok());
  const std::vector<PartitionPosition> positions{{{0, 1}, 7, "note"}};
  ASSERT_TRUE(consumer->Commit(positions).ok());
  consumer.reset();
  EXPECT_EQ(notes.revoked.size(), 2U);
  Notes next_notes;
  auto next = log_.OpenConsumer({"t"}, "g", &next_notes);
  ASSERT_TRUE(next->Poll(milliseconds(0), 10, records_).ok());
  EXPECT_EQ(next_notes.assigned.at(1).offset, 7);
  EXPECT_EQ(next_notes.assigned.at(1).metadata, "note");
  EXPECT_EQ(log_.Committed("g", "t", 1)->offset, 7);
}

TEST_F(MemoryEventLogTest, ExpiredMemberIsToldAndMayNotCommit) {
  Notes notes;
  auto consumer = log_.OpenConsumer({"t"}, "g", &notes);
  ASSERT_TRUE(consumer->Poll(milliseconds(0), 10, records_).ok());
  log_.ExpireMembers("g");
  const std::vector<PartitionPosition> positions{{{0, 1}, 7, ""}};
  EXPECT_EQ(consumer->Commit(positions).error().code, ErrorCode::kPermanent);
  ASSERT_TRUE(consumer->Poll(milliseconds(0), 10, records_).ok());
  EXPECT_EQ(notes.lost.size(), 2U);
  EXPECT_EQ(notes.assigned.size(), 4U);
}

TEST_F(MemoryEventLogTest, FailedDeliveryStopsTheLaterRecordsOfItsKey) {
  auto producer = log_.OpenProducer();
  log_.FailDeliveries("t", 1, Permanent("refused"));
  ASSERT_TRUE(producer->Produce({"t", "a", "1", {}, 1}).ok());
  ASSERT_TRUE(producer->Produce({"t", "a", "2", {}, 2}).ok());
  ASSERT_TRUE(producer->Produce({"t", "b", "3", {}, 3}).ok());
  std::vector<Delivery> deliveries;
  producer->PollDeliveries(milliseconds(0), deliveries);
  ASSERT_EQ(deliveries.size(), 3U);
  EXPECT_FALSE(deliveries[0].status.ok());
  EXPECT_FALSE(deliveries[1].status.ok());
  EXPECT_TRUE(deliveries[2].status.ok());
  EXPECT_FALSE(producer->Produce({"t", "a", "4", {}, 4}).ok());
  ASSERT_EQ(log_.Records("t").size(), 1U);
  EXPECT_EQ(log_.Records("t")[0].value, "3");
}

TEST_F(MemoryEventLogTest, UnreachableBrokerKeepsProducedRecordsWaiting) {
  auto producer = log_.OpenProducer();
  auto reader = log_.OpenConsumer({"t"}, "", nullptr);
  log_.SetReachable(false);
  ASSERT_TRUE(producer->Produce({"t", "a", "1", {}, 1}).ok());
  EXPECT_EQ(producer->Flush(milliseconds(0)).error().code, ErrorCode::kTransient);
  EXPECT_EQ(reader->Poll(milliseconds(0), 10, records_).error().code, ErrorCode::kTransient);
  log_.SetReachable(true);
  EXPECT_TRUE(producer->Flush(milliseconds(0)).ok());
  ASSERT_TRUE(reader->Poll(milliseconds(0), 10, records_).ok());
  EXPECT_EQ(records_.size(), 1U);
}

TEST_F(MemoryEventLogTest, PauseSeekAndErasedOffsets) {
  for (int i = 0; i < 4; ++i) log_.Append("t", 0, "k", std::to_string(i));
  log_.Erase("t", 0, 1, 2);
  auto reader = log_.OpenConsumer({"t"}, "", nullptr);
  reader->Pause({0, 0});
  ASSERT_TRUE(reader->Poll(milliseconds(0), 10, records_).ok());
  EXPECT_TRUE(records_.empty());
  reader->Resume({0, 0});
  ASSERT_TRUE(reader->Seek({{0, 0}, 1, ""}).ok());
  ASSERT_TRUE(reader->Poll(milliseconds(0), 10, records_).ok());
  ASSERT_EQ(records_.size(), 1U);
  EXPECT_EQ(records_[0].offset, 3);
}

}  // namespace
}  // namespace headrace::fakes
