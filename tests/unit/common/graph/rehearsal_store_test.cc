#include "common/graph/rehearsal_store.h"

#include <gtest/gtest.h>

#include <set>

#include "common/graph/make_store.h"
#include "tests/fakes/collecting_sink.h"
#include "tests/fakes/graph_items.h"
#include "tests/fakes/scratch_dir.h"

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;
using testing::EpisodeItem;
using testing::EpisodeItems;
using testing::GraphNamed;

// Answers from within Submit, and keeps what it was given.
class RecordingStore final : public GraphStore {
 public:
  explicit RecordingStore(std::vector<Chunk>& chunks) : chunks_(chunks) {}
  StoreTraits traits() const override { return {}; }
  ClaimId Claim(std::string_view) override { return kNoClaim; }
  void Submit(Chunk chunk, ChunkSink& sink) override {
    chunks_.push_back(chunk);
    ChunkResult result;
    result.token = chunk.token;
    sink.OnChunkDone(std::move(result), std::move(chunk));
  }
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery&) override { return NotFound("none"); }
  Status Erase(const GraphKey&, std::uint32_t) override { return {}; }
  void Stop() override {}

 private:
  std::vector<Chunk>& chunks_;
};

TEST(RehearsalStore, HoldsManyGraphsAtOnceAndNeverAGraphTwice) {
  constexpr std::size_t kGraphs = 200;
  std::vector<Chunk> reached;
  RehearsalSettings settings;
  settings.delay = milliseconds(500);
  RehearsalStore store(std::make_unique<RecordingStore>(reached), settings);
  testing::CollectingSink sink;
  const BatchId batch = BatchId::Random();
  const auto start = std::chrono::steady_clock::now();
  for (std::uint32_t graph = 0; graph < kGraphs; ++graph) {
    store.Submit({graph, {EpisodeItem(GraphNamed(std::to_string(graph)), batch, graph, "x")}},
                 sink);
  }
  // All that were not answered before the last came were there together.
  EXPECT_GE(kGraphs - sink.size(), kGraphs / 2);
  sink.Take(kGraphs);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_GE(elapsed, settings.delay);
  // One after the other they would take a hundred seconds.
  EXPECT_LT(elapsed, settings.delay * (kGraphs / 4));
  store.Stop();
  std::multiset<GraphKey> graphs;
  for (const Chunk& chunk : reached) {
    EXPECT_LE(chunk.items.size(), StoreTraits().chunk_items_max);
    for (const WriteItem& item : chunk.items) graphs.insert(*item.graph);
  }
  EXPECT_EQ(graphs.size(), kGraphs);
  EXPECT_EQ(graphs.count(GraphNamed("7")), 1u);
}

TEST(RehearsalStore, FailsTheItemsThatHoldTheTextAndWritesNoneOfThem) {
  const testing::ScratchDir dir;
  auto store = OpenGraphStore("sqlite:" + dir.File("g.db") + "?fail-on=p%6fison");
  ASSERT_TRUE(store.ok());
  const BatchId batch = BatchId::Random();
  const GraphKey graph = GraphNamed("g");
  const testing::Written written = testing::WriteAll(
      **store, {EpisodeItem(graph, batch, 0, "good"), EpisodeItem(graph, batch, 1, "poison"),
                EpisodeItem(graph, batch, 2, "good too")});
  ASSERT_EQ(written.failures.size(), 1u);
  EXPECT_EQ(written.failures[0].position, 1u);
  EXPECT_EQ(written.failures[0].code, "rehearsed_failure");
  auto episodes = (*store)->Read({graph, "", 0, 10});
  ASSERT_TRUE(episodes.ok());
  EXPECT_EQ(episodes->size(), 2u);
  const testing::Written none =
      testing::WriteAll(**store, {EpisodeItem(graph, batch, 3, "poison")});
  EXPECT_EQ(none.failures.size(), 1u);
}

TEST(RehearsalStore, RefusesWhatIsAboveTheRateAndSaysWhenToComeAgain) {
  std::vector<Chunk> reached;
  RehearsalSettings settings;
  settings.rate = 1;  // so that the test's own time does not count
  auto budget = RateBudget::Open(settings.rate, "");
  ASSERT_TRUE(budget.ok());
  RehearsalStore store(std::make_unique<RecordingStore>(reached), settings, std::move(*budget));
  testing::CollectingSink sink;
  const BatchId batch = BatchId::Random();
  store.Submit({1, EpisodeItems(GraphNamed("g"), batch, 0, 2)}, sink);
  store.Submit({2, {EpisodeItem(GraphNamed("h"), batch, 7, "x")}}, sink);
  auto done = sink.Take(2);
  ASSERT_EQ(done.size(), 2u);
  ASSERT_TRUE(done[0].result.error);
  EXPECT_EQ(done[0].result.error->error_class, StoreErrorClass::kThrottled);
  EXPECT_EQ(done[0].result.token, 1u);
  EXPECT_EQ(done[0].chunk.items.size(), 2u) << "it comes back whole";
  EXPECT_TRUE(done[0].result.error->retry_after);
  EXPECT_FALSE(done[1].result.error) << "a refused chunk costs nothing";
  store.Stop();
  EXPECT_EQ(reached.size(), 1u);
}

TEST(RehearsalStoreDeathTest, EndsTheProcessAtTheItemThatHoldsTheText) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const BatchId batch = BatchId::Random();
  const auto crash = [&] {
    auto store = OpenGraphStore("null:?crash-on=deadly");
    testing::WriteAll(**store, {EpisodeItem(GraphNamed("g"), batch, 0, "harmless")});
    testing::WriteAll(**store, {EpisodeItem(GraphNamed("g"), batch, 1, "deadly")});
  };
  EXPECT_EXIT(crash(), ::testing::ExitedWithCode(134),
              "store_crash_rehearsed project=default batch=[0-9a-f-]+ index=1 exit_code=134");
}

}  // namespace
}  // namespace headrace::graph
