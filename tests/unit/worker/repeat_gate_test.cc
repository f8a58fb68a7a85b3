#include "worker/repeat_gate.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/work_items.h"
#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

using Numbers = std::vector<std::int64_t>;

Numbers Offsets(const std::vector<WorkItem>& items) {
  Numbers offsets;
  for (const WorkItem& item : items) offsets.push_back(item.offset);
  return offsets;
}

class RepeatGateTest : public testing::Test {
 protected:
  RepeatGateTest() {
    for (std::int32_t partition = 0; partition < 3; ++partition) {
      partitions_.Own(std::vector<PartitionPosition>{{{0, partition}, 0, "hw=0"}});
    }
    Reserve(0);
  }
  // The record at `offset` of every partition is read, and the commit which that asks for succeeds.
  void Reserve(std::int64_t offset) {
    for (const TopicPartition& partition : partitions_.owned()) {
      partitions_.Find(partition)->ledger.Add(offset);
    }
    partitions_.MarkCommitted(partitions_.NextCommit({}));
  }
  bool Enter(std::int64_t offset, bool may_be_repeat, std::int32_t partition = 0) {
    WorkItem item = MakeWorkItem("a", offset, partition);
    item.again = may_be_repeat;
    return gate_.Passes(item);
  }
  void Settle() {
    to_try_.clear();
    ended_.clear();
    gate_.Settle(to_try_, ended_);
  }

  ToldOutcomes source_;
  PartitionBook partitions_{1024};
  RepeatGate gate_{source_, partitions_};
  std::vector<WorkItem> to_try_, ended_;
};

TEST_F(RepeatGateTest, LetsPassWhatCannotBeARepeat) {
  EXPECT_TRUE(Enter(0, false));
  Settle();
  EXPECT_EQ(source_.asked, 0u);
}

TEST_F(RepeatGateTest, SortsRepeatsFromItemsThatHaveNotEnded) {
  source_.ended = {1, 3};
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Enter(i, true));
  Settle();
  EXPECT_EQ(Offsets(to_try_), (Numbers{0, 2, 4}));
  EXPECT_EQ(Offsets(ended_), (Numbers{1, 3}));
  EXPECT_TRUE(Enter(5, false)) << "nothing waits before it any more";
}

TEST_F(RepeatGateTest, KeepsTheOrderOfAPartitionWhileOthersFlow) {
  source_.reachable = false;
  EXPECT_FALSE(Enter(0, true, 1));
  EXPECT_FALSE(Enter(1, false, 1)) << "it stands behind one that waits";
  EXPECT_TRUE(Enter(0, false, 2));
  Settle();
  EXPECT_TRUE(to_try_.empty());
  source_.reachable = true;
  Settle();
  EXPECT_EQ(Offsets(to_try_), (Numbers{0, 1}));
}

TEST_F(RepeatGateTest, HoldsWhatIsBeyondTheReservedMark) {
  EXPECT_TRUE(Enter(999, false));
  EXPECT_TRUE(Enter(1'000, false));
  EXPECT_FALSE(Enter(1'001, false));
  EXPECT_TRUE(gate_.waits_for_mark());
  Settle();
  EXPECT_TRUE(to_try_.empty());
  EXPECT_TRUE(gate_.waits_for_mark());
  Reserve(1'001);
  Settle();
  EXPECT_EQ(Offsets(to_try_), Numbers{1'001});
  EXPECT_FALSE(gate_.waits_for_mark());
  EXPECT_EQ(source_.asked, 0u);
}

TEST_F(RepeatGateTest, AsksAboutRecordsBelowTheFormerOwnersMark) {
  partitions_.Own(std::vector<PartitionPosition>{{{0, 0}, 0, "hw=2"}});
  Reserve(0);
  EXPECT_FALSE(Enter(1, false));
  Settle();
  EXPECT_TRUE(Enter(2, false));
  EXPECT_EQ(source_.asked, 1u);
}

TEST_F(RepeatGateTest, GivesUpWhatWaitsOfARevokedPartition) {
  source_.reachable = false;
  Enter(0, true, 1);
  Enter(1, false, 1);
  Enter(2, true, 2);
  EXPECT_EQ(gate_.Remove({{0, 1}}).size(), 2u);
  source_.reachable = true;
  Settle();
  EXPECT_EQ(Offsets(to_try_), Numbers{2});
}

// See FailedItems: an item that was given up and whose outcome is lost may be tried by the next
// owner.
TEST_F(RepeatGateTest, HoldsWhatIsBehindAnItemThatIsGivenUpUntilItHasEnded) {
  const TopicPartition partition{0, 0};
  partitions_.Own(std::vector<PartitionPosition>{{partition, 0, "hw=3;alone=1"}});
  Reserve(0);
  Suspects& suspects = partitions_.Find(partition)->suspects;
  for (std::int64_t offset = 0; offset < 4; ++offset) {
    WorkItem item = MakeWorkItem("a", offset);
    item.caution = suspects.Take(offset);
    EXPECT_FALSE(gate_.Passes(item));
  }
  Settle();
  EXPECT_EQ(Offsets(to_try_), (Numbers{0, 1}));
  EXPECT_EQ(to_try_.back().caution, Caution::kGiveUp);
  Settle();
  EXPECT_TRUE(to_try_.empty());
  EXPECT_FALSE(Enter(4, false));
  partitions_.Find(partition)->ledger.Add(1);
  partitions_.Complete(partition, 1);
  Settle();
  EXPECT_EQ(Offsets(to_try_), (Numbers{2, 3, 4}));
}

TEST_F(RepeatGateTest, LeavesNothingOfAGivenUpItemWhenThePartitionIsTaken) {
  const TopicPartition partition{0, 0};
  partitions_.Own(std::vector<PartitionPosition>{{partition, 0, "hw=3;alone=0"}});
  Reserve(0);
  for (std::int64_t offset = 0; offset < 2; ++offset) {
    WorkItem item = MakeWorkItem("a", offset);
    item.caution = partitions_.Find(partition)->suspects.Take(offset);
    EXPECT_FALSE(gate_.Passes(item));
  }
  Settle();
  ASSERT_EQ(Offsets(to_try_), Numbers{0});
  EXPECT_EQ(Offsets(gate_.Remove({partition})), Numbers{1});
}

// The question may have been answered before the item ended, or be on its way.
TEST_F(RepeatGateTest, EndsWhatItIsToldHasEndedWhateverTheAnswer) {
  source_.reachable = false;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Enter(i, true));
  EXPECT_TRUE(gate_.MayBeOutdated());
  gate_.End([](const WorkItem& item) { return item.offset == 1; });
  source_.reachable = true;
  Settle();
  EXPECT_EQ(Offsets(to_try_), (Numbers{0, 2}));
  EXPECT_EQ(Offsets(ended_), Numbers{1});
  EXPECT_FALSE(Enter(1, true));
  Settle();
  EXPECT_EQ(Offsets(to_try_), Numbers{1}) << "a new question has an answer of its own";
}

// Answers when and as the test says.
class ScriptedOutcomes final : public OutcomeSource {
 public:
  void Ask(std::vector<ItemRef> items) override { asked = std::move(items); }
  void Collect(std::vector<ItemOutcome>& answers) override {
    answers.insert(answers.end(), next.begin(), next.end());
    next.clear();
  }

  std::vector<ItemRef> asked;
  std::vector<ItemOutcome> next;
};

TEST(RepeatGate, TakesNoAnswerThatIsOlderThanTheDelivery) {
  ScriptedOutcomes source;
  PartitionBook partitions(1024);
  partitions.Own(std::vector<PartitionPosition>{{{0, 1}, 0, "hw=9"}});
  partitions.Find({0, 1})->ledger.Add(0);
  partitions.MarkCommitted(partitions.NextCommit({}));
  RepeatGate gate(source, partitions);
  std::vector<WorkItem> to_try, ended;
  const auto deliver = [&] {
    WorkItem item = MakeWorkItem("a", 0, 1);
    EXPECT_FALSE(gate.Passes(item));
    gate.Settle(to_try, ended);
  };
  for (int time = 0; time < 2; ++time) {
    deliver();
    EXPECT_EQ(gate.Remove({{0, 1}}).size(), 1u);
  }
  const ItemRef ref = source.asked.at(0);
  // Another worker ends the item, and it comes here once more.
  deliver();
  for (int time = 0; time < 2; ++time) {
    source.next = {{ref, false}};
    gate.Settle(to_try, ended);
    EXPECT_TRUE(to_try.empty()) << "the answer was given before the item ended";
  }
  source.next = {{ref, true}};
  gate.Settle(to_try, ended);
  EXPECT_EQ(Offsets(ended), Numbers{0});
}

// Whoever dies between two commits leaves items that ended after the last one.
TEST(WorkerLoopRepeats, AreKnownThoughTheirOwnerCommittedNothingSinceItReadThem) {
  WorkerWorld world(1);
  world.settings.commit_interval = std::chrono::hours(1);
  const BatchId batch = world.OpenBatch(4);
  for (std::uint32_t i = 0; i < 4; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  world.RunAndDie(20);
  EXPECT_EQ(world.Succeeded(), 4u);
  EXPECT_EQ(world.Committed(0), 0) << "the mark was committed, the frontier not yet";
  world.outcomes.ended = {0, 1, 2, 3};
  ASSERT_TRUE(world.Run(20).ok());
  EXPECT_EQ(world.outcomes.asked, 4u);
  EXPECT_EQ(world.store.duplicates(), 0u);
  EXPECT_EQ(world.Committed(0), 4);
}

TEST(WorkerLoopRepeats, BeginNothingWhileKafkaRefusesToReserveIt) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(2);
  for (std::uint32_t i = 0; i < 2; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  world.log.RefuseCommits(true);
  ASSERT_TRUE(world
                  .Run(60,
                       [&](int round) {
                         world.store.CompleteAll();
                         if (round != 30) return;
                         EXPECT_EQ(world.store.chunks(), 0u);
                         EXPECT_EQ(world.observer.in_flight, 2u);
                         world.log.RefuseCommits(false);
                       })
                  .ok());
  EXPECT_EQ(world.Succeeded(), 2u);
}

// In the loop: a failed item that is delivered again is not tried again.
TEST(WorkerLoopRepeats, AreNotTriedAgainWhenTheyHaveEnded) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(4);
  for (std::uint32_t i = 0; i < 4; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  world.log.FailDeliveries(kOutcomes, 1, Permanent("crash before the commit"));
  EXPECT_FALSE(world.Run(20).ok());
  // A reset of the group by a tool leaves a commit without our metadata.
  {
    struct Reset final : AssignmentListener {
      void OnAssigned(std::vector<PartitionPosition>&) override {}
      void OnRevoked(std::span<const TopicPartition>) override {}
      void OnLost(std::span<const TopicPartition>) override {}
    } reset;
    auto consumer = world.log.OpenConsumer({kItems}, kGroup, &reset);
    std::vector<Record> records;
    consumer->Poll(std::chrono::milliseconds(0), 1, records).IgnoreError();
    const PartitionPosition start{{0, 0}, 0, {}};
    ASSERT_TRUE(consumer->Commit({&start, 1}).ok());
  }
  world.outcomes.ended = {1, 2};
  const std::size_t before = world.store.duplicates();
  ASSERT_TRUE(world.Run(30).ok());
  EXPECT_EQ(world.outcomes.asked, 4u);
  EXPECT_EQ(world.store.duplicates() - before, 2u) << "only the items without an outcome";
  EXPECT_EQ(world.Committed(0), 4);
}

TEST(WorkerLoopRepeats, WaitWhileTheirStateCannotBeRead) {
  WorkerWorld world(2);
  world.outcomes.reachable = false;
  const BatchId batch = world.OpenBatch(2);
  ItemIdHeader again;
  again.ref = {batch, 0, 0};
  again.again = true;
  world.log.Append(kItems, 0, "default/g/a", WorkerWorld::Episode("a", "x"),
                   {{"headrace-item-id", EncodeItemIdHeader(again)}});
  world.AddItem(batch, 1, "b", "y", 1);
  ASSERT_TRUE(world
                  .Run(60,
                       [&](int round) {
                         world.store.CompleteAll();
                         if (round == 40) {
                           EXPECT_EQ(world.store.applied_count(), 1u) << "the other partition's";
                           world.outcomes.reachable = true;
                         }
                       })
                  .ok());
  EXPECT_EQ(world.store.applied_count(), 2u);
}

}  // namespace
}  // namespace headrace::worker
