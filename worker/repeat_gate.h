// Keeps an item that has ended already from being tried again.
//
// A redelivered item whose outcome is `failed` must not be tried again: a store that would take it
// now would put it behind its successors, and the counters would say otherwise. So what may be a
// repeat waits here until its state is known. Items come from one partition in order and leave in
// order: whatever stands behind a waiting item of its partition waits with it, other partitions
// flow, and so does everything that cannot be a repeat while nothing before it waits.
//
// For the next owner to know what may be a repeat, what is beyond the mark that is reserved in
// Kafka (see PartitionBook) waits here too. While Kafka refuses commits it waits for as long: an
// item that ended beyond the mark could not be told from a new one after a crash.
//
// And what stands behind an item that is given up waits until Kafka has its outcome, as what stands
// behind a failed one does in its lane (see FailedItems).
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "common/model/outcome.h"
#include "worker/partition_book.h"
#include "worker/work_item.h"

namespace headrace::worker {

// To sort and search by.
inline auto OrderOf(const ItemRef& ref) { return std::tie(ref.batch, ref.index, ref.round); }

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

// Pure, but for the source. Owned by the loop thread; items are of partitions in the book.
class RepeatGate {
 public:
  RepeatGate(OutcomeSource& source, PartitionBook& partitions)
      : source_(source), partitions_(partitions) {}

  // True when the item may pass at once; it is left as it is then. Otherwise the gate took it.
  bool Passes(WorkItem& item);
  // Takes in what the source answered. Appends what may go on to `to_try`, in order, and what has
  // ended already to `ended`.
  void Settle(std::vector<WorkItem>& to_try, std::vector<WorkItem>& ended);
  // Kafka has an outcome of these items now, whatever was or will be answered about them.
  void End(const ItemTest& has_ended);
  // Items that were asked about may be in the worker still, here or behind the gate.
  bool MayBeOutdated() const;
  // Items wait for a commit with a higher mark.
  bool waits_for_mark() const { return waits_for_mark_; }
  // Takes out what came from these partitions.
  std::vector<WorkItem> Remove(const std::set<TopicPartition>& partitions);

 private:
  enum class Answer { kAwaited, kTry, kEnded, kGivenUp };
  using Order = std::tuple<BatchId, std::uint32_t, std::uint8_t>;
  struct Waiting {
    WorkItem item;  // of one that is given up, the trace is left here
    Answer answer;
  };
  using Queue = std::deque<Waiting>;

  void AskAboutNew();
  void CollectAnswers();
  static void Release(Queue& queue, const OwnedPartition& partition, std::vector<WorkItem>& to_try,
                      std::vector<WorkItem>& ended);
  Answer AnswerTo(const ItemRef& ref);

  OutcomeSource& source_;
  PartitionBook& partitions_;
  bool waits_for_mark_ = false;
  std::map<TopicPartition, Queue> waiting_;  // no empty queues
  std::vector<ItemRef> to_ask_;
  std::vector<ItemOutcome> answers_;  // by ref, then as they came
  std::vector<bool> used_;            // of answers_
  // Answers that will come to questions about items that were removed. What they say may be too old
  // for the same item when it comes again.
  std::map<Order, int> unwanted_;
};

}  // namespace headrace::worker
