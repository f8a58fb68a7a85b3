// The graph store for a fleet: a PostgreSQL database that any number of workers write to.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/bounded_queue.h"
#include "common/base/mutex.h"
#include "common/graph/postgres_fence.h"
#include "common/graph/postgres_reader.h"
#include "common/graph/postgres_settings.h"
#include "common/graph/postgres_writer.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// A thread for each writing connection takes chunks from one queue and parses while others wait
// for the server. Two chunks never wait for each other's graphs in a circle (postgres_apply.h).
class PostgresStore final : public GraphStore {
 public:
  // kInvalid: the server refuses us; kPermanent: no schema, or of another version; kTransient: not
  // reachable now; kCancelled: `leaving` said that nobody waits for it any more.
  static Result<std::unique_ptr<PostgresStore>> Open(const PostgresSettings& settings,
                                                     std::function<bool()> leaving);
  ~PostgresStore() override;

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

  explicit PostgresStore(const PostgresSettings& settings);
  void WriteChunks();

  const PostgresSettings settings_;
  PostgresPatience patience_;
  std::atomic<std::size_t> unanswered_ = 0;  // chunks that were given up for want of it
  PostgresFence fence_;
  std::atomic<bool> draw_wanted_ = false;  // there is such a job
  BoundedQueue<Job> jobs_;
  Mutex mutex_;
  std::unique_ptr<PostgresReader> reader_ GUARDED_BY(mutex_);  // gone after Stop
  std::vector<std::jthread> writing_;
};

}  // namespace headrace::graph
