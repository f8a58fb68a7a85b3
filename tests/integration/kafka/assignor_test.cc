// Members of one group that come and go under load, with each protocol of rebalancing. The product
// uses cooperative-sticky from librdkafka 2.6.1 on; here older ones must do it as well, for two
// members: what makes it unsafe there (an assignor that can spin for ever) needs more of them.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "common/kafka/topic_admin.h"
#include "common/kafka/topic_names.h"
#include "tests/integration/kafka/kafka_broker.h"

namespace headrace::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int kPartitions = 4;

// What all members together have seen.
struct Shared {
  std::set<TopicPartition> owned;
  std::map<TopicPartition, std::int64_t> next;  // of each partition: the offset that must come now
  std::size_t read = 0;
};

// Commits what it has read when partitions are taken from it, as the worker does.
class Member final : public AssignmentListener {
 public:
  Member(const ConsumerOptions& options, Shared& shared) : shared_(shared) {
    auto opened = OpenConsumer(TestBroker(), options, this, nullptr);
    EXPECT_TRUE(opened.ok());
    consumer_ = std::move(*opened);
  }
  // Commits, and owns nothing any more when the farewell revokes everything.
  ~Member() override {
    const auto deadline = SteadyClock::now() + seconds(60);
    // While a cooperative rebalance is under way its partitions are still ours, but the broker
    // refuses the commit: the generation has changed, which the client learns by polling.
    Status committed = Commit(owned);
    while (!committed.ok() && SteadyClock::now() < deadline) {
      Poll();
      committed = Commit(owned);
    }
    EXPECT_TRUE(committed.ok()) << committed.error().message;
    const std::vector<TopicPartition> all(owned.begin(), owned.end());
    Drop(all);
    consumer_.reset();
  }

  void OnAssigned(std::vector<PartitionPosition>& positions) override {
    for (const PartitionPosition& position : positions) {
      EXPECT_TRUE(shared_.owned.insert(position.partition).second) << "it has an owner";
      owned.insert(position.partition);
    }
  }
  void OnRevoked(std::span<const TopicPartition> partitions) override {
    if (owned.empty()) return;
    const Status committed = Commit({partitions.begin(), partitions.end()});
    EXPECT_TRUE(committed.ok()) << committed.error().message;
    revoked += partitions.size();
    Drop(partitions);
  }
  void OnLost(std::span<const TopicPartition> partitions) override {
    if (!owned.empty()) ADD_FAILURE() << "a session that nobody broke was lost";
    Drop(partitions);
  }

  void Poll() {
    consumer_->Poll(milliseconds(10), 100, records_).IgnoreError();
    for (const Record& record : records_) {
      if (!owned.contains(record.source)) continue;  // revoked within this very call
      EXPECT_EQ(record.offset, shared_.next[record.source]) << "lost, doubled or overtaken";
      shared_.next[record.source] = record.offset + 1;
      ++shared_.read;
    }
  }

  std::set<TopicPartition> owned;
  std::size_t revoked = 0;

 private:
  Status Commit(const std::set<TopicPartition>& partitions) {
    std::vector<PartitionPosition> positions;
    for (const TopicPartition& partition : partitions) {
      if (!shared_.next.contains(partition)) continue;
      positions.push_back({partition, shared_.next[partition], ""});
    }
    return positions.empty() ? Status() : consumer_->Commit(positions);
  }

  void Drop(std::span<const TopicPartition> partitions) {
    for (const TopicPartition& partition : partitions) {
      owned.erase(partition);
      shared_.owned.erase(partition);
    }
  }

  Shared& shared_;
  std::vector<Record> records_;
  std::unique_ptr<EventConsumer> consumer_;
};

class AssignorTest : public testing::TestWithParam<Assignor> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(CreateTopics(TestBroker(), topics_, seconds(20)).ok());
    auto producer = OpenProducer(TestBroker(), "test");
    ASSERT_TRUE(producer.ok());
    producer_ = std::move(*producer);
  }

  std::unique_ptr<Member> Join() {
    return std::make_unique<Member>(ConsumerOptions{.topics = {names_.items_batch},
                                                    .group = topics_.prefix + "group",
                                                    .client_id = "test",
                                                    .session_timeout = milliseconds(15'000),
                                                    .assignor = GetParam()},
                                    shared_);
  }

  // Records flow and everybody polls, until it is as wanted.
  template <typename Condition>
  bool Flow(std::vector<Member*> members, const Condition& wanted) {
    const auto deadline = SteadyClock::now() + seconds(60);
    while (!wanted()) {
      if (SteadyClock::now() > deadline) return false;
      for (int i = 0; i < 20; ++i) Produce();
      for (Member* member : members) member->Poll();
    }
    return true;
  }

  void ReadToTheEnd(Member& member) {
    ASSERT_TRUE(producer_->Flush(seconds(20)).ok());
    const auto deadline = SteadyClock::now() + seconds(60);
    while (shared_.read < produced_ && SteadyClock::now() < deadline) member.Poll();
    EXPECT_EQ(shared_.read, produced_);
  }

  void Produce() {
    const std::string key = "default/g/" + std::to_string(produced_++ % 50);
    EXPECT_TRUE(
        producer_
            ->Produce(
                {.topic = names_.items_batch, .key = key, .value = "v", .headers = {}, .token = 0})
            .ok());
  }

  const TopicSettings topics_ = TestTopics(kPartitions);
  const TopicNames names_{topics_.prefix};
  std::unique_ptr<EventProducer> producer_;
  std::size_t produced_ = 0;
  Shared shared_;
};

TEST_P(AssignorTest, MembersThatJoinAndLeaveUnderLoadReadEverythingOnceAndInOrder) {
  auto staying = Join();
  ASSERT_TRUE(Flow({staying.get()}, [&] { return staying->owned.size() == kPartitions; }));
  for (int round = 0; round < 3; ++round) {
    const std::size_t revoked = staying->revoked;
    auto guest = Join();
    ASSERT_TRUE(Flow({staying.get(), guest.get()},
                     [&] { return guest->owned.size() == 2 && staying->owned.size() == 2; }))
        << "round " << round;
    // The eager protocol takes all partitions away first, the cooperative one those that move.
    EXPECT_EQ(staying->revoked - revoked, GetParam() == Assignor::kRange ? kPartitions : 2u);
    const std::size_t read = shared_.read;
    ASSERT_TRUE(Flow({staying.get(), guest.get()}, [&] { return shared_.read > read + 200; }));
    guest.reset();
    ASSERT_TRUE(Flow({staying.get()}, [&] { return staying->owned.size() == kPartitions; }));
  }
  ReadToTheEnd(*staying);
}

TEST_P(AssignorTest, ClosesWhileItsFirstAssignmentIsUnderWay) {
  auto staying = Join();
  ASSERT_TRUE(Flow({staying.get()}, [&] { return staying->owned.size() == kPartitions; }));
  for (int round = 0; round < 3; ++round) {
    auto hasty = Join();
    for (int i = 0; i < round; ++i) hasty->Poll();
    hasty.reset();
  }
  ASSERT_TRUE(Flow({staying.get()}, [&] { return staying->owned.size() == kPartitions; }));
  ReadToTheEnd(*staying);
}

INSTANTIATE_TEST_SUITE_P(Both, AssignorTest,
                         testing::Values(Assignor::kRange, Assignor::kCooperativeSticky),
                         [](const auto& assignor) {
                           return assignor.param == Assignor::kRange ? "Range"
                                                                     : "CooperativeSticky";
                         });

}  // namespace
}  // namespace headrace::kafka
