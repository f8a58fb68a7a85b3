#include "common/graph/postgres_store.h"

#include <utility>

#include "common/base/log.h"
#include "common/graph/postgres_schema.h"
#include "common/graph/stopped.h"

namespace headrace::graph {
namespace {

// Measured: beyond 500 rows a statement hardly gains, and a retry repeats more.
constexpr std::size_t kChunkItemsMax = 500;

// For what is under way when the store stops.
constexpr std::chrono::seconds kStopPatience{2};

// What no client can make up for.
void WarnOfLosses(PostgresConnection& connection) {
  const PostgresAnswer lax = connection.Run("SELECT current_setting('fsync') = 'off'");
  if (lax.error() || lax.Int(0, 0) == 0) return;
  log::Warn("store_not_durable", {{"reason",
                                   "PostgreSQL runs with fsync=off: when its machine"
                                   " fails, it may lose what it called stored"}});
}

// Over a connection of its own, which is needed once; connections are dear.
Status MakeReady(const PostgresSettings& settings, const PostgresPatience& patience) {
  PostgresConnection connection(settings, patience);
  if (settings.auto_migrate) {
    auto migrated = MigratePostgres(connection, /*dry_run=*/false);
    if (!migrated.ok()) return std::move(migrated).error();
  }
  if (Status checked = CheckPostgresSchema(connection); !checked.ok()) return checked;
  WarnOfLosses(connection);
  return {};
}

// Being written, and one ready for whichever connection is free first.
std::size_t ChunksInFlight(const PostgresSettings& settings) { return settings.connections + 1; }

}  // namespace

Result<std::unique_ptr<PostgresStore>> PostgresStore::Open(const PostgresSettings& settings,
                                                           std::function<bool()> leaving) {
  const PostgresPatience patience(std::move(leaving));
  if (Status ready = MakeReady(settings, patience); !ready.ok()) {
    if (patience.Over(SystemClock().Now())) return Cancelled("stopped while opening the store");
    return std::move(ready).error();
  }
  return std::unique_ptr<PostgresStore>(new PostgresStore(settings));
}

PostgresStore::PostgresStore(const PostgresSettings& settings)
    : settings_(settings),
      jobs_(ChunksInFlight(settings) + 1),
      reader_(std::make_unique<PostgresReader>(settings_, patience_)) {
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
  PostgresWriter writer(settings_, patience_, fence_);
  while (auto job = jobs_.Pop()) {
    if (job->sink == nullptr) {
      draw_wanted_ = false;  // before drawing: a claim that comes meanwhile asks again
      writer.DrawTokens();
      continue;
    }
    ChunkResult result = writer.Apply(job->chunk);
    if (result.error && patience_.Over(SystemClock().Now())) ++unanswered_;
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

// Whoever stops has had its own time for waiting; a server that hangs must not keep it any longer.
void PostgresStore::Stop() {
  jobs_.Close();
  patience_.EndAt(SystemClock().Now() + kStopPatience);
  writing_.clear();  // joins
  if (const std::size_t chunks = unanswered_.exchange(0); chunks > 0) {
    log::Warn("store_left_unanswered", {{"chunks", chunks},
                                        {"reason",
                                         "PostgreSQL did not answer before the stop; the items"
                                         " are repeated by the partitions' next owner"}});
  }
  MutexLock lock(mutex_);
  reader_.reset();
}

}  // namespace headrace::graph
