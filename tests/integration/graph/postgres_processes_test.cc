// Several processes and one database, directly and through a transaction pooler.
#include <signal.h>

#include <algorithm>
#include <map>

#include "tests/integration/graph/postgres_fixture.h"
#include "tests/integration/graph/processes.h"
#include "tests/support/pooler.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItems;
using testing::GraphNamed;

constexpr std::uint32_t kItems = 400;

// Writes all items of the batch into the graphs g0, g1 and g2, so many at once. What is refused for
// the moment is tried again.
bool WriteBatch(const std::string& url, const BatchId& batch, std::uint32_t at_once) {
  auto store = OpenGraphStore(url);
  if (!store.ok()) return false;
  for (std::uint32_t first = 0; first < kItems; first += at_once) {
    std::vector<WriteItem> items;
    for (std::uint32_t index = first; index < std::min(first + at_once, kItems); ++index) {
      items.push_back(testing::EpisodeItem(GraphNamed("g" + std::to_string(index % 3)), batch,
                                           index, std::to_string(index)));
    }
    ChunkResult result = WriteOnce(**store, items);
    for (int tries = 0; result.error && tries < 20; ++tries) result = WriteOnce(**store, items);
    if (result.error || !result.failures.empty()) return false;
  }
  return true;
}

// Every item of every batch once, in order, and the graphs' numbers without gaps.
void ExpectWhole(const std::string& url, const std::vector<BatchId>& batches) {
  auto store = OpenStore(url);
  std::size_t total = 0;
  for (std::uint32_t graph = 0; graph < 3; ++graph) {
    auto episodes = store->Read({GraphNamed("g" + std::to_string(graph)), "", 0, 1'000'000});
    ASSERT_TRUE(episodes.ok());
    std::map<BatchId, std::uint32_t> next;
    std::int64_t seq = 0;
    for (const StoredEpisode& episode : *episodes) {
      ASSERT_EQ(episode.seq, ++seq);
      const auto expected = next.try_emplace(episode.ref.batch, graph).first;
      ASSERT_EQ(episode.ref.index, expected->second);
      expected->second += 3;
    }
    total += episodes->size();
  }
  EXPECT_EQ(total, batches.size() * kItems);
}

TEST(PostgresProcesses, OwnersThatAllBelieveNeitherLoseNorDoubleNorReorder) {
  const std::string url = SharedPostgres() + "?connections=2&schema=" + UniqueSchema();
  OpenStore(url);
  const std::vector<BatchId> batches = {BatchId::Random(), BatchId::Random()};
  std::vector<pid_t> children;
  // Two processes a batch, with chunks of different sizes, so that they overtake each other.
  for (const BatchId& batch : batches) {
    for (const std::uint32_t at_once : {7u, 30u}) {
      children.push_back(InChild([&] { return WriteBatch(url, batch, at_once); }));
    }
  }
  for (const pid_t child : children) EXPECT_EQ(StatusOf(child), 0);
  ExpectWhole(url, batches);
}

TEST(PostgresProcesses, AKilledWriterLeavesWholeChunksAndNoLock) {
  const std::string schema = UniqueSchema();
  const std::string url = SharedPostgres() + "?connections=2&schema=" + schema;
  OpenStore(url);
  const BatchId batch = BatchId::Random();
  const pid_t victim = InChild([&] { return WriteBatch(url, batch, 4); });
  {
    Session beside(SharedPostgres(), schema);
    while (beside.Ask("SELECT count(*) FROM {schema}.episode") < 20) {
    }
  }
  EXPECT_EQ(kill(victim, SIGKILL), 0);
  EXPECT_TRUE(WIFSIGNALED(StatusOf(victim)));
  Session beside(SharedPostgres(), schema);
  EXPECT_EQ(beside.Ask("SELECT count(*) % 4 FROM {schema}.episode"), 0);
  EXPECT_TRUE(WriteBatch(url, batch, 50));
  ExpectWhole(url, {batch});
}

TEST(PostgresProcesses, WorkThroughATransactionPooler) {
  const support::Pooler pooler(SharedPostgres());
  const std::string url = pooler.Url("headrace") + "?connections=4&schema=" + UniqueSchema();
  const auto migrated = MigrateStore(url, /*dry_run=*/false);
  EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  const std::vector<BatchId> batches = {BatchId::Random(), BatchId::Random()};
  std::vector<pid_t> children;
  for (const BatchId& batch : batches) {
    children.push_back(InChild([&] { return WriteBatch(url, batch, 11); }));
  }
  for (const pid_t child : children) EXPECT_EQ(StatusOf(child), 0);
  ExpectWhole(url, batches);
}

}  // namespace
}  // namespace headrace::graph
