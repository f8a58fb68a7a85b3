// From the lanes into the store, as much and as fast as it takes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "worker/alone_turn.h"
#include "worker/claims.h"
#include "worker/commits.h"
#include "worker/flow_observer.h"
#include "worker/held.h"
#include "worker/lane_book.h"
#include "worker/partition_book.h"
#include "worker/store_pool.h"

namespace headrace::worker {

// Owned by the loop thread.
class Dispatcher {
 public:
  struct Parts {
    Held& held;
    LaneBook& lanes;
    StorePool& store;
    PartitionBook& partitions;
    Claims& claims;
    Commits& commits;
    Flow& flow;
    const Clock& clock;
  };
  Dispatcher(const Parts& parts, std::size_t lane_items_max)
      : parts_(parts), lane_items_max_(lane_items_max) {}

  // Begins what may be begun. True when there is reason to call it again at once.
  bool Dispatch();
  // When a delayed lane or a throttled store brings the next chunk. Empty when only an answer of
  // the store, or a new item, can.
  std::optional<SteadyTime> NextDue() const;

 private:
  struct Moment {
    SteadyTime now;
    Timestamp wall_now;
    bool has_suspects;
  };

  std::size_t Room(const Moment& moment);
  bool Begin(std::vector<WorkItem>& chunk, const Moment& moment);
  bool NoteTries(const std::vector<WorkItem>& chunk);

  const Parts parts_;
  const std::size_t lane_items_max_;
  AloneTurn alone_turn_;
  bool store_has_room_ = true;   // as of the last dispatch
  std::vector<WorkItem> chunk_;  // its room is used again
};

}  // namespace headrace::worker
