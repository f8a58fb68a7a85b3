#include "worker/store_pool.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace headrace::worker {
namespace {

// A few MiB of each kind.
constexpr std::size_t kSpareItemsMax = 16'384;
constexpr std::uint64_t kPlaceBits = 32;

}  // namespace

// There are never more results than chunks under way, so a result never waits for room.
StorePool::StorePool(GraphStore& store, const Wakeup& wakeup)
    : store_(store),
      wakeup_(wakeup),
      traits_(store.traits()),
      pace_(traits_.chunks_in_flight_max),
      done_(traits_.chunks_in_flight_max),
      spare_{SpareVectors<ItemTrace>(kSpareItemsMax), SpareVectors<WriteItem>(kSpareItemsMax),
             SpareVectors<WorkItem>(kSpareItemsMax)} {}

std::size_t StorePool::Room(SteadyTime now) {
  if (chunks_in_flight() >= traits_.chunks_in_flight_max) return 0;
  return std::min(traits_.chunk_items_max, pace_.Allowance(chunks_in_flight(), now));
}

void StorePool::Submit(std::vector<WorkItem>& items, SteadyTime now) {
  CHECK(chunks_in_flight() < traits_.chunks_in_flight_max);
  pace_.Begun(items.size(), now);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(in_flight_.size()));
    in_flight_.emplace_back();
  }
  InFlight& place = in_flight_[free_.back()];
  place.token = ++submitted_ << kPlaceBits | free_.back();
  free_.pop_back();
  place.begun = now;
  place.items = spare_.traces.Take();
  Chunk chunk{place.token, spare_.writes.Take()};
  place.items.reserve(items.size());
  chunk.items.reserve(items.size());
  for (WorkItem& item : items) {
    ++item.attempts;
    place.items.push_back(item);
    chunk.items.push_back(std::move(item.write));
  }
  items_in_flight_ += items.size();
  items.clear();
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
    const auto place = static_cast<std::uint32_t>(done.result.token);
    CHECK(place < in_flight_.size() && in_flight_[place].token == done.result.token);
    InFlight& known = in_flight_[place];
    std::vector<WorkItem> items = spare_.items.Take();
    items.reserve(known.items.size());
    for (std::size_t i = 0; i < known.items.size(); ++i) {
      items.push_back({known.items[i], std::move(done.chunk.items[i])});
    }
    items_in_flight_ -= items.size();
    known.token = 0;
    free_.push_back(place);
    pace_.Done(done.result, items.size(), chunks_in_flight(), now);
    spare_.traces.Give(std::move(known.items));
    spare_.writes.Give(std::move(done.chunk.items));
    completed.push_back({std::move(done.result), std::move(items),
                         std::chrono::duration_cast<std::chrono::microseconds>(now - known.begun)});
  }
  pace_.Grow(chunks_in_flight(), now);
}

void StorePool::Recycle(std::vector<CompletedChunk>& settled) {
  for (CompletedChunk& chunk : settled) spare_.items.Give(std::move(chunk.items));
  settled.clear();
}

}  // namespace headrace::worker
