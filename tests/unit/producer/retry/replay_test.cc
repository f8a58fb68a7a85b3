#include "producer/retry/replay.h"

#include <gtest/gtest.h>

#include "tests/unit/producer/retry/letter_world.h"

namespace headrace::retry {
namespace {

std::string HeaderOf(const fakes::StoredRecord& record) {
  EXPECT_EQ(record.headers.size(), 1U);
  EXPECT_EQ(record.headers.at(0).first, kItemIdHeader);
  return record.headers.at(0).second;
}

TEST(Replay, SendsTheItemAsItWasUnderItsIdInTheNextRound) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  const Uuid episode = Uuid::Random();
  world.AddLetter(batch, 3, {.topic = "items.realtime", .key = "p/u/ann"});
  world.AddLetter(BatchId::Of(Uuid::FromParts({"x"})), 5, {.round = 2, .episode = episode});
  EXPECT_EQ(world.Replay(), 2U);
  const auto realtime = world.log.Records("items.realtime");
  ASSERT_EQ(realtime.size(), 1U);
  EXPECT_EQ(realtime[0].key, "p/u/ann");
  EXPECT_EQ(realtime[0].value, "item 3");
  EXPECT_EQ(HeaderOf(realtime[0]),
            batch.ItemUuid(3).ToString() + ";r=1;a=1700000000123;d=2;f=skip,again");
  const auto upstream = world.log.Records("items.batch");
  ASSERT_EQ(upstream.size(), 1U);
  EXPECT_NE(HeaderOf(upstream[0]).find(";r=3;"), std::string::npos);
  EXPECT_NE(HeaderOf(upstream[0]).find(";e=" + episode.ToString()), std::string::npos);
}

TEST(Replay, SendsAnItemOutOfAnArchiveUnderItsEpisodeAndNotAsUpstream) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  const Uuid episode = Uuid::Random();
  world.AddLetter(batch, 3, {.archived = episode});
  world.AddLetter(batch, 3, {.round = 1, .archived = episode});
  const ReplayPlan plan = world.Plan();
  ASSERT_EQ(plan.rounds.size(), 1U);
  EXPECT_TRUE(plan.rounds[0].archived);
  EXPECT_FALSE(plan.rounds[0].upstream);
  EXPECT_EQ(world.Replay(), 1U);
  const std::string header = HeaderOf(world.log.Records("items.batch").at(0));
  EXPECT_EQ(ParseItemIdHeader(header)->episode, episode);
  EXPECT_EQ(ParseItemIdHeader(header)->ref, (ItemRef{batch, 3, 2}));
}

TEST(Replay, KeepsTheOrderOfAGraphHoweverOftenItsItemsWereTried) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  for (const std::uint32_t index : {1u, 2u, 3u, 4u}) world.AddLetter(batch, index);
  world.AddLetter(batch, 2, {.round = 1});
  world.AddLetter(batch, 1, {.round = 1});
  EXPECT_EQ(world.Replay(), 4U);
  EXPECT_EQ(world.Values("items.batch"),
            (std::vector<std::string>{"item 1", "item 2", "item 3", "item 4"}));
}

TEST(Replay, SecondReplayChangesNothingUntilTheItemFailsAgain) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  world.AddLetter(batch, 1);
  EXPECT_EQ(world.Replay(), 1U);
  EXPECT_EQ(world.Plan().replayed_before, 1U);
  EXPECT_EQ(world.Replay(), 0U);
  world.AddLetter(batch, 1, {.round = 1});
  EXPECT_EQ(world.Replay(), 1U);
  EXPECT_EQ(world.log.Records("items.batch").size(), 2U);
}

TEST(Replay, SendsNothingBeforeTheRoundIsDurable) {
  LetterWorld world;
  world.AddLetter(BatchId::Random(), 1);
  world.log.FailDeliveries("journal", 1, Permanent("no"));
  EXPECT_FALSE(ExecuteReplay(world.Ports(), world.Options(), world.Plan()).ok());
  EXPECT_TRUE(world.log.Records("items.batch").empty());
  EXPECT_EQ(world.Replay(), 1U);
}

TEST(Replay, FinishesWholeRoundsThatADeadReplayLeft) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  world.AddLetter(batch, 1);
  world.AddLetter(batch, 2, {.code = "other"});
  world.log.FailDeliveries("items.batch", 1, Permanent("no"));
  EXPECT_FALSE(ExecuteReplay(world.Ports(), world.Options(), world.Plan()).ok());
  const std::size_t before = world.log.Records("items.batch").size();

  const ReplayPlan plan = world.Plan({.code = "other", .project = "", .batch = {}});
  EXPECT_EQ(plan.items, 0U) << "its round is open already";
  EXPECT_EQ(plan.resumed, 2U);
  const auto sent = ExecuteReplay(world.Ports(), world.Options(), plan);
  ASSERT_TRUE(sent.ok()) << sent.error().message;
  EXPECT_EQ(*sent, 2U);
  for (std::size_t i = before; i < 2; ++i) {
    EXPECT_NE(HeaderOf(world.log.Records("items.batch")[i]).find(";r=1;"), std::string::npos);
  }
  EXPECT_EQ(world.Plan().replayed_before, 2U);
}

TEST(Replay, EndsWhenTheUserWantsItTo) {
  LetterWorld world;
  world.AddLetter(BatchId::Random(), 1);
  const ReplayPlan plan = world.Plan();
  world.stop_after = 0;
  const auto sent = ExecuteReplay(world.Ports(), world.Options(), plan);
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(world.log.Records("items.batch").empty());
}

// Retention deletes from the front; the end offset stays.
TEST(Replay, ReadsATopicWhosePartitionsWereEmptied) {
  LetterWorld world;
  world.AddLetter(BatchId::Random(), 1, {.key = "p/g/a"});
  const int partition = fakes::MemoryEventLog::PartitionOf("p/g/a", LetterWorld::kPartitions);
  world.log.Erase("letters", partition, 0, 0);
  EXPECT_TRUE(world.Plan().sendings.empty());
}

}  // namespace
}  // namespace headrace::retry
