// When the frontiers of the owned partitions are committed.
#pragma once

#include <chrono>
#include <set>

#include "common/base/clock.h"
#include "common/base/wakeup.h"
#include "common/ports/event_log.h"
#include "worker/kafka_watch.h"
#include "worker/loop_beat.h"
#include "worker/loop_meter.h"
#include "worker/partition_book.h"

namespace headrace::worker {

// A commit waits for the broker. One that fails changes nothing: the frontier is tried again, and a
// crash meanwhile only repeats work. Owned by the loop thread.
class Commits {
 public:
  // Not before it, when the last one failed and items wait for it.
  static constexpr std::chrono::milliseconds kRetry{100};

  struct Parts {
    PartitionBook& partitions;
    KafkaWatch& kafka;
    LoopMeter& meter;
    const Clock& clock;
    LoopBeat* beat;
  };
  Commits(const Parts& parts, std::chrono::milliseconds interval)
      : parts_(parts), interval_(interval) {}

  // Before anything is committed. Null: the group has been left.
  void Use(EventConsumer* consumer) { consumer_ = consumer; }

  // Commits once an interval, and sooner what items wait for.
  void CommitIfDue(bool items_wait);
  // False when it failed. `left`: see PartitionBook::NextCommit.
  bool CommitNow(const std::set<TopicPartition>& left);
  // Before partitions are given up. One that fails is tried again a few times, not after
  // `deadline`; waits on `wakeup` in between.
  void CommitLast(const std::set<TopicPartition>& left, SteadyTime deadline, const Wakeup& wakeup);
  // The next CommitIfDue commits.
  void Hasten() { next_ = {}; }

 private:
  const Parts parts_;
  const std::chrono::milliseconds interval_;
  EventConsumer* consumer_ = nullptr;
  SteadyTime next_{};
  SteadyTime next_retry_{};
};

}  // namespace headrace::worker
