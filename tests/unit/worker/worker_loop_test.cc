#include "worker/worker_loop.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/worker/worker_world.h"

namespace headrace::worker {
namespace {

TEST(WorkerLoop, TakesItemsToTheStoreAndTheirOutcomesToTheLog) {
  WorkerWorld world;
  const BatchId batch = world.OpenBatch(6);
  for (std::uint32_t i = 0; i < 6; ++i) {
    world.AddItem(batch, i, i % 2 == 0 ? "a" : "b", std::to_string(i));
  }
  ASSERT_TRUE(world.Run(20).ok());
  EXPECT_EQ(world.store.applied_count(), 6u);
  EXPECT_EQ(
      world.store.Applied("default/g/a"),
      (std::vector<std::string>{WorkerWorld::Episode("a", "0"), WorkerWorld::Episode("a", "2"),
                                WorkerWorld::Episode("a", "4")}));
  EXPECT_EQ(world.Succeeded(), 6u);
  for (const OutcomeRecord& record : world.Outcomes()) {
    EXPECT_EQ(record.batch, batch);
    EXPECT_EQ(record.project, "default");
    EXPECT_FALSE(record.upstream);
  }
}

TEST(WorkerLoop, CommitsNothingBeforeTheOutcomeIsAcknowledged) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(3);
  for (std::uint32_t i = 0; i < 3; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  const Status ended = world.Run(30, [&](int round) {
    // Stored from round 5 on, but outcomes cannot be delivered before round 20.
    if (round == 5) world.log.SetReachable(false);
    if (round >= 6) world.store.CompleteAll();
    if (round == 20) {
      EXPECT_EQ(world.store.applied_count(), 3u);
      EXPECT_LE(world.Committed(0), 0);
      world.log.SetReachable(true);
    }
  });
  ASSERT_TRUE(ended.ok()) << ended.error().message;
  EXPECT_EQ(world.Committed(0), 3);
  EXPECT_EQ(world.log.Committed(kGroup, kItems, 0)->metadata, "hw=3;clean;by=loop1");
}

TEST(WorkerLoop, EndsWhenAnOutcomeCannotBeDeliveredAndCommitsNothing) {
  WorkerWorld world(1);
  world.AddItem(world.OpenBatch(1), 0, "a", "x");
  world.log.FailDeliveries(kOutcomes, 1, Permanent("too large"));
  EXPECT_FALSE(world.Run(30).ok());
  EXPECT_LE(world.Committed(0), 0);
  // The next process finds the item again, and the store has it already.
  ASSERT_TRUE(world.Run(30).ok());
  EXPECT_EQ(world.Succeeded(), 1u);
  EXPECT_EQ(world.store.duplicates(), 1u);
  EXPECT_EQ(world.Committed(0), 1);
}

TEST(WorkerLoop, WritesTheDeadLetterBeforeTheOutcomeOfAFailedItem) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(3);
  for (std::uint32_t i = 0; i < 3; ++i) world.AddItem(batch, i, "a", i == 1 ? "bad" : "good");
  world.store.FailItemsWith("bad");
  world.log.FailDeliveries(kLetters, 1, Permanent("no"));
  EXPECT_FALSE(world.Run(30).ok());
  for (const OutcomeRecord& record : world.Outcomes()) EXPECT_TRUE(record.failed.empty());

  ASSERT_TRUE(world.Run(30).ok());
  const auto letters = world.log.Records(kLetters);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].key, "default/g/a");
  EXPECT_EQ(letters[0].value, WorkerWorld::Episode("a", "bad"));
  const std::map<std::string, std::string> headers(letters[0].headers.begin(),
                                                   letters[0].headers.end());
  EXPECT_EQ(headers.at("headrace-project"), "default");
  EXPECT_EQ(headers.at("headrace-code"), "rehearsed_failure");
  EXPECT_EQ(headers.at("headrace-attempts"), "1");
  EXPECT_EQ(headers.at("headrace-origin"), "items/0/1");
  EXPECT_EQ(headers.at("headrace-item-id").substr(0, 36), batch.ItemUuid(1).ToString());
  EXPECT_EQ(headers.at("headrace-episode"), batch.ItemUuid(1).ToString());
  EXPECT_EQ(world.store.Applied("default/g/a").size(), 2u) << "the lane goes on";
  ASSERT_EQ(world.Outcomes().back().failed.size(), 1u);
  EXPECT_EQ(world.Outcomes().back().failed[0].index, 1u);
  EXPECT_EQ(world.Committed(0), 3);
}

TEST(WorkerLoop, TriesAgainAfterATransientErrorAndKeepsTheOrder) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(4);
  for (std::uint32_t i = 0; i < 4; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  int failures = 3;
  world.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (failures-- > 0) return StoreError{StoreErrorClass::kTransient, "busy", "busy", {}};
    return std::nullopt;
  });
  ASSERT_TRUE(world.Run(60).ok());
  std::vector<std::string> want;
  for (int i = 0; i < 4; ++i) want.push_back(WorkerWorld::Episode("a", std::to_string(i)));
  EXPECT_EQ(world.store.Applied("default/g/a"), want);
  EXPECT_EQ(world.Succeeded(), 4u);
}

TEST(WorkerLoop, IsolatesABadItemThatTheStoreCannotName) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(5);
  for (std::uint32_t i = 0; i < 5; ++i) world.AddItem(batch, i, "a", i == 2 ? "bad" : "good");
  world.store.SetVerdict([](const Chunk& chunk) -> std::optional<StoreError> {
    for (const WriteItem& item : chunk.items) {
      if (item.payload.find("bad") != std::string::npos) {
        return StoreError{StoreErrorClass::kItem, "bad_item", "one of them is bad", {}};
      }
    }
    return std::nullopt;
  });
  ASSERT_TRUE(world.Run(60).ok());
  EXPECT_EQ(world.store.Applied("default/g/a").size(), 4u);
  EXPECT_EQ(world.observer.dead_letters, std::vector<std::string>{"bad_item"});
}

TEST(WorkerLoop, FailsAnItemThatOnlyTheStoreRefusesToEnd) {
  WorkerWorld world(1);
  world.settings.retry_attempts_max = 3;
  world.settings.retry_backoff_max = std::chrono::milliseconds(20);
  const BatchId batch = world.OpenBatch(40);
  for (std::uint32_t i = 0; i < 40; ++i) {
    world.AddItem(batch, i, i % 2 == 0 ? "poisoned" : "g" + std::to_string(i),
                  i == 4 ? "poison" : "good");
  }
  world.store.SetVerdict([](const Chunk& chunk) -> std::optional<StoreError> {
    for (const WriteItem& item : chunk.items) {
      if (item.payload.find("\"poison\"") != std::string::npos) {
        return StoreError{StoreErrorClass::kTransient, "timeout", "timed out", {}};
      }
    }
    return std::nullopt;
  });
  // Others keep coming, which shows that the store works.
  std::uint32_t next = 0;
  const BatchId others = world.OpenBatch(1'000);
  ASSERT_TRUE(world
                  .Run(300,
                       [&](int) {
                         world.AddItem(others, next, "other" + std::to_string(next), "fine");
                         ++next;
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_EQ(world.observer.dead_letters, std::vector<std::string>{"timeout"});
  EXPECT_EQ(world.store.Applied("default/g/poisoned").size(), 19u) << "the lane went on";
}

TEST(WorkerLoop, KeepsEverythingThroughAnOutageOfTheStore) {
  WorkerWorld world(1);
  world.settings.retry_attempts_max = 2;
  world.settings.retry_age_max = std::chrono::milliseconds(100);
  world.settings.retry_backoff_max = std::chrono::milliseconds(100);
  world.settings.in_flight_items_max = 20;
  const BatchId batch = world.OpenBatch(50);
  for (std::uint32_t i = 0; i < 50; ++i) world.AddItem(batch, i, "g" + std::to_string(i % 7), "x");
  bool down = true;
  world.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (!down) return std::nullopt;
    return StoreError{StoreErrorClass::kTransient, "down", "the store is down", {}};
  });
  ASSERT_TRUE(world
                  .Run(900,
                       [&](int round) {
                         if (round == 600) {
                           EXPECT_EQ(world.observer.store, std::vector<bool>{false});
                           EXPECT_LE(world.observer.in_work_max, 20u);
                           EXPECT_EQ(world.store.applied_count(), 0u);
                           down = false;
                         }
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_EQ(world.observer.store, (std::vector<bool>{false, true}));
  EXPECT_TRUE(world.observer.dead_letters.empty());
  EXPECT_EQ(world.Succeeded(), 50u);
}

TEST(WorkerLoop, StopsIntakeInAnOutageOnceItIsFull) {
  WorkerWorld world(1);
  world.settings.in_flight_items_max = 20;
  const BatchId batch = world.OpenBatch(50);
  for (std::uint32_t i = 0; i < 50; ++i) world.AddItem(batch, i, "g" + std::to_string(i % 7), "x");
  bool down = true;
  world.store.SetVerdict([&](const Chunk&) -> std::optional<StoreError> {
    if (!down) return std::nullopt;
    return StoreError{StoreErrorClass::kTransient, "down", "the store is down", {}};
  });
  bool was_paused = false;
  ASSERT_TRUE(world
                  .Run(900,
                       [&](int round) {
                         was_paused |= world.observer.intake_paused;
                         if (round == 600) {
                           EXPECT_TRUE(world.observer.intake_paused);
                           down = false;
                         }
                         world.store.CompleteAll();
                       })
                  .ok());
  EXPECT_TRUE(was_paused);
  EXPECT_FALSE(world.observer.intake_paused);
  EXPECT_EQ(world.Succeeded(), 50u);
}

TEST(WorkerLoop, HoldsNoMoreThanItsLimits) {
  WorkerWorld world(1);
  world.settings.in_flight_items_max = 10;
  const BatchId batch = world.OpenBatch(100);
  for (std::uint32_t i = 0; i < 100; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  ASSERT_TRUE(world.Run(200).ok());
  EXPECT_EQ(world.observer.in_work_max, 10u);
  EXPECT_EQ(world.Succeeded(), 100u);
  EXPECT_EQ(world.observer.in_flight, 0u);
  EXPECT_EQ(world.observer.in_flight_bytes, 0u);
}

TEST(WorkerLoop, HoldsNoMoreBytesThanItsLimit) {
  WorkerWorld world(1);
  const std::string text(1'000, 'x');
  world.settings.in_flight_bytes_max = 10'000;
  const BatchId batch = world.OpenBatch(1'000);
  for (std::uint32_t i = 0; i < 1'000; ++i) world.AddItem(batch, i, "g" + std::to_string(i), text);
  ASSERT_TRUE(world.Run(400).ok());
  // Half of it is for what the consumer fetches ahead. What one poll brings is taken in whole.
  EXPECT_GE(world.observer.in_work_bytes_max, 5'000u);
  EXPECT_LE(world.observer.in_work_bytes_max, 5'000u + 250 * 1'100u);
  EXPECT_EQ(world.Succeeded(), 1'000u);
  EXPECT_EQ(world.observer.in_flight_bytes, 0u);
}

// Their payloads are gone, so they leave room for items to work on; but not for ever more.
TEST(WorkerLoop, BoundsTheItemsWhoseOutcomeIsNotAcknowledged) {
  WorkerWorld world(1);
  world.settings.in_flight_items_max = 10;
  const BatchId batch = world.OpenBatch(100);
  for (std::uint32_t i = 0; i < 100; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  const auto ended = world.Run(200, [&](int round) {
    if (round == 5) world.log.HoldDeliveries(true);
    if (round == 100) {
      EXPECT_GE(world.observer.reported_max, 10u);
      EXPECT_LE(world.observer.reported_max, 20u);
      EXPECT_LE(world.store.applied_count(), 20u);
      world.log.HoldDeliveries(false);
    }
    world.store.CompleteAll();
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_LE(world.observer.in_work_max, 10u);
  EXPECT_EQ(world.Succeeded(), 100u);
  EXPECT_EQ(world.observer.in_flight, 0u);
}

TEST(WorkerLoop, DrainsWhatWasBegunAndLeavesTheRest) {
  WorkerWorld world(1, {.chunk_items_max = 1, .chunk_lanes_max = 1, .chunks_in_flight_max = 2});
  const BatchId batch = world.OpenBatch(10);
  for (std::uint32_t i = 0; i < 10; ++i) world.AddItem(batch, i, "g" + std::to_string(i), "x");
  auto loop = world.MakeLoop();
  int round = 0;
  const Status ended = loop->Run([&] {
    world.clock.Advance(std::chrono::milliseconds(1));
    world.wakeup.Signal();
    if (round++ < 10) return false;
    EXPECT_EQ(world.store.waiting(), 2u);
    world.store.CompleteAll();  // what is under way ends while the loop drains
    return true;
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(world.Committed(0), 2);
  EXPECT_EQ(world.store.waiting(), 0u) << "nothing was begun any more";
  ASSERT_TRUE(world.Run(60).ok());
  EXPECT_EQ(world.Succeeded(), 10u);
  EXPECT_EQ(world.store.duplicates(), 0u);
}

// A second member takes partitions over while the first has work under way.
TEST(WorkerLoop, HandsPartitionsOverWithoutLossOrDouble) {
  WorkerWorld world(4);
  const BatchId batch = world.OpenBatch(200);
  for (std::uint32_t i = 0; i < 200; ++i) {
    world.AddItem(batch, i, "g" + std::to_string(i % 20), std::to_string(i));
  }
  world.settings.in_flight_items_max = 40;
  auto first = world.MakeLoop();
  auto first_producer = std::move(world.producer);
  auto first_directory = std::move(world.directory);
  int round = 0;
  const Status ended = first->Run([&] {
    world.clock.Advance(std::chrono::milliseconds(5));
    world.wakeup.Signal();
    world.store.CompleteOne();
    if (round++ == 8) {
      // The second member runs to its own end within one round of the first, which then gets the
      // partitions back.
      EXPECT_TRUE(world.Run(40).ok());
    }
    return round > 400;
  });
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(world.store.applied_count(), 200u);
  std::map<std::uint32_t, int> times;
  for (const OutcomeRecord& record : world.Outcomes()) {
    for (const IndexRange& range : record.succeeded) {
      for (std::uint32_t i = range.first; i <= range.last; ++i) ++times[i];
    }
  }
  EXPECT_EQ(times.size(), 200u);
}

TEST(WorkerLoop, DoesNotCommitAPartitionThatItLost) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(3);
  for (std::uint32_t i = 0; i < 3; ++i) world.AddItem(batch, i, "a", std::to_string(i));
  world.settings.commit_interval = std::chrono::hours(1);
  int round_lost = -1;
  ASSERT_TRUE(world
                  .Run(40,
                       [&](int round) {
                         if (round == 6) {
                           world.log.ExpireMembers(kGroup);
                           round_lost = round;
                         }
                         if (round > 8) world.store.CompleteAll();
                       })
                  .ok());
  // Rejoined with a fresh ledger: the same items again, and the store knows them.
  EXPECT_EQ(world.store.applied_count(), 3u);
  EXPECT_EQ(world.Committed(0), 3);
}

TEST(WorkerLoop, SaysOnceThatKafkaIsGoneAndOnceThatItIsBack) {
  WorkerWorld world(1);
  world.AddItem(world.OpenBatch(1), 0, "a", "x");
  ASSERT_TRUE(world
                  .Run(60,
                       [&](int round) {
                         world.store.CompleteAll();
                         if (round == 10) world.log.SetReachable(false);
                         if (round == 40) world.log.SetReachable(true);
                       })
                  .ok());
  EXPECT_EQ(world.observer.kafka, (std::vector<bool>{false, true}));
}

TEST(WorkerLoop, StopsAPartitionAtAControlRecordOfANewerVersion) {
  WorkerWorld world(1);
  const BatchId batch = world.OpenBatch(2);
  world.AddItem(batch, 0, "a", "x");
  world.log.Append(kItems, 0, "default/g/a", "", {{"headrace-control", "erase;v=9"}});
  world.AddItem(batch, 1, "a", "y");
  ASSERT_TRUE(world.Run(30).ok());
  EXPECT_EQ(world.Succeeded(), 1u);
  EXPECT_EQ(world.Committed(0), 1);
}

TEST(WorkerLoop, CountsMisroutedRecordsAndTakesThemAllTheSame) {
  WorkerWorld world(3);
  const BatchId batch = world.OpenBatch(1);
  const int right = world.PartitionOfKey("default/g/a");
  world.AddItem(batch, 0, "a", "x", (right + 1) % 3);
  ASSERT_TRUE(world.Run(30).ok());
  EXPECT_EQ(world.observer.misrouted, 1u);
  EXPECT_EQ(world.Succeeded(), 1u);
}

}  // namespace
}  // namespace headrace::worker
