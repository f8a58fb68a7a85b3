#include "worker/lane_book.h"

#include <algorithm>
#include <iterator>

#include "common/base/check.h"

namespace headrace::worker {

void LaneBook::Add(WorkItem item) {
  auto [entry, is_new] = lanes_.try_emplace(item.write.graph.ToString());
  if (is_new) {
    entry->second = std::make_unique<Lane>();
    entry->second->key = entry->first;
    entry->second->project = item.write.graph.project;
  }
  Lane& lane = *entry->second;
  item.lane = &lane;
  lane.waiting.push_back(std::move(item));
  ++waiting_;
  if (is_new) MakeReady(lane);
}

std::vector<WorkItem> LaneBook::Take(const ChunkLimits& limits, SteadyTime now) {
  for (Bisection& bisection : bisections_) {
    if (!bisection.Ready(now)) continue;
    std::vector<WorkItem> part = bisection.Next();
    waiting_ -= part.size();
    return part;
  }
  WakeDelayed(now);
  std::vector<WorkItem> chunk;
  for (std::size_t lanes = 0; lanes < limits.lanes && chunk.size() < limits.items; ++lanes) {
    Lane* lane = NextReady();
    if (lane == nullptr) break;
    const std::size_t count =
        std::min({lane->waiting.size(), limits.lane_items, limits.items - chunk.size()});
    const auto end = lane->waiting.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(lane->waiting.begin(), end, std::back_inserter(chunk));
    lane->waiting.erase(lane->waiting.begin(), end);
    lane->state = Lane::State::kBusy;
    waiting_ -= count;
  }
  return chunk;
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
    lane->waiting.push_front(std::move(*item));
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

std::vector<WorkItem> LaneBook::RemoveWaiting(const std::set<TopicPartition>& partitions) {
  std::vector<WorkItem> removed = RemoveFromBisections(partitions);
  for (auto entry = lanes_.begin(); entry != lanes_.end();) {
    Lane& lane = *(entry++)->second;
    std::deque<WorkItem> kept;
    for (WorkItem& item : lane.waiting) {
      (partitions.contains(item.source) ? removed.emplace_back() : kept.emplace_back()) =
          std::move(item);
    }
    lane.waiting = std::move(kept);
    DropIfEmpty(lane);
  }
  waiting_ -= removed.size();
  return removed;
}

std::vector<WorkItem> LaneBook::RemoveFromBisections(const std::set<TopicPartition>& partitions) {
  std::vector<WorkItem> removed;
  for (auto bisection = bisections_.begin(); bisection != bisections_.end();) {
    std::vector<WorkItem> gone = bisection->Remove(partitions);
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
  lane.state = Lane::State::kReady;
  ready_[lane.project].push_back(&lane);
}

Lane* LaneBook::NextReady() {
  if (ready_.empty()) return nullptr;
  auto project = ready_.upper_bound(last_project_);
  if (project == ready_.end()) project = ready_.begin();
  last_project_ = project->first;
  Lane* lane = project->second.front();
  project->second.pop_front();
  if (project->second.empty()) ready_.erase(project);
  return lane;
}

void LaneBook::WakeDelayed(SteadyTime now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    MakeReady(*delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  }
}

void LaneBook::Reopen(Lane& lane, SteadyTime not_before) {
  if (lane.waiting.empty()) {
    lanes_.erase(lane.key);
  } else if (not_before == SteadyTime{}) {
    MakeReady(lane);
  } else {
    lane.state = Lane::State::kDelayed;
    lane.not_before = not_before;
    delayed_.emplace(not_before, &lane);
  }
}

void LaneBook::DropIfEmpty(Lane& lane) {
  // A busy lane stays: its chunk's items still point to it.
  if (!lane.waiting.empty() || lane.state == Lane::State::kBusy) return;
  if (lane.state == Lane::State::kReady) {
    auto project = ready_.find(lane.project);
    std::erase(project->second, &lane);
    if (project->second.empty()) ready_.erase(project);
  } else {
    std::erase_if(delayed_, [&](const auto& entry) { return entry.second == &lane; });
  }
  lanes_.erase(lane.key);
}

}  // namespace headrace::worker
