#include "worker/lag_book.h"

#include <algorithm>

namespace headrace::worker {
namespace {

using std::chrono::microseconds;

// A producer's clock may be ahead of ours.
microseconds Age(Timestamp now, Timestamp appended) {
  return std::max(microseconds(0), now - appended);
}

}  // namespace

void LagBook::Own(std::span<const PartitionPosition> positions, SteadyTime now) {
  last_ = nullptr;
  for (const PartitionPosition& position : positions) {
    followed_[position.partition] = {.marks = {}, .frontier = 0, .moved_at = now, .age = {}};
  }
}

void LagBook::Forget(std::span<const TopicPartition> partitions) {
  last_ = nullptr;
  for (const TopicPartition& partition : partitions) followed_.erase(partition);
}

void LagBook::Find(TopicPartition partition) {
  const auto found = followed_.find(partition);
  last_ = found == followed_.end() ? nullptr : &found->second.marks;
  last_partition_ = partition;
}

std::vector<PartitionLag> LagBook::Measure(PartitionBook& partitions, const Backlog& backlog,
                                           Timestamp wall_now, SteadyTime now,
                                           std::map<std::int32_t, std::int64_t>& questions) {
  std::vector<PartitionLag> lags;
  for (auto& [partition, followed] : followed_) {
    const OwnedPartition* owned = partitions.Find(partition);
    if (owned == nullptr) continue;
    const OffsetLedger& ledger = owned->ledger;
    PartitionLag lag{.partition = partition.partition};
    const auto index = static_cast<std::size_t>(partition.partition);
    const std::int64_t end = index < backlog.ends.size() ? backlog.ends[index] : 0;
    if (followed.frontier != ledger.frontier()) followed.moved_at = now;
    followed.frontier = ledger.frontier();
    if (ledger.pending() > 0) {
      lag.messages = std::max(end, ledger.high_water()) - followed.frontier;
      if (const auto appended = followed.marks.At(followed.frontier)) {
        followed.age = Age(wall_now, *appended);
      }
    } else if (!backlog.ends.empty()) {
      MeasureUnread(followed, backlog, end, wall_now, lag, questions);
    }
    if (lag.messages == 0) followed.moved_at = now;
    lag.age = followed.age;
    lag.stalled = now - followed.moved_at >= stalled_after_;
    lags.push_back(lag);
  }
  return lags;
}

// All that was read is finished. What comes next, if anything does, only the backlog knows: it may
// have waited unread for long, and a rest of compacted or control records is nothing to do.
void LagBook::MeasureUnread(Followed& followed, const Backlog& backlog, std::int64_t end,
                            Timestamp wall_now, PartitionLag& lag,
                            std::map<std::int32_t, std::int64_t>& questions) {
  std::int64_t next = followed.frontier;
  const auto found = backlog.first.find(lag.partition);
  const bool answered = found != backlog.first.end() && found->second.asked == next;
  if (answered) next = std::max(next, found->second.offset);
  lag.messages = std::max<std::int64_t>(0, end - next);
  if (lag.messages == 0) {
    followed.age = microseconds(0);
  } else if (answered && found->second.appended) {
    followed.age = Age(wall_now, *found->second.appended);
  } else {
    questions[lag.partition] = followed.frontier;
  }
}

}  // namespace headrace::worker
