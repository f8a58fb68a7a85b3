#include "worker/commits.h"

#include "common/base/log.h"

namespace headrace::worker {
namespace {

// The wait between two of them may end early.
constexpr int kLastTriesMax = 10;

}  // namespace

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

void Commits::CommitLast(const std::set<TopicPartition>& left, SteadyTime deadline,
                         const Wakeup& wakeup) {
  for (int tries = 1; !CommitNow(left); ++tries) {
    if (tries == kLastTriesMax || parts_.clock.Now() + kRetry > deadline) {
      log::Warn("last_commit_failed",
                {{"tries", tries},
                 {"detail", "the next owner repeats what has ended since the commit before"}});
      return;
    }
    wakeup.Wait(kRetry);
  }
}

}  // namespace headrace::worker
