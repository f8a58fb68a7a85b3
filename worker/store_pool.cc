#include "worker/store_pool.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace headrace::worker {

// There are never more results than chunks under way, so a result never waits for room.
StorePool::StorePool(GraphStore& store, const Wakeup& wakeup)
    : store_(store),
      wakeup_(wakeup),
      traits_(store.traits()),
      pace_(traits_.chunks_in_flight_max),
      done_(traits_.chunks_in_flight_max) {}

std::size_t StorePool::Room(SteadyTime now) {
  if (in_flight_.size() >= traits_.chunks_in_flight_max) return 0;
  return std::min(traits_.chunk_items_max, pace_.Allowance(in_flight_.size(), now));
}

void StorePool::Submit(std::vector<WorkItem> items, SteadyTime now) {
  CHECK(in_flight_.size() < traits_.chunks_in_flight_max);
  pace_.Begun(items.size(), now);
  Chunk chunk;
  chunk.token = next_token_++;
  chunk.items.reserve(items.size());
  for (WorkItem& item : items) {
    ++item.attempts;
    chunk.items.push_back(std::move(item.write));
  }
  items_in_flight_ += items.size();
  in_flight_.emplace(chunk.token, std::move(items));
  store_.Submit(std::move(chunk), *this);
}

void StorePool::OnChunkDone(ChunkResult result, Chunk chunk) {
  CHECK(done_.Push({std::move(result), std::move(chunk)}));
  // A signal is a system call, and one is enough until the loop has looked.
  if (!signalled_.exchange(true)) wakeup_.Signal();
}

void StorePool::Collect(std::vector<CompletedChunk>& completed, SteadyTime now) {
  drained_.clear();
  signalled_ = false;  // before looking: what comes after the look signals again
  done_.DrainInto(drained_);
  for (Done& done : drained_) {
    auto entry = in_flight_.extract(done.result.token);
    CHECK(!entry.empty());
    std::vector<WorkItem>& items = entry.mapped();
    items_in_flight_ -= items.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].write = std::move(done.chunk.items[i]);
    }
    pace_.Done(done.result, items.size(), in_flight_.size(), now);
    completed.push_back({std::move(done.result), std::move(items)});
  }
  pace_.Grow(now);
}

}  // namespace headrace::worker
