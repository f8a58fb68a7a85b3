// Where the worker reports what it does. Metrics and log are one implementation, the tests'
// recorder the other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/result.h"
#include "common/model/outcome.h"
#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "worker/store_pace.h"

namespace headrace::worker {

// What a worker holds at a moment.
struct InFlight {
  std::size_t items = 0;     // in lanes, store and reporter
  std::size_t reported = 0;  // of them: their work has ended, their outcome is not acknowledged
  std::size_t bytes = 0;     // of the others' payloads
  std::size_t lanes = 0;     // graphs that have any
  std::size_t items_in_store = 0;
  std::size_t suspects = 0;        // items that may have ended a worker's process
  bool intake_paused = false;      // full for so long that the partitions are paused
  std::size_t hot_partitions = 0;  // paused because of a graph that gets more than its lane can do
};

// The loop thread calls everything.
class WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;
  virtual void OnOutcome(ItemState state, std::size_t items) = 0;  // reported, not yet acknowledged
  virtual void OnDeadLetter(const ItemError& error) = 0;
  virtual void OnChunkDone(const ChunkResult& result, std::size_t items) = 0;
  // The store went down (with the error that showed it) or came back.
  virtual void OnStore(bool up, const std::optional<StoreError>& error) = 0;
  // How fast the store may be asked: once at first, and at every turn while it is throttled.
  virtual void OnPace(const PaceState& pace) = 0;
  // A record that its producer put into partition `record.source` and not `expected`.
  virtual void OnMisrouted(const Record& record, std::int32_t expected) = 0;
  virtual void OnPartitionsOwned(std::size_t count) = 0;
  virtual void OnKafka(const Status& status) = 0;  // each change between ok and not
  virtual void OnInFlight(const InFlight& in_flight) = 0;
};

}  // namespace headrace::worker
