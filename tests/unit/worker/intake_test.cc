// What the loop takes in of what its consumer brings.
#include "worker/intake.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

// A consumer that a test can disturb and look at.
class WatchedConsumer final : public EventConsumer {
 public:
  struct Watch {
    bool ends_are_unknown = false;
    std::size_t polls = 0;
    std::size_t pauses = 0;
    std::size_t resumes = 0;
    EventConsumer* consumer = nullptr;
  };
  WatchedConsumer(std::unique_ptr<EventConsumer> inner, Watch& watch)
      : inner_(std::move(inner)), watch_(watch) {
    watch_.consumer = inner_.get();
  }

  Status Poll(std::chrono::milliseconds timeout, std::size_t count_max,
              std::vector<Record>& records) override {
    ++watch_.polls;
    return inner_->Poll(timeout, count_max, records);
  }
  Status Commit(std::span<const PartitionPosition> positions) override {
    return inner_->Commit(positions);
  }
  void Pause(TopicPartition partition) override {
    ++watch_.pauses;
    inner_->Pause(partition);
  }
  void Resume(TopicPartition partition) override {
    ++watch_.resumes;
    inner_->Resume(partition);
  }
  Status Seek(const PartitionPosition& position) override { return inner_->Seek(position); }
  Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t topic) override {
    if (watch_.ends_are_unknown) return Transient("the broker cannot say");
    return inner_->EndOffsets(topic);
  }

 private:
  const std::unique_ptr<EventConsumer> inner_;
  Watch& watch_;
};

class IntakeTest : public testing::Test {
 protected:
  IntakeTest() {
    world_.between = [this](std::unique_ptr<EventConsumer> consumer, const std::string& topic) {
      return std::make_unique<WatchedConsumer>(std::move(consumer), watches_[topic]);
    };
  }

  // Items 0 to `count` of a graph of partition 0.
  void AddItems(std::uint32_t count) {
    const BatchId batch = world_.OpenBatch(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      world_.AddItem(batch, i, "a", std::to_string(i), 0);
    }
  }
  void ExpectAppliedInOrder(std::uint32_t count) {
    std::vector<std::string> want;
    for (std::uint32_t i = 0; i < count; ++i) {
      want.push_back(WorkerWorld::Episode("a", std::to_string(i)));
    }
    EXPECT_EQ(world_.store.Applied("default/g/a"), want);
  }

  WorkerWorld world_{1};
  std::map<std::string, WatchedConsumer::Watch> watches_;  // by topic
  WatchedConsumer::Watch& items_ = watches_[kItems];
};

// Without it a record in the wrong partition could not be told.
TEST_F(IntakeTest, KeepsWhatItReadUntilItKnowsHowManyPartitionsThereAre) {
  AddItems(3);
  items_.ends_are_unknown = true;
  ASSERT_TRUE(world_
                  .Run(40,
                       [&](int round) {
                         if (round == 20) {
                           EXPECT_EQ(world_.observer.in_flight, 0u);
                           items_.ends_are_unknown = false;
                         }
                         world_.store.CompleteAll();
                       })
                  .ok());
  ExpectAppliedInOrder(3);
  EXPECT_EQ(world_.Succeeded(), 3u);
}

TEST_F(IntakeTest, KeepsWhatItReadUntilTheJournalTellsWhatItIs) {
  AddItems(3);
  watches_[kJournal].ends_are_unknown = true;
  ASSERT_TRUE(world_
                  .Run(40,
                       [&](int round) {
                         if (round == 20) {
                           EXPECT_EQ(world_.observer.in_flight, 0u);
                           watches_[kJournal].ends_are_unknown = false;
                         }
                         world_.store.CompleteAll();
                       })
                  .ok());
  ExpectAppliedInOrder(3);
  EXPECT_TRUE(world_.observer.dead_letters.empty());
}

TEST_F(IntakeTest, TakesInOnceWhatIsDeliveredTwice) {
  AddItems(5);
  ASSERT_TRUE(world_
                  .Run(40,
                       [&](int round) {
                         // While they are in the store, and when they have ended.
                         if (round == 10 || round == 20) {
                           ASSERT_TRUE(items_.consumer->Seek({{0, 0}, 0, ""}).ok());
                         }
                         if (round > 12) world_.store.CompleteAll();
                       })
                  .ok());
  ExpectAppliedInOrder(5);
  EXPECT_EQ(world_.store.duplicates(), 0u);
  EXPECT_EQ(world_.observer.outcomes[static_cast<std::size_t>(ItemState::kSucceeded)], 5u);
  EXPECT_EQ(world_.Committed(0), 5);
}

// Not polling is the back-pressure; but who does not poll for long falls out of the group.
TEST_F(IntakeTest, DoesNotPollWhileItIsFullAndPausesAndPollsAfterASecond) {
  AddItems(10);
  world_.settings.in_flight_items_max = 2;
  std::size_t polls = 0;
  ASSERT_TRUE(world_
                  .Run(160,
                       [&](int round) {
                         if (round == 50) polls = items_.polls;
                         if (round == 90) {
                           EXPECT_EQ(items_.polls, polls);
                           EXPECT_EQ(items_.pauses, 0u);
                         }
                         if (round == 130) {
                           EXPECT_EQ(items_.pauses, 1u);
                           EXPECT_GT(items_.polls, polls + 20);
                           EXPECT_TRUE(world_.observer.intake_paused);
                           EXPECT_EQ(world_.observer.in_flight, 2u);
                         }
                         if (round >= 130) world_.store.CompleteAll();
                       })
                  .ok());
  EXPECT_EQ(items_.resumes, 1u);
  ExpectAppliedInOrder(10);
}

TEST(Intake, CountsThePartitionsAgainWhenItIsGivenMore) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(2);
  world.AddItem(batch, 0, "a", "before", 0);
  std::string graph = "b";
  while (fakes::MemoryEventLog::PartitionOf("default/g/" + graph, 2) == 0) graph += "b";
  ASSERT_TRUE(world
                  .Run(40,
                       [&](int round) {
                         if (round == 20) {
                           world.log.CreateTopic(kItems, 2);
                           world.AddItem(batch, 1, graph, "after", 1);
                         }
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_EQ(world.Succeeded(), 2u);
  EXPECT_EQ(world.observer.misrouted, 0u);
}

TEST(Intake, LeavesOtherPartitionsAloneWhereItStopsOne) {
  WorkerWorld world(2);
  const BatchId batch = world.OpenBatch(4);
  world.log.Append(kItems, 0, "default/g/a", "", {{"headrace-control", "erase;v=9"}});
  world.AddItem(batch, 0, "a", "behind it", 0);
  for (std::uint32_t i = 1; i < 4; ++i) world.AddItem(batch, i, "b", "beside it", 1);
  testing::internal::CaptureStderr();
  const Status ended = world.Run(30);
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(ended.ok());
  EXPECT_NE(said.find("error partition_stopped partition=0 offset=0 "), std::string::npos) << said;
  EXPECT_EQ(said.find("partition_stopped"), said.rfind("partition_stopped")) << said;
  EXPECT_EQ(world.Succeeded(), 3u);
  EXPECT_LE(world.Committed(0), 0);
  EXPECT_EQ(world.Committed(1), 3);
}

}  // namespace
}  // namespace headrace::worker
