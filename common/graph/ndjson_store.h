// The archive: items as lines of NDJSON files in a directory. `headrace load DIR` reads them back.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "common/base/bounded_queue.h"
#include "common/base/mutex.h"
#include "common/graph/ndjson_writer.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// Append-only, so it reads nothing back and cannot know what was written before: an item that comes
// again stands there again, and reading passes over it. Any number of processes and hosts may write
// into one directory; each has files of its own. One thread writes chunks, one fsync each; another
// compresses closed files, at first those that processes which died have left.
class NdjsonStore final : public GraphStore {
 public:
  // Creates the directory when it is missing; the one that it is in must be there. kInvalid when it
  // cannot be written.
  static Result<std::unique_ptr<NdjsonStore>> Open(NdjsonSettings settings);
  ~NdjsonStore() override;

  StoreTraits traits() const override;
  // Fences nobody. Each owner writes the items of a graph in order and into files of its own, from
  // what was committed last, and reading takes the first line of each item: so what an owner writes
  // that lost its partition is there already, or is the next item in order.
  ClaimId Claim(std::string_view) override { return ++last_claim_; }
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) override;
  // Appends a record that keeps reading from bringing the erased back; lines stay as they are.
  Status Erase(const GraphKey& graph, std::uint32_t incarnation) override;
  void Stop() override;

 private:
  struct Job {
    Chunk chunk;
    ChunkSink* sink = nullptr;
  };

  explicit NdjsonStore(NdjsonSettings settings);
  void WriteChunks();
  void CompressFiles(const std::string& directory);

  const SystemClock clock_;
  std::atomic<ClaimId> last_claim_ = kNoClaim;
  BoundedQueue<Job> jobs_;
  BoundedQueue<std::string> closed_;
  Mutex mutex_;
  NdjsonWriter writer_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::jthread compressing_;
  std::jthread writing_;
};

}  // namespace headrace::graph
