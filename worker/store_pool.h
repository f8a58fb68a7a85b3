// Between the loop thread and the graph store: hands chunks over and brings their results back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/base/bounded_queue.h"
#include "common/base/wakeup.h"
#include "common/ports/graph_store.h"
#include "worker/work_item.h"

namespace headrace::worker {

struct CompletedChunk {
  ChunkResult result;
  std::vector<WorkItem> items;
};

// The loop thread calls everything but OnChunkDone, which the store's threads call. The store must
// be stopped before the pool is destroyed.
class StorePool final : public ChunkSink {
 public:
  StorePool(GraphStore& store, const Wakeup& wakeup);

  const StoreTraits& traits() const { return traits_; }
  bool HasRoom() const { return in_flight_.size() < traits_.chunks_in_flight_max; }
  bool idle() const { return in_flight_.empty(); }
  std::size_t items_in_flight() const { return items_in_flight_; }
  void Submit(std::vector<WorkItem> items);
  // Appends what has completed; never waits.
  void Collect(std::vector<CompletedChunk>& completed);

  void OnChunkDone(ChunkResult result, Chunk chunk) override;

 private:
  struct Done {
    ChunkResult result;
    Chunk chunk;
  };

  GraphStore& store_;
  const Wakeup& wakeup_;
  const StoreTraits traits_;
  std::uint64_t next_token_ = 1;
  // The items without their WriteItem, which travels through the store and comes back.
  std::unordered_map<std::uint64_t, std::vector<WorkItem>> in_flight_;
  std::size_t items_in_flight_ = 0;
  BoundedQueue<Done> done_;
  std::atomic<bool> signalled_ = false;  // the loop knows that something is in done_
  std::vector<Done> drained_;
};

}  // namespace headrace::worker
