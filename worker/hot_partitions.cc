#include "worker/hot_partitions.h"

#include <algorithm>
#include <utility>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

// Pausing throws away what was fetched ahead, so it is not done more than about once a second:
// after a pause that was over as soon, the partition is left alone for as long. No longer, because
// its items may fill the worker meanwhile, and everybody else waits.
constexpr milliseconds kWorthPausing{500};
constexpr milliseconds kLeftAlone{500};

}  // namespace

void HotPartitions::Turn() {
  std::erase_if(pauses_,
                [&](const auto& entry) { return partitions_.Find(entry.first) == nullptr; });
  const SteadyTime now = clock_.Now();
  for (auto& [partition, pause] : pauses_) {
    if (pause.ended) continue;
    if (partitions_.Find(partition)->ledger.pending() > pause.unfinished_max) continue;
    pause.ended = true;
    pause.next = now - pause.since < kWorthPausing ? now + kLeftAlone : now;
    consumer_.Resume(partition);
  }
  if (noted_) Begin(*std::exchange(noted_, std::nullopt));
}

// Where it is the last one that is read, there is nobody to leave the room to.
void HotPartitions::Begin(TopicPartition partition) {
  const OwnedPartition* owned = partitions_.Find(partition);
  if (owned == nullptr || count() + 1 >= partitions_.owned().size()) return;
  const SteadyTime now = clock_.Now();
  Pause& pause = pauses_.try_emplace(partition, Pause{.ended = true}).first->second;
  if (!pause.ended || now < pause.next) return;
  pause = {.unfinished_max = owned->ledger.pending() / 2, .since = now};
  consumer_.Pause(partition);
}

void HotPartitions::Drop(TopicPartition partition) {
  if (noted_ == partition) noted_.reset();
  pauses_.erase(partition);
}

bool HotPartitions::Holds(TopicPartition partition) const {
  const auto found = pauses_.find(partition);
  return found != pauses_.end() && !found->second.ended;
}

std::size_t HotPartitions::count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(pauses_, [](const auto& entry) { return !entry.second.ended; }));
}

}  // namespace headrace::worker
