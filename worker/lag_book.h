// How far behind the worker is, partition by partition, and which partitions stand still.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/event_log.h"
#include "worker/append_marks.h"
#include "worker/backlog.h"
#include "worker/partition_book.h"

namespace headrace::worker {

struct PartitionLag {
  std::int32_t partition = 0;
  std::int64_t messages = 0;
  // Now minus the append time of the first unprocessed record; zero when caught up, empty while it
  // is not known yet.
  std::optional<std::chrono::microseconds> age;
  bool stalled = false;  // behind, and its frontier has not moved for a while
};

// Pure. Owned by the loop thread, beside the PartitionBook whose partitions it follows.
class LagBook {
 public:
  explicit LagBook(std::chrono::milliseconds stalled_after) : stalled_after_(stalled_after) {}

  void Own(std::span<const PartitionPosition> positions, SteadyTime now);
  void Forget(std::span<const TopicPartition> partitions);

  // A record that the ledger took.
  void Note(TopicPartition partition, std::int64_t offset, Timestamp appended) {
    if (last_ == nullptr || last_partition_ != partition) Find(partition);
    if (last_ != nullptr) last_->Note(offset, appended);
  }

  // Of all owned partitions. Fills in what to ask the backlog next.
  std::vector<PartitionLag> Measure(PartitionBook& partitions, const Backlog& backlog,
                                    Timestamp wall_now, SteadyTime now,
                                    std::map<std::int32_t, std::int64_t>& questions);

 private:
  struct Followed {
    AppendMarks marks;
    std::int64_t frontier = 0;
    SteadyTime moved_at{};
    std::optional<std::chrono::microseconds> age;  // as last measured
  };
  void Find(TopicPartition partition);
  void MeasureUnread(Followed& followed, const Backlog& backlog, std::int64_t end,
                     Timestamp wall_now, PartitionLag& lag,
                     std::map<std::int32_t, std::int64_t>& questions);

  const std::chrono::milliseconds stalled_after_;
  std::map<TopicPartition, Followed> followed_;
  TopicPartition last_partition_;  // whose marks these are
  AppendMarks* last_ = nullptr;
};

}  // namespace headrace::worker
