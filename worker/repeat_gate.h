// Keeps an item that has ended already from being tried again.
//
// A redelivered item whose outcome is `failed` must not be tried again: a store that would take it
// now would put it behind its successors, and the counters would say otherwise. So what may be a
// repeat waits here until its state is known. Items come from one partition in order and leave in
// order: whatever stands behind a waiting item of its partition waits with it, other partitions
// flow, and so does everything that cannot be a repeat while nothing before it waits.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "common/model/outcome.h"
#include "worker/work_item.h"

namespace headrace::worker {

struct ItemOutcome {
  ItemRef ref;
  bool ended = false;  // it has an outcome in its round, or in a newer one
};

// Where the gate asks. Answers come later and in any order; every question gets one.
class OutcomeSource {
 public:
  virtual ~OutcomeSource() = default;
  virtual void Ask(std::vector<ItemRef> items) = 0;
  virtual void Collect(std::vector<ItemOutcome>& answers) = 0;  // never waits
};

// Pure, but for the source. Owned by the loop thread.
class RepeatGate {
 public:
  explicit RepeatGate(OutcomeSource& source) : source_(source) {}

  // True when the item may pass at once; it is left as it is then. Otherwise the gate took it.
  bool Passes(WorkItem& item, bool may_be_repeat);
  // Takes in what the source answered. Appends what may go on to `to_try`, in order, and what has
  // ended already to `ended`.
  void Settle(std::vector<WorkItem>& to_try, std::vector<WorkItem>& ended);
  // Takes out what came from these partitions.
  std::vector<WorkItem> Remove(const std::set<TopicPartition>& partitions);

 private:
  enum class Answer { kAwaited, kTry, kEnded };
  struct Waiting {
    WorkItem item;
    Answer answer;
  };

  void AskAboutNew();

  OutcomeSource& source_;
  std::map<TopicPartition, std::deque<Waiting>> waiting_;  // no empty queues
  std::vector<ItemRef> to_ask_;
  std::vector<ItemOutcome> answers_;
};

}  // namespace headrace::worker
