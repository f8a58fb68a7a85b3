#include "worker/commits.h"

#include "common/base/log.h"

namespace headrace::worker {

void Commits::CommitIfDue(bool items_wait) {
  const SteadyTime now = parts_.clock.Now();
  if (now < next_) {
    if (items_wait && now >= next_retry_) CommitNow({});
    return;
  }
  next_ = now + interval_;
  CommitNow({});
  // A poll that brings nothing does not prove that a broker is back.
  if (!parts_.kafka.answers() && consumer_->EndOffsets(0).ok()) {
    parts_.kafka.Note({}).IgnoreError();
  }
}

bool Commits::CommitNow(const std::set<TopicPartition>& left) {
  const std::vector<PartitionPosition> due = parts_.partitions.NextCommit(left);
  if (due.empty()) return true;
  EnterPhase(parts_.beat, LoopPhase::kCommitting);
  if (Status committed = consumer_->Commit(due); !committed.ok()) {
    ++parts_.meter.flow().commit_failures;
    log::Debug("commit_failed", {{"error", committed.error().message}});
    next_retry_ = parts_.clock.Now() + kRetry;
    return false;
  }
  parts_.partitions.MarkCommitted(due);
  parts_.kafka.Note({}).IgnoreError();
  return true;
}

}  // namespace headrace::worker
