// Items that end their worker's process, and kills that no item is to blame for.
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

class WorkerLoopCrashes : public testing::Test {
 protected:
  void Load(std::uint32_t count, std::uint32_t graphs, const std::set<std::uint32_t>& poisons) {
    const BatchId batch = world_.OpenBatch(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string text = (poisons.contains(i) ? "poison " : "text ") + std::to_string(i);
      world_.AddItem(batch, i, "g" + std::to_string(i % graphs), text);
    }
  }

  // A worker that finds what the former ones left. It dies with whatever it has in the store, when
  // a poisonous item is there or after `rounds`. True when it died of poison.
  bool RunAndDie(int rounds, bool store_works = true) {
    NoteEnded();
    auto loop = world_.MakeLoop();
    EXPECT_TRUE(loop->Join().ok());
    bool poisoned = false;
    for (int round = 0; round < rounds && !poisoned; ++round) {
      world_.clock.Advance(std::chrono::milliseconds(10));
      EXPECT_TRUE(loop->Step().ok());
      poisoned = world_.store.HasWaiting("poison");
      if (poisoned) in_store_at_death_.push_back(world_.store.items_waiting());
      if (!poisoned && store_works) world_.store.CompleteAll();
    }
    world_.store.ForgetWaiting();
    world_.log.ExpireMembers(kGroup);
    return poisoned;
  }

  // One that the test steps; it waits for nothing when it leaves.
  std::unique_ptr<WorkerLoop> Join() {
    world_.settings.drain_timeout = std::chrono::milliseconds(0);
    auto loop = world_.MakeLoop();
    EXPECT_TRUE(loop->Join().ok());
    return loop;
  }
  void Step(WorkerLoop& loop, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      world_.clock.Advance(std::chrono::milliseconds(10));
      ASSERT_TRUE(loop.Step().ok());
    }
  }

  std::size_t DeathsOfPoison() {
    std::size_t deaths = 0;
    while (deaths < 20 && RunAndDie(2'000)) ++deaths;
    return deaths;
  }

  void NoteEnded() {
    for (const OutcomeRecord& record : world_.Outcomes()) {
      for (const IndexRange& range : record.succeeded) {
        for (std::uint32_t i = range.first; i <= range.last; ++i) world_.outcomes.ended.insert(i);
      }
      for (const FailedItem& item : record.failed) world_.outcomes.ended.insert(item.index);
    }
  }

  void ExpectOrder(std::uint32_t graphs) {
    for (std::uint32_t graph = 0; graph < graphs; ++graph) {
      const auto& applied = world_.store.Applied("default/g/g" + std::to_string(graph));
      int before = -1;
      for (const std::string& payload : applied) {
        const int number = std::stoi(payload.substr(payload.find("text ") + 5));
        EXPECT_LT(before, number);
        before = number;
      }
    }
  }

  WorkerWorld world_{1};
  std::vector<std::size_t> in_store_at_death_;
};

TEST_F(WorkerLoopCrashes, GiveUpAnItemAfterThreeDeathsInAll) {
  Load(500, 5, {250});
  EXPECT_EQ(DeathsOfPoison(), 3u);
  EXPECT_EQ(in_store_at_death_.back(), 1u) << "the last time it was alone";
  EXPECT_EQ(world_.observer.dead_letters, std::vector<std::string>{"crash"});
  const auto letters = world_.log.Records(kLetters);
  ASSERT_EQ(letters.size(), 1u);
  const std::map<std::string, std::string> headers(letters[0].headers.begin(),
                                                   letters[0].headers.end());
  EXPECT_EQ(headers.at("headrace-attempts"), "3");
  EXPECT_EQ(letters[0].value, WorkerWorld::Episode("g0", "poison 250"));
  EXPECT_EQ(world_.store.applied_count(), 499u);
  ExpectOrder(5);
  EXPECT_EQ(world_.Committed(0), 500);
  EXPECT_EQ(world_.observer.suspects, 0u);
}

TEST_F(WorkerLoopCrashes, GiveUpTwoItemsOfDifferentGraphs) {
  Load(100, 5, {11, 52});
  EXPECT_EQ(DeathsOfPoison(), 4u) << "they died together twice, and each once alone";
  EXPECT_EQ(world_.observer.dead_letters, (std::vector<std::string>{"crash", "crash"}));
  EXPECT_EQ(world_.store.applied_count(), 98u);
  ExpectOrder(5);
}

TEST_F(WorkerLoopCrashes, GiveUpNothingThatWasKilledTwice) {
  Load(100, 5, {});
  RunAndDie(10, /*store_works=*/false);
  RunAndDie(10, /*store_works=*/false);
  RunAndDie(600);
  EXPECT_TRUE(world_.observer.dead_letters.empty());
  EXPECT_EQ(world_.Succeeded(), 100u);
  ExpectOrder(5);
}

// The price: of what is killed again and again, one item a death.
TEST_F(WorkerLoopCrashes, GiveUpOnlyWhatWasAloneAtTheThirdDeath) {
  Load(100, 5, {});
  for (int death = 0; death < 3; ++death) RunAndDie(10, /*store_works=*/false);
  RunAndDie(600);
  EXPECT_EQ(world_.observer.dead_letters, std::vector<std::string>{"crash"});
  EXPECT_EQ(world_.Succeeded(), 99u);
}

TEST_F(WorkerLoopCrashes, BeginNoSuspectWhoseTryCannotBeNoted) {
  Load(10, 2, {});
  RunAndDie(10, /*store_works=*/false);
  const std::size_t before = world_.store.chunks();
  world_.log.RefuseCommits(true);
  RunAndDie(30);
  EXPECT_EQ(world_.store.chunks(), before);
  world_.log.RefuseCommits(false);
  RunAndDie(30);
  EXPECT_EQ(world_.Succeeded(), 10u);
}

// Otherwise a Kafka that refuses commits is asked again without a pause.
TEST_F(WorkerLoopCrashes, PauseAfterATryThatCouldNotBeNoted) {
  Load(10, 2, {});
  RunAndDie(10, /*store_works=*/false);
  auto loop = Join();
  world_.outcomes.reachable = false;  // while its mark is committed
  Step(*loop, 10);
  world_.outcomes.reachable = true;
  world_.log.RefuseCommits(true);
  Step(*loop, 1);
  world_.log.RefuseCommits(false);
  Step(*loop, 9);
  EXPECT_EQ(world_.store.items_waiting(), 0u);
  Step(*loop, 2);
  EXPECT_EQ(world_.store.items_waiting(), 10u);
}

// So few go alone when one of them ends the process.
TEST_F(WorkerLoopCrashes, BeginNoMoreThan500SuspectsAtOnce) {
  Load(1'200, 1'200, {});
  RunAndDie(10, /*store_works=*/false);
  auto loop = Join();
  world_.outcomes.reachable = false;  // until all are there
  Step(*loop, 20);
  world_.outcomes.reachable = true;
  std::size_t most = 0;
  for (int round = 0; round < 20; ++round) {
    Step(*loop, 1);
    most = std::max(most, world_.store.items_waiting());
  }
  EXPECT_EQ(world_.observer.suspects, 1'200u);
  EXPECT_EQ(most, 500u);
}

// The others do not wait for the rest of a turn that nobody needs.
TEST_F(WorkerLoopCrashes, LetTheOthersGoOnWhenNothingMustBeAloneAnyMore) {
  const BatchId batch = world_.OpenBatch(4);
  world_.AddItem(batch, 0, "alone", "x");
  for (int death = 0; death < 2; ++death) RunAndDie(10, /*store_works=*/false);
  for (std::uint32_t i = 1; i < 4; ++i) world_.AddItem(batch, i, "other", "x");
  world_.settings.lane_chunk_items_max = 1;
  auto loop = Join();
  const auto begun = [&](const char* graph) {
    return world_.store.HasWaiting(std::string(R"("graph_id":")") + graph + '"');
  };
  Step(*loop, 100);
  ASSERT_TRUE(begun("other"));
  world_.store.CompleteAll();
  Step(*loop, 2);
  ASSERT_TRUE(begun("alone"));
  world_.store.CompleteAll();
  Step(*loop, 3);
  EXPECT_TRUE(begun("other")) << "their first one took a second";
}

TEST_F(WorkerLoopCrashes, BlameNothingWhoseLastTryWasNotedInVain) {
  Load(10, 2, {});
  for (int death = 0; death < 2; ++death) RunAndDie(10, /*store_works=*/false);
  auto loop = Join();
  Step(*loop, 10);
  ASSERT_EQ(world_.store.items_waiting(), 1u) << "the last try is alone";
  world_.store.SetVerdict(
      [](const Chunk&) { return StoreError{.code = "away", .message = "away"}; });
  world_.store.CompleteAll();
  world_.log.RefuseCommits(true);
  Step(*loop, 30);
  EXPECT_EQ(world_.store.waiting(), 0u) << "its next one cannot be noted";
  world_.log.RefuseCommits(false);
  loop->Finish();
  loop.reset();
  world_.store.SetVerdict({});
  RunAndDie(600);
  EXPECT_TRUE(world_.observer.dead_letters.empty());
  EXPECT_EQ(world_.Succeeded(), 10u);
}

// Otherwise a kill that follows would be blamed on it.
TEST_F(WorkerLoopCrashes, CommitAtOnceThatAnItemCameBackFromATryAlone) {
  Load(1, 1, {});
  for (int death = 0; death < 2; ++death) RunAndDie(10, /*store_works=*/false);
  world_.settings.commit_interval = std::chrono::hours(1);
  world_.store.SetVerdict(
      [](const Chunk&) { return StoreError{.code = "away", .message = "away"}; });
  auto loop = world_.MakeLoop();
  ASSERT_TRUE(loop->Join().ok());
  for (int round = 0; world_.store.waiting() == 0; ++round) {
    ASSERT_LT(round, 10);
    ASSERT_TRUE(loop->Step().ok());
  }
  world_.store.CompleteAll();
  ASSERT_TRUE(loop->Step().ok());
  ASSERT_EQ(world_.store.waiting(), 0u) << "it waits for its retry";
  world_.log.ExpireMembers(kGroup);
  loop.reset();
  world_.store.SetVerdict({});
  RunAndDie(600);
  EXPECT_TRUE(world_.observer.dead_letters.empty());
  EXPECT_EQ(world_.Succeeded(), 1u);
}

// A slow item is no deadly one, whatever goes on around it.
TEST_F(WorkerLoopCrashes, BlameNothingForWhichALeavingWorkerDidNotWait) {
  world_.settings.drain_timeout = std::chrono::milliseconds(0);
  Load(10, 2, {});
  for (int life = 0; life < 4; ++life) {
    ASSERT_TRUE(world_.Run(10, [](int) {}).ok());
    ASSERT_GT(world_.store.waiting(), 0u) << "the store is slow";
    world_.store.ForgetWaiting();
  }
  RunAndDie(10, /*store_works=*/false);
  for (int life = 0; life < 4; ++life) {
    ASSERT_TRUE(world_.Run(10, [](int) {}).ok());
    world_.store.ForgetWaiting();
  }
  RunAndDie(600);
  EXPECT_TRUE(world_.observer.dead_letters.empty());
  EXPECT_EQ(world_.Succeeded(), 10u);
}

// The mark of a worker that died lies a thousand records ahead of what it read.
TEST_F(WorkerLoopCrashes, SuspectNothingThatCameAfterTheDeath) {
  Load(10, 2, {});
  RunAndDie(30);
  ASSERT_EQ(world_.Succeeded(), 10u);
  ASSERT_TRUE(world_.Run(30).ok());
  EXPECT_EQ(world_.log.Committed(kGroup, kItems, 0)->metadata, "hw=1010;clean;by=loop2");
  Load(500, 5, {250});
  EXPECT_EQ(DeathsOfPoison(), 3u);
  EXPECT_EQ(world_.observer.dead_letters, std::vector<std::string>{"crash"});
}

// As when no broker answers for longer than the session, again and again.
TEST_F(WorkerLoopCrashes, BlameNothingForWhatTheyLostAndHaveAgain) {
  Load(10, 2, {});
  auto loop = Join();
  Step(*loop, 10);
  world_.store.SetVerdict(
      [](const Chunk&) { return StoreError{.code = "away", .message = "away"}; });
  for (int loss = 0; loss < 4; ++loss) {
    ASSERT_EQ(world_.store.items_waiting(), 10u) << "together, as ever";
    world_.log.ExpireMembers(kGroup);
    Step(*loop, 10);
    world_.store.CompleteAll();  // of the assignment before
    Step(*loop, 10);
  }
  EXPECT_EQ(world_.observer.suspects_max, 0u);
  world_.store.SetVerdict({});
  world_.store.CompleteAll();
  Step(*loop, 10);
  EXPECT_TRUE(world_.observer.dead_letters.empty());
  EXPECT_EQ(world_.Succeeded(), 10u);
}

TEST_F(WorkerLoopCrashes, SuspectNothingAfterALeaveInGoodOrder) {
  Load(10, 2, {});
  ASSERT_TRUE(world_.Run(30).ok());
  Load(10, 2, {});
  ASSERT_TRUE(world_.Run(30).ok());
  EXPECT_EQ(world_.observer.suspects_max, 0u);
  EXPECT_EQ(world_.Succeeded(), 20u);
}

}  // namespace
}  // namespace headrace::worker
