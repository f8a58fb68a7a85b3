#include "common/graph/sqlite_store.h"

#include <utility>

#include "common/graph/stopped.h"

namespace headrace::graph {
namespace {

// Measured: beyond a thousand rows a transaction hardly gains, and others wait longer for the lock.
constexpr std::size_t kChunkItemsMax = 1'000;
// One being written, one ready to be.
constexpr std::size_t kChunksInFlightMax = 2;

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const SqliteSettings& settings) {
  auto claims = std::make_unique<SourceClaims>();
  auto writer = SqliteWriter::Open(settings, *claims);
  if (!writer.ok()) return std::move(writer).error();
  auto reader = SqliteReader::Open(settings);
  if (!reader.ok()) return std::move(reader).error();
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::move(claims), *std::move(writer), *std::move(reader)));
}

SqliteStore::SqliteStore(std::unique_ptr<SourceClaims> claims, std::unique_ptr<SqliteWriter> writer,
                         std::unique_ptr<SqliteReader> reader)
    : claims_(std::move(claims)),
      jobs_(kChunksInFlightMax + 1),
      writer_(std::move(writer)),
      reader_(std::move(reader)),
      writing_([this] { WriteChunks(); }) {}

SqliteStore::~SqliteStore() { Stop(); }

StoreTraits SqliteStore::traits() const {
  StoreTraits traits;
  traits.chunk_items_max = kChunkItemsMax;
  traits.chunk_lanes_max = kChunkItemsMax;
  traits.chunks_in_flight_max = kChunksInFlightMax;
  return traits;
}

ClaimId SqliteStore::Claim(std::string_view source) {
  const ClaimId claim = claims_->Add(source);
  Job draw;
  if (!draw_wanted_.exchange(true)) jobs_.TryPush(draw);
  return claim;
}

void SqliteStore::Submit(Chunk chunk, ChunkSink& sink) {
  Job job{std::move(chunk), &sink};
  if (!jobs_.TryPush(job)) RefuseChunk(std::move(job.chunk), sink);
}

void SqliteStore::WriteChunks() {
  while (auto job = jobs_.Pop()) {
    if (job->sink == nullptr) {
      draw_wanted_ = false;  // before drawing: a claim that comes meanwhile asks again
      writer_->DrawTokens();
      continue;
    }
    ChunkResult result = writer_->Apply(job->chunk);
    job->sink->OnChunkDone(std::move(result), std::move(job->chunk));
  }
}

Result<std::vector<StoredEpisode>> SqliteStore::Read(const EpisodeQuery& query) {
  MutexLock lock(mutex_);
  if (!reader_) return StoppedError();
  return reader_->Read(query);
}

Status SqliteStore::Erase(const GraphKey& graph, std::uint32_t incarnation) {
  MutexLock lock(mutex_);
  if (!reader_) return StoppedError();
  return reader_->Erase(graph, incarnation);
}

void SqliteStore::Stop() {
  jobs_.Close();
  if (writing_.joinable()) writing_.join();
  writer_.reset();
  MutexLock lock(mutex_);
  reader_.reset();
}

}  // namespace headrace::graph
