#include "common/graph/postgres_store.h"

#include <utility>

#include "common/base/log.h"
#include "common/graph/postgres_schema.h"
#include "common/graph/stopped.h"

namespace headrace::graph {
namespace {

// Measured: beyond 500 rows a statement hardly gains, and a retry repeats more.
constexpr std::size_t kChunkItemsMax = 500;

// What no client can make up for.
void WarnOfLosses(PostgresConnection& connection) {
  const PostgresAnswer lax = connection.Run("SELECT current_setting('fsync') = 'off'");
  if (lax.error() || lax.Int(0, 0) == 0) return;
  log::Warn("store_not_durable", {{"reason",
                                   "PostgreSQL runs with fsync=off: when its machine"
                                   " fails, it may lose what it called stored"}});
}

// Being written, and one ready for whichever connection is free first.
std::size_t ChunksInFlight(const PostgresSettings& settings) { return settings.connections + 1; }

}  // namespace

Result<std::unique_ptr<PostgresStore>> PostgresStore::Open(const PostgresSettings& settings) {
  auto reader = std::make_unique<PostgresReader>(settings);
  if (settings.auto_migrate) {
    auto migrated = MigratePostgres(reader->connection(), /*dry_run=*/false);
    if (!migrated.ok()) return std::move(migrated).error();
  }
  if (Status checked = CheckPostgresSchema(reader->connection()); !checked.ok()) {
    return std::move(checked).error();
  }
  WarnOfLosses(reader->connection());
  // It is needed rarely, and connections are dear.
  reader->connection().Close();
  return std::unique_ptr<PostgresStore>(new PostgresStore(settings, std::move(reader)));
}

PostgresStore::PostgresStore(const PostgresSettings& settings,
                             std::unique_ptr<PostgresReader> reader)
    : settings_(settings), jobs_(ChunksInFlight(settings) + 1), reader_(std::move(reader)) {
  for (std::size_t count = 0; count < settings_.connections; ++count) {
    writing_.emplace_back([this] { WriteChunks(); });
  }
}

PostgresStore::~PostgresStore() { Stop(); }

StoreTraits PostgresStore::traits() const {
  StoreTraits traits;
  traits.chunk_items_max = kChunkItemsMax;
  traits.chunk_lanes_max = kChunkItemsMax;
  traits.chunks_in_flight_max = ChunksInFlight(settings_);
  return traits;
}

ClaimId PostgresStore::Claim(std::string_view source) {
  const ClaimId claim = fence_.Claim(source);
  Job draw;
  if (!draw_wanted_.exchange(true)) jobs_.TryPush(draw);
  return claim;
}

void PostgresStore::Submit(Chunk chunk, ChunkSink& sink) {
  Job job{std::move(chunk), &sink};
  if (!jobs_.TryPush(job)) RefuseChunk(std::move(job.chunk), sink);
}

void PostgresStore::WriteChunks() {
  PostgresWriter writer(settings_, fence_);
  while (auto job = jobs_.Pop()) {
    if (job->sink == nullptr) {
      draw_wanted_ = false;  // before drawing: a claim that comes meanwhile asks again
      writer.DrawTokens();
      continue;
    }
    ChunkResult result = writer.Apply(job->chunk);
    job->sink->OnChunkDone(std::move(result), std::move(job->chunk));
  }
}

Result<std::vector<StoredEpisode>> PostgresStore::Read(const EpisodeQuery& query) {
  MutexLock lock(mutex_);
  if (!reader_) return StoppedError();
  return reader_->Read(query);
}

Status PostgresStore::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  MutexLock lock(mutex_);
  if (!reader_) return StoppedError();
  return reader_->Erase(graph, incarnation);
}

void PostgresStore::Stop() {
  jobs_.Close();
  writing_.clear();  // joins
  MutexLock lock(mutex_);
  reader_.reset();
}

}  // namespace headrace::graph
