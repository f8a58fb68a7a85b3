// Finds the bad items of a chunk that a store refused without naming them.
//
// Of the items that are known to hide a bad one (the suspects, at the front) the first half is
// tried. If it is applied, the bad one is in the other half, which need not be tried to know that;
// if it is refused, it is in this one. So one bad item among n stands alone after ceil(log2 n)
// calls; one more call tries it by itself, and one takes the rest: the others keep their order.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "common/base/clock.h"
#include "worker/work_item.h"

namespace headrace::worker {

// Pure. Owned by the LaneBook; its items' lanes stay busy until none of their items is left in it.
class Bisection {
 public:
  Bisection(std::vector<WorkItem> refused, SteadyTime not_before);

  bool Ready(SteadyTime now) const { return !busy_ && !waiting_.empty() && not_before_ <= now; }
  // The items to try next, as one chunk of at most `items_max`.
  std::vector<WorkItem> Next(std::size_t items_max);
  // What Next returned is final.
  void Settled();
  // It was refused again, and there are several: the bad one is among them.
  void Refused(std::vector<WorkItem> chunk, SteadyTime not_before);
  // It was not tried to the end: the same again from `not_before` on.
  void PutBack(std::vector<WorkItem> chunk, SteadyTime not_before);
  // Takes out what waits and is no longer ours.
  std::vector<WorkItem> Remove(const ItemTest& is_gone);

  bool busy() const { return busy_; }
  // The last lane of what is being tried, which may go on in waiting(); null while not busy.
  const Lane* tail_lane() const { return tail_lane_; }
  const std::deque<WorkItem>& waiting() const { return waiting_; }
  SteadyTime not_before() const { return not_before_; }

 private:
  std::deque<WorkItem> waiting_;
  std::size_t suspects_;  // at the front of waiting_; 0: nothing is known
  std::size_t in_store_ = 0;
  bool busy_ = false;
  const Lane* tail_lane_ = nullptr;
  SteadyTime not_before_;
};

}  // namespace headrace::worker
