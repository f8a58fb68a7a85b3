// Lanes: one ordered queue for each graph, with at most one chunk of a lane in the store.
//
// A lane is idle (no items, and then it does not exist), ready, busy (its chunk is in the store, or
// being bisected) or delayed (a retry waits for its time). Ready lanes are served round robin over
// projects first and over a project's lanes second, so that neither a hot graph nor a loud tenant
// starves the others.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "worker/bisection.h"
#include "worker/work_item.h"

namespace headrace::worker {

struct Lane {
  enum class State { kReady, kBusy, kDelayed };

  std::string key;  // GraphKey::ToString()
  std::string project;
  State state = State::kReady;
  std::deque<WorkItem> waiting;
  SteadyTime not_before{};
};

struct ChunkLimits {
  std::size_t items = 500;       // in a chunk
  std::size_t lanes = 500;       // in a chunk
  std::size_t lane_items = 100;  // of one lane
};

// Pure: no thread, no clock, no port. Owned by the loop thread.
class LaneBook {
 public:
  // Appends to the lane of the item's graph.
  void Add(WorkItem item);

  // The next chunk: items of ready lanes, each lane's in order; empty when no lane is ready. The
  // lanes are busy until Finish or PutBack.
  std::vector<WorkItem> Take(const ChunkLimits& limits, SteadyTime now);

  // The chunk is final: its lanes may go on.
  void Finish(std::span<const WorkItem> chunk);
  // The chunk was not applied: its items return to the front of their lanes, which stay closed
  // until `not_before`.
  void PutBack(std::vector<WorkItem> chunk, SteadyTime not_before);
  // One of the chunk's items is bad, and there are several: from `not_before` on parts of it are
  // tried until the bad one stands alone.
  void Bisect(std::vector<WorkItem> chunk, SteadyTime not_before);

  // Removes what waits and came from these partitions, and returns it: they belong to another
  // worker now.
  std::vector<WorkItem> RemoveWaiting(const std::set<TopicPartition>& partitions);

  // When the first delayed lane becomes ready.
  std::optional<SteadyTime> NextDue() const;
  std::size_t waiting() const { return waiting_; }
  std::size_t lanes() const { return lanes_.size(); }

 private:
  void MakeReady(Lane& lane);
  Lane* NextReady();
  void WakeDelayed(SteadyTime now);
  void Reopen(Lane& lane, SteadyTime not_before);
  void DropIfEmpty(Lane& lane);
  void Release(Bisection& bisection, std::span<const WorkItem> settled);
  std::vector<WorkItem> RemoveFromBisections(const std::set<TopicPartition>& partitions);

  std::unordered_map<std::string, std::unique_ptr<Lane>> lanes_;
  std::map<std::string, std::deque<Lane*>> ready_;  // by project; no empty queues
  std::string last_project_;                        // served last
  std::multimap<SteadyTime, Lane*> delayed_;
  std::list<Bisection> bisections_;  // of refused chunks; they go before the lanes
  std::size_t waiting_ = 0;
};

}  // namespace headrace::worker
