#include "producer/retry/letter_index.h"

#include <gtest/gtest.h>

#include "common/model/outcome.h"
#include "tests/unit/producer/retry/letter_world.h"

namespace headrace::retry {
namespace {

TEST(LetterIndex, TakesOnlyTheNewestLetterOfAnItem) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  world.AddLetter(batch, 4);
  world.AddLetter(batch, 4);  // a worker died between letter and outcome
  world.AddLetter(batch, 4, {.round = 1, .code = "thread_conflict"});
  EXPECT_EQ(world.Plan({.code = "store_refused", .project = "", .batch = {}}).items, 0U)
      << "that is not why it fails now";
  const ReplayPlan plan = world.Plan();
  ASSERT_EQ(plan.sendings.size(), 1U);
  EXPECT_EQ(plan.sendings[0].round, 2);
  EXPECT_EQ(plan.sendings[0].offset, 0) << "the place of the oldest letter keeps the order";
  EXPECT_EQ(plan.counts, (std::vector<CodeCount>{{"thread_conflict", "p", 1}}));
}

TEST(LetterIndex, FiltersByCodeProjectAndBatch) {
  LetterWorld world;
  const BatchId one = BatchId::Random(), two = BatchId::Random();
  world.AddLetter(one, 0);
  world.AddLetter(one, 1, {.code = "other"});
  world.AddLetter(two, 0, {.project = "q", .key = "q/g/a"});
  EXPECT_EQ(world.Plan().items, 3U);
  EXPECT_EQ(world.Plan({.code = "other", .project = "", .batch = {}}).items, 1U);
  EXPECT_EQ(world.Plan({.code = "", .project = "q", .batch = {}}).items, 1U);
  EXPECT_EQ(world.Plan({.code = "", .project = "", .batch = one}).items, 2U);
  EXPECT_EQ(world.Plan({.code = "other", .project = "q", .batch = {}}).items, 0U);
}

TEST(LetterIndex, LeavesAloneWhatCannotBeSentAgain) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  world.AddLetter(batch, 0, {.code = "invalid_key"});
  world.AddLetter(batch, 1, {.code = "unknown_batch"});
  world.AddLetter(batch, 2, {.key = "no-graph"});
  world.AddLetter(batch, 3, {.topic = "elsewhere"});
  world.AddLetter(batch, 4, {.with_episode = false});
  world.AddLetter(batch, 5, {.round = kRoundMax});
  world.AddLetter(batch, 6, {.round = kRoundMax - 1});
  const ReplayPlan plan = world.Plan();
  EXPECT_EQ(plan.hopeless, 5U);
  EXPECT_EQ(plan.exhausted, 1U);
  ASSERT_EQ(plan.sendings.size(), 1U);
  EXPECT_EQ(plan.sendings[0].index, 6U);
  EXPECT_EQ(plan.sendings[0].round, kRoundMax);
}

TEST(LetterIndex, OpensOneRoundPerBatchAndRoundWithItsIndexes) {
  LetterWorld world;
  const BatchId tracked = BatchId::Random();
  const BatchId implicit = UpstreamItemRef("c", "t", 0, 0, "p").batch;
  for (const std::uint32_t index : {9u, 3u, 4u, 5u}) world.AddLetter(tracked, index);
  world.AddLetter(tracked, 7);
  world.AddLetter(tracked, 7, {.round = 1});
  world.AddLetter(implicit, 2, {.episode = Uuid::Random()});
  const ReplayPlan plan = world.Plan();
  ASSERT_EQ(plan.rounds.size(), 3U);
  for (const BatchFact& round : plan.rounds) {
    if (round.batch == implicit) {
      EXPECT_TRUE(round.upstream);
      EXPECT_FALSE(round.archived);
      EXPECT_EQ(round.indexes, (std::vector<IndexRange>{{2, 2}}));
    } else if (round.round == 1) {
      EXPECT_FALSE(round.upstream);
      EXPECT_FALSE(round.archived);
      EXPECT_EQ(round.project, "p");
      EXPECT_EQ(round.item_count, 4U);
      EXPECT_EQ(round.indexes, (std::vector<IndexRange>{{3, 5}, {9, 9}}));
    } else {
      EXPECT_EQ(round.round, 2);
      EXPECT_EQ(round.indexes, (std::vector<IndexRange>{{7, 7}}));
    }
  }
}

TEST(LetterIndex, SplitsARoundThatWouldNotFitIntoARecord) {
  LetterWorld world;
  const BatchId batch = BatchId::Random();
  for (std::uint32_t i = 0; i < 10'500; ++i) world.AddLetter(batch, 2 * i);
  const ReplayPlan plan = world.Plan();
  ASSERT_EQ(plan.rounds.size(), 2U);
  EXPECT_EQ(plan.rounds[0].item_count, 10'000U);
  EXPECT_EQ(plan.rounds[1].item_count, 500U);
  EXPECT_NE(BatchFactKey(plan.rounds[0]), BatchFactKey(plan.rounds[1]));
  EXPECT_LT(EncodeBatchFact(plan.rounds[0]).size(), 900U * 1024);
}

}  // namespace
}  // namespace headrace::retry
