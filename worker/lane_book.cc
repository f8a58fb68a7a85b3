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
  WakeDelayed(now);
  std::vector<WorkItem> chunk;
  for (std::size_t lanes = 0; lanes < limits.lanes && chunk.size() < limits.items; ++lanes) {
    Lane* lane = NextReady();
    if (lane == nullptr) break;
    if (lane->alone > 0 && !chunk.empty()) {
      // It must be tried by itself; it opens the next chunk instead.
      ready_[lane->project].push_front(lane);
      break;
    }
    const std::size_t count =
        lane->alone > 0
            ? 1
            : std::min({lane->waiting.size(), limits.lane_items, limits.items - chunk.size()});
    const auto end = lane->waiting.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(lane->waiting.begin(), end, std::back_inserter(chunk));
    lane->waiting.erase(lane->waiting.begin(), end);
    lane->state = Lane::State::kBusy;
    waiting_ -= count;
    if (lane->alone > 0) {
      --lane->alone;
      break;
    }
  }
  return chunk;
}

void LaneBook::Finish(std::span<const WorkItem> chunk) {
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    Lane* lane = chunk[i].lane;
    if (i + 1 < chunk.size() && chunk[i + 1].lane == lane) continue;  // a lane's items are adjacent
    CHECK(lane->state == Lane::State::kBusy);
    Reopen(*lane, SteadyTime{});
  }
}

void LaneBook::PutBack(std::vector<WorkItem> chunk, SteadyTime not_before, bool alone) {
  std::vector<Lane*> lanes;
  for (auto item = chunk.rbegin(); item != chunk.rend(); ++item) {
    Lane* lane = item->lane;
    CHECK(lane->state == Lane::State::kBusy);
    if (lanes.empty() || lanes.back() != lane) lanes.push_back(lane);
    if (alone) ++lane->alone;
    lane->waiting.push_front(std::move(*item));
    ++waiting_;
  }
  for (auto lane = lanes.rbegin(); lane != lanes.rend(); ++lane) Reopen(**lane, not_before);
}

std::vector<WorkItem> LaneBook::RemoveWaiting(const std::set<TopicPartition>& partitions) {
  std::vector<WorkItem> removed;
  for (auto entry = lanes_.begin(); entry != lanes_.end();) {
    Lane& lane = *(entry++)->second;
    std::deque<WorkItem> kept;
    for (WorkItem& item : lane.waiting) {
      (partitions.contains(item.source) ? removed.emplace_back() : kept.emplace_back()) =
          std::move(item);
    }
    lane.waiting = std::move(kept);
    lane.alone = std::min(lane.alone, lane.waiting.size());
    DropIfEmpty(lane);
  }
  waiting_ -= removed.size();
  return removed;
}

std::optional<SteadyTime> LaneBook::NextDue() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->first;
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
