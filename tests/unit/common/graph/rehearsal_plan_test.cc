#include "common/graph/rehearsal_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/fakes/collecting_sink.h"
#include "tests/fakes/graph_items.h"

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;
using testing::EpisodeItems;
using testing::GraphNamed;

class DelayLineTest : public ::testing::Test {
 protected:
  Chunk ChunkOf(std::uint64_t token, const std::string& graph, std::uint32_t count = 1) {
    first_ += count;
    return {token, EpisodeItems(GraphNamed(graph), batch_, first_ - count, count)};
  }

  const BatchId batch_ = BatchId::Random();
  const SteadyTime start_ = SteadyTime() + milliseconds(1'000);
  testing::CollectingSink sink_;
  std::uint32_t first_ = 0;
};

RehearsalSettings Delay(milliseconds delay) {
  RehearsalSettings settings;
  settings.delay = delay;
  return settings;
}

TEST_F(DelayLineTest, TwoHundredGraphsWaitAtOnceAndLeaveTogether) {
  DelayLine line(Delay(milliseconds(20)), StoreTraits());
  for (std::uint64_t graph = 0; graph < 200; ++graph) {
    line.Add(ChunkOf(graph, std::to_string(graph)), sink_, start_);
  }
  EXPECT_FALSE(line.TakeDue(start_ + milliseconds(19)));
  EXPECT_EQ(line.NextDue(), start_ + milliseconds(20));
  auto due = line.TakeDue(start_ + milliseconds(20));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->parts.size(), 200u);
  std::set<GraphKey> lanes;
  for (const WriteItem& item : due->inner.items) lanes.insert(*item.graph);
  EXPECT_EQ(lanes.size(), 200u);
  EXPECT_FALSE(line.NextDue());
}

TEST_F(DelayLineTest, ItemsOfOneGraphWaitOneAfterTheOther) {
  DelayLine line(Delay(milliseconds(20)), StoreTraits());
  line.Add(ChunkOf(1, "slow", 3), sink_, start_);
  line.Add(ChunkOf(2, "quick", 1), sink_, start_ + milliseconds(1));
  auto first = line.TakeDue(start_ + milliseconds(59));
  ASSERT_TRUE(first);
  ASSERT_EQ(first->parts.size(), 1u);
  EXPECT_EQ(first->parts[0].chunk.token, 2u);
  EXPECT_FALSE(line.TakeDue(start_ + milliseconds(59)));
  EXPECT_TRUE(line.TakeDue(start_ + milliseconds(60)));
}

TEST_F(DelayLineTest, KeepsToTheSizeOfTheStoreBehind) {
  StoreTraits inner;
  inner.chunk_items_max = 10;
  inner.chunk_lanes_max = 3;
  DelayLine line(Delay(milliseconds(1)), inner);
  const std::uint32_t sizes[] = {4, 4, 4, 1, 1, 1, 1};
  for (std::uint64_t token = 0; token < 7; ++token) {
    line.Add(ChunkOf(token, std::to_string(token), sizes[token]), sink_, start_);
  }
  std::vector<std::size_t> parts;
  while (auto due = line.TakeDue(start_ + milliseconds(1'000))) parts.push_back(due->parts.size());
  // By due time the small ones come first: three lanes, one small and two big, one big.
  EXPECT_EQ(parts, (std::vector<std::size_t>{3, 3, 1}));
}

TEST_F(DelayLineTest, HoldsBackTheItemsThatAreToFail) {
  RehearsalSettings settings;
  settings.fail_on = "\"data\":\"1\"";
  DelayLine line(settings, StoreTraits());
  const Chunk chunk = ChunkOf(5, "g", 3);
  line.Add(chunk, sink_, start_);
  auto due = line.TakeDue(start_);
  ASSERT_TRUE(due);
  ASSERT_EQ(due->inner.items.size(), 2u);
  EXPECT_EQ(due->inner.items[1].ref.index, 2u);
  ChunkResult result;
  result.failures.push_back({1, "thread_conflict", "no", false});
  Chunk inner = std::move(due->inner);
  const auto done = Split(*std::move(due), result, std::move(inner));
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].result.token, 5u);
  ASSERT_EQ(done[0].result.failures.size(), 2u);
  EXPECT_EQ(done[0].result.failures[0].position, 1u);
  EXPECT_EQ(done[0].result.failures[0].code, "rehearsed_failure");
  EXPECT_EQ(done[0].result.failures[1].position, 2u);
  EXPECT_EQ(done[0].result.failures[1].code, "thread_conflict");
  for (std::size_t at = 0; at < 3; ++at) {
    EXPECT_EQ(done[0].chunk.items[at].payload, chunk.items[at].payload);
  }
}

TEST_F(DelayLineTest, SplitsAResultAmongItsChunks) {
  DelayLine line(Delay(milliseconds(1)), StoreTraits());
  line.Add(ChunkOf(1, "a", 2), sink_, start_);
  line.Add(ChunkOf(2, "b", 2), sink_, start_);
  auto due = line.TakeDue(start_ + milliseconds(2));
  ASSERT_TRUE(due);
  ChunkResult result;
  result.failures.push_back({3, "wrong_type", "no", false});
  result.duplicates = 3;
  Chunk inner = std::move(due->inner);
  const auto done = Split(*std::move(due), result, std::move(inner));
  ASSERT_EQ(done.size(), 2u);
  EXPECT_TRUE(done[0].result.failures.empty());
  ASSERT_EQ(done[1].result.failures.size(), 1u);
  EXPECT_EQ(done[1].result.failures[0].position, 1u);
  EXPECT_EQ(done[0].result.duplicates + done[1].result.duplicates, 3u);
  EXPECT_EQ(done[1].chunk.items[1].graph->id, "b");
}

TEST_F(DelayLineTest, AnErrorOfTheWholeIsEveryPartsError) {
  RehearsalSettings settings = Delay(milliseconds(1));
  settings.fail_on = "graph_episode";
  DelayLine line(settings, StoreTraits());
  line.Add(ChunkOf(1, "a", 1), sink_, start_);
  auto due = line.TakeDue(start_ + milliseconds(1));
  ASSERT_TRUE(due);
  ChunkResult result;
  result.error = StoreError{StoreErrorClass::kThrottled, "sqlite_full", "full", {}};
  const auto done = Split(*std::move(due), result, {});
  ASSERT_TRUE(done[0].result.error);
  EXPECT_EQ(done[0].result.error->code, "sqlite_full");
  EXPECT_TRUE(done[0].result.failures.empty());
}

TEST(RehearsalTraits, LetOneGraphsItemsWaitWithoutHidingHowLongOneTakes) {
  StoreTraits inner;
  inner.chunk_items_max = 50;
  EXPECT_EQ(RehearsalTraits(Delay(milliseconds(0)), inner).chunk_lanes_max, inner.chunk_lanes_max);
  EXPECT_EQ(RehearsalTraits(Delay(milliseconds(20)), inner).chunk_items_max, 5u);
  EXPECT_EQ(RehearsalTraits(Delay(milliseconds(20)), inner).chunk_lanes_max, 1u);
  EXPECT_EQ(RehearsalTraits(Delay(milliseconds(1)), inner).chunk_items_max, 50u);
  EXPECT_EQ(RehearsalTraits(Delay(milliseconds(9'000)), inner).chunk_items_max, 1u);
}

}  // namespace
}  // namespace headrace::graph
