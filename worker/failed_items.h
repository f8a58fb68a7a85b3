// Items that failed, and whose outcome Kafka has not acknowledged yet.
//
// A worker that takes over before the outcome is in Kafka tries such an item again, and this time
// the store may take it. So nothing that stands behind it may be in the store by then: its lane
// stays closed until the outcome is acknowledged. Failures are rare, and one acknowledgement is
// short.
//
// Once Kafka has the outcome the item is not tried any more. Whoever is asked about it later says
// so; what was asked about before (a copy that was sent again, or the item itself after a
// rebalance) may still wait in the worker with an older answer, so the pipeline is told and ends it
// untried.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "common/ports/graph_store.h"
#include "worker/lane_book.h"
#include "worker/outcome_reporter.h"
#include "worker/work_item.h"

namespace headrace::worker {

// Pure. Owned by the loop thread.
class FailedItems {
 public:
  explicit FailedItems(LaneBook& lanes) : lanes_(lanes) {}

  // The chunk is final; `failures` by position, null where an item did not fail. Its lanes go on,
  // but for those of items that failed. (A bisection goes on as a whole: its items keep their
  // order.)
  void Finish(std::span<const WorkItem> chunk, std::span<const ItemFailure* const> failures);
  // Of no lane.
  void Add(const WorkItem& item);

  // Called for every outcome, so it costs nothing while nothing failed.
  void Acknowledged(const DoneItem& item) {
    if (!awaited_.empty()) Release(item);
  }
  // The failed items among them since the last call.
  std::vector<ItemRef> TakeAcknowledged() { return std::exchange(acknowledged_, {}); }

 private:
  // What LaneBook::Finish is told when the last of its failed items is acknowledged.
  struct Closed {
    std::vector<WorkItem> ends;  // of each lane one, and of that only the trace
    std::size_t awaited = 0;
  };
  using ClosedAt = std::list<Closed>::iterator;
  struct Awaited {
    ItemRef ref;
    ClosedAt closed;  // end() of closed_: of no lane
  };
  using Place = std::pair<TopicPartition, std::int64_t>;

  void Close(std::span<const WorkItem> chunk, std::span<const ItemFailure* const> failures);
  void Release(const DoneItem& item);

  LaneBook& lanes_;
  std::list<Closed> closed_;
  // The same item may have failed twice, with a rebalance in between.
  std::multimap<Place, Awaited> awaited_;
  std::vector<ItemRef> acknowledged_;
};

}  // namespace headrace::worker
