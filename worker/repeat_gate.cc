#include "worker/repeat_gate.h"

#include <algorithm>
#include <utility>

namespace headrace::worker {

bool RepeatGate::Passes(WorkItem& item) {
  OwnedPartition& partition = *partitions_.Find(item.source);
  const bool may_be_repeat = item.again || item.offset < partition.repeats_end;
  const bool reserved = item.offset < partition.reserved_end;
  if (!may_be_repeat && reserved && !waiting_.contains(item.source)) return true;
  waits_for_mark_ = waits_for_mark_ || !reserved;
  if (may_be_repeat) {
    to_ask_.push_back(item.write.ref);
    partition.asked_end = item.offset + 1;
  }
  waiting_[item.source].push_back(
      {std::move(item), may_be_repeat ? Answer::kAwaited : Answer::kTry});
  return false;
}

void RepeatGate::Settle(std::vector<WorkItem>& to_try, std::vector<WorkItem>& ended) {
  AskAboutNew();
  waits_for_mark_ = false;
  if (waiting_.empty()) return;
  CollectAnswers();
  for (auto queue = waiting_.begin(); queue != waiting_.end();) {
    for (Waiting& waiting : queue->second) {
      if (waiting.answer != Answer::kAwaited) continue;
      waiting.answer = AnswerTo(waiting.item.write.ref);
    }
    const OwnedPartition& partition = *partitions_.Find(queue->first);
    waits_for_mark_ = waits_for_mark_ || queue->second.back().item.offset >= partition.reserved_end;
    Release(queue->second, partition, to_try, ended);
    queue = queue->second.empty() ? waiting_.erase(queue) : std::next(queue);
  }
}

void RepeatGate::Release(Queue& queue, const OwnedPartition& partition,
                         std::vector<WorkItem>& to_try, std::vector<WorkItem>& ended) {
  while (!queue.empty() && queue.front().answer != Answer::kAwaited) {
    Waiting& front = queue.front();
    if (front.answer == Answer::kGivenUp) {
      if (partition.suspects.GivesUp(front.item.offset)) return;
    } else if (front.item.offset >= partition.reserved_end) {
      return;
    } else if (front.answer == Answer::kTry && front.item.caution == Caution::kGiveUp) {
      to_try.push_back(std::exchange(front.item, {}));
      static_cast<ItemTrace&>(front.item) = to_try.back();
      front.answer = Answer::kGivenUp;
      return;
    } else {
      (front.answer == Answer::kEnded ? ended : to_try).push_back(std::move(front.item));
    }
    queue.pop_front();
  }
}

void RepeatGate::End(const ItemTest& has_ended) {
  AskAboutNew();  // so that every awaited answer is one that will come
  for (auto& [partition, queue] : waiting_) {
    for (Waiting& waiting : queue) {
      if (waiting.answer == Answer::kGivenUp || !has_ended(waiting.item)) continue;
      if (waiting.answer == Answer::kAwaited) ++unwanted_[OrderOf(waiting.item.write.ref)];
      waiting.answer = Answer::kEnded;
    }
  }
}

bool RepeatGate::MayBeOutdated() const {
  return std::ranges::any_of(partitions_.owned(), [&](const TopicPartition& name) {
    const OwnedPartition& partition = *partitions_.Find(name);
    return partition.asked_end > partition.ledger.frontier();
  });
}

void RepeatGate::CollectAnswers() {
  answers_.clear();
  source_.Collect(answers_);
  std::erase_if(answers_, [&](const ItemOutcome& answer) {
    const auto found = unwanted_.find(OrderOf(answer.ref));
    if (found == unwanted_.end()) return false;
    if (--found->second == 0) unwanted_.erase(found);
    return true;
  });
  std::stable_sort(
      answers_.begin(), answers_.end(),
      [](const ItemOutcome& a, const ItemOutcome& b) { return OrderOf(a.ref) < OrderOf(b.ref); });
  used_.assign(answers_.size(), false);
}

// Each question has an answer of its own.
RepeatGate::Answer RepeatGate::AnswerTo(const ItemRef& ref) {
  auto found = std::lower_bound(
      answers_.begin(), answers_.end(), ref,
      [](const ItemOutcome& a, const ItemRef& wanted) { return OrderOf(a.ref) < OrderOf(wanted); });
  for (; found != answers_.end() && found->ref == ref; ++found) {
    const auto place = static_cast<std::size_t>(found - answers_.begin());
    if (used_[place]) continue;
    used_[place] = true;
    return found->ended ? Answer::kEnded : Answer::kTry;
  }
  return Answer::kAwaited;
}

std::vector<WorkItem> RepeatGate::Remove(const std::set<TopicPartition>& partitions) {
  AskAboutNew();  // so that every awaited answer is one that will come
  std::vector<WorkItem> removed;
  for (const TopicPartition& partition : partitions) {
    auto queue = waiting_.extract(partition);
    if (queue.empty()) continue;
    for (Waiting& waiting : queue.mapped()) {
      if (waiting.answer == Answer::kAwaited) ++unwanted_[OrderOf(waiting.item.write.ref)];
      if (waiting.answer == Answer::kGivenUp) continue;
      removed.push_back(std::move(waiting.item));
    }
  }
  return removed;
}

// Questions of one round of the loop go together: they become few ranges of few batches.
void RepeatGate::AskAboutNew() {
  if (to_ask_.empty()) return;
  source_.Ask(std::exchange(to_ask_, {}));
}

}  // namespace headrace::worker
