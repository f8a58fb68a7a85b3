#include "worker/repeat_gate.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace headrace::worker {
namespace {

auto OrderOf(const ItemRef& ref) { return std::tie(ref.batch, ref.index, ref.round); }

}  // namespace

bool RepeatGate::Passes(WorkItem& item) {
  const bool may_be_repeat = item.again || item.offset < partitions_.repeats_end(item.source);
  const bool reserved = item.offset < partitions_.reserved_end(item.source);
  if (!may_be_repeat && reserved && !waiting_.contains(item.source)) return true;
  waits_for_mark_ = waits_for_mark_ || !reserved;
  if (may_be_repeat) to_ask_.push_back(item.write.ref);
  waiting_[item.source].push_back(
      {std::move(item), may_be_repeat ? Answer::kAwaited : Answer::kTry});
  return false;
}

void RepeatGate::Settle(std::vector<WorkItem>& to_try, std::vector<WorkItem>& ended) {
  AskAboutNew();
  waits_for_mark_ = false;
  if (waiting_.empty()) return;
  answers_.clear();
  source_.Collect(answers_);
  std::sort(answers_.begin(), answers_.end(), [](const ItemOutcome& a, const ItemOutcome& b) {
    return OrderOf(a.ref) < OrderOf(b.ref);
  });
  for (auto queue = waiting_.begin(); queue != waiting_.end();) {
    for (Waiting& waiting : queue->second) {
      if (waiting.answer != Answer::kAwaited) continue;
      const auto found = std::lower_bound(
          answers_.begin(), answers_.end(), waiting.item.write.ref,
          [](const ItemOutcome& a, const ItemRef& ref) { return OrderOf(a.ref) < OrderOf(ref); });
      if (found == answers_.end() || found->ref != waiting.item.write.ref) continue;
      waiting.answer = found->ended ? Answer::kEnded : Answer::kTry;
    }
    const std::int64_t reserved_end = partitions_.reserved_end(queue->first);
    waits_for_mark_ = waits_for_mark_ || queue->second.back().item.offset >= reserved_end;
    while (!queue->second.empty() && queue->second.front().answer != Answer::kAwaited) {
      Waiting& front = queue->second.front();
      if (front.item.offset >= reserved_end) break;
      (front.answer == Answer::kEnded ? ended : to_try).push_back(std::move(front.item));
      queue->second.pop_front();
    }
    queue = queue->second.empty() ? waiting_.erase(queue) : std::next(queue);
  }
}

std::vector<WorkItem> RepeatGate::Remove(const std::set<TopicPartition>& partitions) {
  std::vector<WorkItem> removed;
  for (const TopicPartition& partition : partitions) {
    auto queue = waiting_.extract(partition);
    if (queue.empty()) continue;
    for (Waiting& waiting : queue.mapped()) removed.push_back(std::move(waiting.item));
  }
  return removed;
}

// Questions of one round of the loop go together: they become few ranges of few batches.
void RepeatGate::AskAboutNew() {
  if (to_ask_.empty()) return;
  source_.Ask(std::exchange(to_ask_, {}));
}

}  // namespace headrace::worker
