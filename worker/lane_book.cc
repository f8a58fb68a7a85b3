#include "worker/lane_book.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "common/base/check.h"

namespace headrace::worker {
namespace {

// So many graphs may come and go without their keys and lanes being made anew; about 300 bytes
// each.
constexpr std::size_t kIdleLanesMax = 16'384;

}  // namespace

std::size_t LaneBook::Add(WorkItem&& item) {
  Lane& lane = LaneOf(item.write.graph);
  item.lane = &lane;
  const BatchId batch = OrderOf(item);
  lane.waiting.PushBack(nodes_.Take(std::move(item)), batch, queues_);
  ++waiting_;
  if (lane.state == Lane::State::kIdle) {
    --idle_;
    MakeReady(lane);
  }
  return lane.waiting.size();
}

// Another program's stream has no batches of its own; the implicit ones that it is accounted in cut
// it at offsets which mean nothing to its order.
BatchId LaneBook::OrderOf(const WorkItem& item) const {
  return order_ == LaneOrder::kLane || item.upstream ? BatchId{} : item.write.ref.batch;
}

// A new lane is idle.
Lane& LaneBook::LaneOf(const SharedGraphKey& graph) {
  const auto known = lanes_.find(&*graph);
  if (known != lanes_.end()) return known->second;
  if (idle_ >= kIdleLanesMax) ForgetIdleLanes();
  Lane& lane = lanes_[&*graph];
  lane.graph = graph;
  lane.project = &projects_[graph->project];
  ++lane.project->lanes;
  ++idle_;
  return lane;
}

std::vector<WorkItem> LaneBook::Take(const ChunkLimits& limits, SteadyTime now) {
  std::vector<WorkItem> chunk;
  TakeInto(chunk, limits, now);
  return chunk;
}

bool LaneBook::TakeInto(std::vector<WorkItem>& chunk, const ChunkLimits& limits, SteadyTime now) {
  if (limits.alone) {
    if (cautious_.empty()) return false;
    Lane* lane = cautious_.front();
    cautious_.pop_front();
    TakeFrom(*lane, 1, chunk);
    return true;
  }
  for (Bisection& bisection : bisections_) {
    if (!bisection.Ready(now)) continue;
    chunk = bisection.Next(limits.items);
    waiting_ -= chunk.size();
    return !cautious_.empty();
  }
  WakeDelayed(now);
  for (std::size_t lanes = 0; lanes < limits.lanes && chunk.size() < limits.items; ++lanes) {
    Lane* lane = NextReady();
    if (lane == nullptr) break;
    const std::size_t room = std::min(limits.lane_items, limits.items - chunk.size());
    TakeFrom(*lane, room, chunk);
  }
  return !cautious_.empty();
}

// At least one, up to one that must be tried alone.
void LaneBook::TakeFrom(Lane& lane, std::size_t count_max, std::vector<WorkItem>& chunk) {
  lane.state = Lane::State::kBusy;
  for (std::size_t taken = 0; taken < count_max && !lane.waiting.empty(); ++taken) {
    if (taken > 0 && MustBeAlone(lane)) return;
    ItemNode* node = lane.waiting.PopFront(queues_);
    chunk.push_back(std::move(node->item));
    nodes_.Give(node);
    --waiting_;
  }
}

bool LaneBook::MustBeAlone(const Lane& lane) {
  return lane.waiting.front().caution == Caution::kAlone;
}

void LaneBook::Finish(std::span<const WorkItem> chunk) {
  if (Bisection* bisection = chunk.front().bisection) return Release(*bisection, chunk);
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    Lane* lane = chunk[i].lane;
    if (i + 1 < chunk.size() && chunk[i + 1].lane == lane) continue;  // a lane's items are adjacent
    CHECK(lane->state == Lane::State::kBusy);
    Reopen(*lane, SteadyTime{});
  }
}

void LaneBook::PutBack(std::vector<WorkItem> chunk, SteadyTime not_before) {
  waiting_ += chunk.size();
  if (Bisection* bisection = chunk.front().bisection) {
    return bisection->PutBack(std::move(chunk), not_before);
  }
  std::vector<Lane*> lanes;
  for (auto item = chunk.rbegin(); item != chunk.rend(); ++item) {
    Lane* lane = item->lane;
    CHECK(lane->state == Lane::State::kBusy);
    if (lanes.empty() || lanes.back() != lane) lanes.push_back(lane);
    const BatchId batch = OrderOf(*item);
    lane->waiting.PushFront(nodes_.Take(std::move(*item)), batch, queues_);
  }
  for (auto lane = lanes.rbegin(); lane != lanes.rend(); ++lane) Reopen(**lane, not_before);
}

void LaneBook::Bisect(std::vector<WorkItem> chunk, SteadyTime not_before) {
  waiting_ += chunk.size();
  if (Bisection* bisection = chunk.front().bisection) {
    return bisection->Refused(std::move(chunk), not_before);
  }
  bisections_.emplace_back(std::move(chunk), not_before);
}

// A lane goes on when none of its items is left in the bisection; what is left of it, if anything,
// is at the front.
void LaneBook::Release(Bisection& bisection, std::span<const WorkItem> settled) {
  bisection.Settled();
  const Lane* unfinished = bisection.waiting().empty() ? nullptr : bisection.waiting().front().lane;
  for (std::size_t i = 0; i < settled.size(); ++i) {
    Lane* lane = settled[i].lane;
    if (i + 1 < settled.size() && settled[i + 1].lane == lane) continue;
    if (lane != unfinished) Reopen(*lane, SteadyTime{});
  }
  if (bisection.waiting().empty()) {
    bisections_.remove_if([&](const Bisection& other) { return &other == &bisection; });
  }
}

std::vector<WorkItem> LaneBook::RemoveWaiting(const ItemTest& is_gone) {
  std::vector<WorkItem> removed = RemoveFromBisections(is_gone);
  for (auto& [key, lane] : lanes_) {
    BatchTurns kept;
    while (!lane.waiting.empty()) {
      ItemNode* node = lane.waiting.PopFront(queues_);
      if (is_gone(node->item)) {
        removed.push_back(std::move(node->item));
        nodes_.Give(node);
      } else {
        kept.PushBack(node, OrderOf(node->item), queues_);
      }
    }
    lane.waiting = kept;
    CloseIfEmpty(lane);
  }
  waiting_ -= removed.size();
  return removed;
}

std::vector<WorkItem> LaneBook::RemoveFromBisections(const ItemTest& is_gone) {
  std::vector<WorkItem> removed;
  for (auto bisection = bisections_.begin(); bisection != bisections_.end();) {
    std::vector<WorkItem> gone = bisection->Remove(is_gone);
    // Lanes with items left, or in the store, are released when those are settled.
    std::set<const Lane*> kept{bisection->tail_lane()};
    for (const WorkItem& item : bisection->waiting()) kept.insert(item.lane);
    for (const WorkItem& item : gone) {
      if (kept.insert(item.lane).second) Reopen(*item.lane, SteadyTime{});
    }
    std::move(gone.begin(), gone.end(), std::back_inserter(removed));
    bisection = !bisection->busy() && bisection->waiting().empty() ? bisections_.erase(bisection)
                                                                   : std::next(bisection);
  }
  return removed;
}

std::optional<SteadyTime> LaneBook::NextDue() const {
  std::optional<SteadyTime> due;
  if (!delayed_.empty()) due = delayed_.begin()->first;
  for (const Bisection& bisection : bisections_) {
    if (!bisection.busy() && (!due || bisection.not_before() < *due)) due = bisection.not_before();
  }
  return due;
}

void LaneBook::MakeReady(Lane& lane) {
  if (MustBeAlone(lane)) {
    lane.state = Lane::State::kCautious;
    cautious_.push_back(&lane);
    return;
  }
  lane.state = Lane::State::kReady;
  if (lane.project->ready.empty()) turns_.PushBack(lane.project);
  lane.project->ready.PushBack(&lane);
}

// A project gives one lane and goes to the end of the row.
Lane* LaneBook::NextReady() {
  ProjectTurn* project = turns_.PopFront();
  if (project == nullptr) return nullptr;
  Lane* lane = project->ready.PopFront();
  if (!project->ready.empty()) turns_.PushBack(project);
  return lane;
}

void LaneBook::MakeIdle(Lane& lane) {
  lane.state = Lane::State::kIdle;
  ++idle_;
}

void LaneBook::ForgetIdleLanes() {
  std::erase_if(lanes_, [](const auto& entry) {
    const Lane& lane = entry.second;
    if (lane.state != Lane::State::kIdle) return false;
    --lane.project->lanes;
    return true;
  });
  std::erase_if(projects_, [](const auto& entry) { return entry.second.lanes == 0; });
  idle_ = 0;
}

void LaneBook::WakeDelayed(SteadyTime now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    MakeReady(*delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  }
}

void LaneBook::Reopen(Lane& lane, SteadyTime not_before) {
  if (lane.waiting.empty()) {
    MakeIdle(lane);
  } else if (not_before == SteadyTime{}) {
    MakeReady(lane);
  } else {
    lane.state = Lane::State::kDelayed;
    lane.not_before = not_before;
    delayed_.emplace(not_before, &lane);
  }
}

void LaneBook::CloseIfEmpty(Lane& lane) {
  // A busy lane stays: its chunk's items still point to it.
  if (!lane.waiting.empty() || lane.state == Lane::State::kBusy) return;
  if (lane.state == Lane::State::kReady) {
    lane.project->ready.Remove(&lane);
    if (lane.project->ready.empty()) turns_.Remove(lane.project);
  } else if (lane.state == Lane::State::kCautious) {
    std::erase(cautious_, &lane);
  } else if (lane.state == Lane::State::kDelayed) {
    std::erase_if(delayed_, [&](const auto& entry) { return entry.second == &lane; });
  }
  if (lane.state != Lane::State::kIdle) MakeIdle(lane);
}

}  // namespace headrace::worker
