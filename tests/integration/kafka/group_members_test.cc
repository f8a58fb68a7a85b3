#include "common/kafka/group_members.h"

#include <gtest/gtest.h>

#include "common/kafka/consumer.h"
#include "common/kafka/topic_admin.h"
#include "common/kafka/topic_names.h"
#include "tests/integration/kafka/kafka_broker.h"

namespace headrace::kafka {
namespace {

using std::chrono::seconds;

class NoListener final : public AssignmentListener {
 public:
  void OnAssigned(std::vector<PartitionPosition>&) override {}
  void OnRevoked(std::span<const TopicPartition>) override {}
  void OnLost(std::span<const TopicPartition>) override {}
};

TEST(GroupMembers, AreCountedWhileTheyAreThere) {
  const KafkaSettings kafka = TestBroker();
  const TopicSettings topics = TestTopics();
  ASSERT_TRUE(CreateTopics(kafka, topics, seconds(20)).ok());
  const std::string group = topics.prefix + "group";
  const auto members = [&] { return GroupMembers(kafka, group, seconds(10)).value(); };
  EXPECT_EQ(members(), 0) << "nobody has heard of the group";
  NoListener listener;
  {
    auto member = OpenConsumer(
        kafka,
        {.topics = {TopicNames(topics.prefix).items_batch}, .group = group, .client_id = "test"},
        &listener, nullptr);
    ASSERT_TRUE(member.ok());
    std::vector<Record> records;
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (members() != 1 && std::chrono::steady_clock::now() < deadline) {
      (*member)->Poll(std::chrono::milliseconds(100), 1, records).IgnoreError();
    }
    EXPECT_EQ(members(), 1);
  }
  EXPECT_EQ(members(), 0) << "it has left";
}

TEST(GroupMembers, CannotBeAskedForWithoutABroker) {
  KafkaSettings nowhere;
  nowhere.brokers = "127.0.0.1:1";
  const auto members = GroupMembers(nowhere, "g", std::chrono::milliseconds(500));
  ASSERT_FALSE(members.ok());
  EXPECT_EQ(members.error().code, ErrorCode::kTransient);
  EXPECT_NE(members.error().message.find("127.0.0.1:1"), std::string::npos);
}

}  // namespace
}  // namespace headrace::kafka
