// Partitions that are not read for a while, because a graph of theirs gets more than its lane can
// do.
//
// A graph's items are worked on one chunk after the other, and a partition is read in order. So one
// graph could fill the worker with its own items: whatever ends would make room for one more of
// them as often as for another graph's, and everybody's pace would be that of its lane. Instead its
// partition is paused until half of what is unfinished of it has ended, and the others have the
// room meanwhile.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "common/base/clock.h"
#include "common/ports/event_log.h"
#include "worker/partition_book.h"

namespace headrace::worker {

// Owned by the loop thread; refers to parts that live as long.
class HotPartitions {
 public:
  HotPartitions(EventConsumer& consumer, PartitionBook& partitions, const Clock& clock)
      : consumer_(consumer), partitions_(partitions), clock_(clock) {}

  // An item entered a lane that holds too much of the worker. Nothing happens before Turn.
  void Note(TopicPartition partition) { noted_ = partition; }
  // Lets go on what may, and pauses what was noted last, but for the last one that is read. Once a
  // round.
  void Turn();
  // It is paused for another reason now, or was assigned anew.
  void Drop(TopicPartition partition);

  bool Holds(TopicPartition partition) const;
  std::size_t count() const;

 private:
  struct Pause {
    bool ended = false;
    std::size_t unfinished_max = 0;  // goes on with no more
    SteadyTime since{};
    SteadyTime next{};  // once it has ended, there is none before
  };
  void Begin(TopicPartition partition);

  EventConsumer& consumer_;
  PartitionBook& partitions_;
  const Clock& clock_;
  std::optional<TopicPartition> noted_;
  std::map<TopicPartition, Pause> pauses_;  // the last one of each partition
};

}  // namespace headrace::worker
