// Lanes: one ordered queue for each graph, with at most one chunk of a lane in the store.
//
// A lane is idle (no items; it is kept for a while, because its graph is likely to come again),
// ready, busy (its chunk is in the store, or being bisected) or delayed (a retry waits for its
// time). Ready lanes are served round robin over projects first and over a project's lanes second,
// so that neither a hot graph nor a loud tenant starves the others. Within a lane the batches take
// turns.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "worker/batch_turns.h"
#include "worker/bisection.h"
#include "worker/chain.h"
#include "worker/item_list.h"
#include "worker/work_item.h"

namespace headrace::worker {

struct Lane;

// The ready lanes of one project, in the order in which they became ready.
struct ProjectTurn {
  Chain<Lane> ready;
  ProjectTurn* next = nullptr;  // in LaneBook::turns_
  std::size_t lanes = 0;        // in all states
};

struct Lane {
  enum class State { kIdle, kReady, kBusy, kDelayed, kCautious };

  SharedGraphKey graph;  // so that it is not forgotten before the lane
  ProjectTurn* project = nullptr;
  State state = State::kIdle;
  BatchTurns waiting;
  SteadyTime not_before{};
  Lane* next = nullptr;  // in ProjectTurn::ready
};

// What a graph's items keep their order within.
enum class LaneOrder {
  kBatch,  // batches take turns; what other programs produced counts as one batch
  kLane,   // everything, as it came
};

struct ChunkLimits {
  std::size_t items = 500;       // in a chunk
  std::size_t lanes = 500;       // in a chunk
  std::size_t lane_items = 100;  // of one lane
  bool alone = false;            // one item that must be tried alone, and nothing else
};

// Pure: no thread, no clock, no port. Owned by the loop thread.
class LaneBook {
 public:
  explicit LaneBook(LaneOrder order = LaneOrder::kBatch) : order_(order) {}

  // Appends to the lane of the item's graph, whose items share one key (GraphKeys). Returns how
  // many wait there now.
  std::size_t Add(WorkItem&& item);

  // The next chunk: items of ready lanes, those of a lane together and each batch's in order; empty
  // when no lane is ready. The lanes are busy until Finish or PutBack.
  std::vector<WorkItem> Take(const ChunkLimits& limits, SteadyTime now);
  // The same into an empty `chunk`, whose room is used again. True when an item waits at the front
  // of its lane that must be tried alone; with `alone`, when it was taken.
  bool TakeInto(std::vector<WorkItem>& chunk, const ChunkLimits& limits, SteadyTime now);

  // The chunk is final: its lanes may go on.
  void Finish(std::span<const WorkItem> chunk);
  // The chunk was not applied: its items return to the front of their batches in their lanes, which
  // stay closed until `not_before`.
  void PutBack(std::vector<WorkItem> chunk, SteadyTime not_before);
  // One of the chunk's items is bad, and there are several: from `not_before` on parts of it are
  // tried until the bad one stands alone.
  void Bisect(std::vector<WorkItem> chunk, SteadyTime not_before);

  // Removes what waits and belongs to another worker now, and returns it.
  std::vector<WorkItem> RemoveWaiting(const ItemTest& is_gone);

  // When the first delayed lane becomes ready.
  std::optional<SteadyTime> NextDue() const;
  std::size_t waiting() const { return waiting_; }
  std::size_t lanes() const { return lanes_.size() - idle_; }  // with items

 private:
  Lane& LaneOf(const SharedGraphKey& graph);
  BatchId OrderOf(const WorkItem& item) const;
  static bool MustBeAlone(const Lane& lane);
  void TakeFrom(Lane& lane, std::size_t count_max, std::vector<WorkItem>& chunk);
  void MakeReady(Lane& lane);
  Lane* NextReady();
  void MakeIdle(Lane& lane);
  void WakeDelayed(SteadyTime now);
  void Reopen(Lane& lane, SteadyTime not_before);
  void CloseIfEmpty(Lane& lane);
  void Release(Bisection& bisection, std::span<const WorkItem> settled);
  std::vector<WorkItem> RemoveFromBisections(const ItemTest& is_gone);
  void ForgetIdleLanes();

  const LaneOrder order_;
  ItemNodes nodes_;
  BatchQueues queues_;
  std::unordered_map<const GraphKey*, Lane> lanes_;
  std::map<std::string, ProjectTurn, std::less<>> projects_;
  Chain<ProjectTurn> turns_;  // of projects with ready lanes
  std::multimap<SteadyTime, Lane*> delayed_;
  std::deque<Lane*> cautious_;       // their next item must be tried alone
  std::list<Bisection> bisections_;  // of refused chunks; they go before the lanes
  std::size_t idle_ = 0;             // of lanes_
  std::size_t waiting_ = 0;
};

}  // namespace headrace::worker
