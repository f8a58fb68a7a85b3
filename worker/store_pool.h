// Between the loop thread and the graph store: hands chunks over, no more than the store takes, and
// brings their results back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "common/base/bounded_queue.h"
#include "common/base/wakeup.h"
#include "common/ports/graph_store.h"
#include "worker/spare_vectors.h"
#include "worker/store_pace.h"
#include "worker/work_item.h"

namespace headrace::worker {

struct CompletedChunk {
  ChunkResult result;
  std::vector<WorkItem> items;
  std::chrono::microseconds took{0};  // until the loop saw the answer
};

// The loop thread calls everything but OnChunkDone, which the store's threads call. The store must
// be stopped before the pool is destroyed.
class StorePool final : public ChunkSink {
 public:
  StorePool(GraphStore& store, const Wakeup& wakeup);

  const StoreTraits& traits() const { return traits_; }
  // How many items the next chunk may hold; 0: none may be submitted now.
  std::size_t Room(SteadyTime now);
  std::size_t chunks_in_flight() const { return in_flight_.size() - free_.size(); }
  std::size_t items_in_flight() const { return items_in_flight_; }
  // Empties `items`.
  void Submit(std::vector<WorkItem>& items, SteadyTime now);
  // Appends what has completed; never waits.
  void Collect(std::vector<CompletedChunk>& completed, SteadyTime now);
  // Takes the room of settled chunks back for those to come.
  void Recycle(std::vector<CompletedChunk>& settled);
  const StorePace& pace() const { return pace_; }

  void OnChunkDone(ChunkResult result, Chunk chunk) override;

 private:
  struct Done {
    ChunkResult result;
    Chunk chunk;
  };

  GraphStore& store_;
  const Wakeup& wakeup_;
  const StoreTraits traits_;
  StorePace pace_;
  std::uint64_t submitted_ = 0;
  // By the low half of the token. The items without their WriteItem, which travels through the
  // store and comes back.
  struct InFlight {
    std::uint64_t token = 0;  // 0: free
    SteadyTime begun{};
    std::vector<ItemTrace> items;
  };
  std::deque<InFlight> in_flight_;
  std::vector<std::uint32_t> free_;
  std::size_t items_in_flight_ = 0;
  BoundedQueue<Done> done_;
  std::atomic<bool> signalled_ = false;  // the loop knows that something is in done_
  std::vector<Done> drained_;
  struct Spare {
    SpareVectors<ItemTrace> traces;
    SpareVectors<WriteItem> writes;
    SpareVectors<WorkItem> items;
  } spare_;
};

}  // namespace headrace::worker
