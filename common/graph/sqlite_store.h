// The embedded graph store: one SQLite file, for one host. Its tables: sqlite_tables.cc.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "common/base/bounded_queue.h"
#include "common/base/mutex.h"
#include "common/graph/sqlite_reader.h"
#include "common/graph/sqlite_settings.h"
#include "common/graph/sqlite_writer.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// One thread writes chunks, one transaction each. Several processes of one host may have the same
// file open: SQLite's locks make them take turns, chunk by chunk. Never on a network file system.
class SqliteStore final : public GraphStore {
 public:
  // Errors as OpenSqliteDatabase.
  static Result<std::unique_ptr<SqliteStore>> Open(const SqliteSettings& settings);
  ~SqliteStore() override;

  StoreTraits traits() const override;
  ClaimId Claim(std::string_view source) override;
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override;
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override;
  void Stop() override;

 private:
  // Without a sink: only a reason to draw tokens.
  struct Job {
    Chunk chunk;
    ChunkSink* sink = nullptr;
  };

  SqliteStore(std::unique_ptr<SourceClaims> claims, std::unique_ptr<SqliteWriter> writer,
              std::unique_ptr<SqliteReader> reader);
  void WriteChunks();

  const std::unique_ptr<SourceClaims> claims_;
  std::atomic<bool> draw_wanted_ = false;  // there is such a job
  BoundedQueue<Job> jobs_;
  std::unique_ptr<SqliteWriter> writer_;  // of the writing thread until that has ended
  Mutex mutex_;
  std::unique_ptr<SqliteReader> reader_ GUARDED_BY(mutex_);  // gone after Stop
  std::jthread writing_;
};

}  // namespace headrace::graph
