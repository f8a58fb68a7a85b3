#include "worker/repeat_gate.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace headrace::worker {
namespace {

auto OrderOf(const ItemRef& ref) { return std::tie(ref.batch, ref.index, ref.round); }

}  // namespace

bool RepeatGate::Passes(WorkItem& item, bool may_be_repeat) {
  const auto queue = waiting_.find(item.source);
  if (!may_be_repeat && queue == waiting_.end()) return true;
  if (may_be_repeat) to_ask_.push_back(item.write.ref);
  waiting_[item.source].push_back(
      {std::move(item), may_be_repeat ? Answer::kAwaited : Answer::kTry});
  return false;
}

void RepeatGate::Settle(std::vector<WorkItem>& to_try, std::vector<WorkItem>& ended) {
  AskAboutNew();
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
    while (!queue->second.empty() && queue->second.front().answer != Answer::kAwaited) {
      Waiting& front = queue->second.front();
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
