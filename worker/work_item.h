#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "worker/suspects.h"

namespace headrace::worker {

struct Lane;      // see lane_book.h
class Bisection;  // see bisection.h

// What the worker must remember of an item to account for it, also while the store has the rest.
struct ItemTrace {
  TopicPartition source;
  std::int64_t offset = 0;
  std::uint32_t assignment = 0;  // of its partition, see PartitionBook
  bool again = false;            // sent before: may have ended already
  bool upstream = false;         // produced by another program: accounted in an implicit batch
  Caution caution = Caution::kNone;
  std::uint32_t attempts = 0;  // begun
  std::uint32_t strikes = 0;   // tries that failed although the store worked for others
  SteadyTime judged_at{};      // when its first try began, or its last one failed
  Timestamp first_try{};
  Lane* lane = nullptr;            // set by LaneBook
  Bisection* bisection = nullptr;  // set while it is tried on behalf of one
};

// An item on its way through the worker.
struct WorkItem : ItemTrace {
  WriteItem write;  // what the store needs

  std::size_t bytes() const { return write.payload.size(); }
};

using ItemTest = std::function<bool(const WorkItem&)>;

}  // namespace headrace::worker
