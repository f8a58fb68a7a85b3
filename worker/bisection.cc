#include "worker/bisection.h"

#include <algorithm>
#include <iterator>

#include "common/base/check.h"

namespace headrace::worker {

Bisection::Bisection(std::vector<WorkItem> refused, SteadyTime not_before)
    : waiting_(std::make_move_iterator(refused.begin()), std::make_move_iterator(refused.end())),
      suspects_(refused.size()),
      not_before_(not_before) {}

std::vector<WorkItem> Bisection::Next(std::size_t items_max) {
  CHECK(!busy_ && !waiting_.empty());
  const std::size_t wanted =
      suspects_ == 0 ? waiting_.size() : std::max<std::size_t>(suspects_ / 2, 1);
  in_store_ = std::min(wanted, items_max);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(in_store_);
  std::vector<WorkItem> chunk(std::make_move_iterator(waiting_.begin()),
                              std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  for (WorkItem& item : chunk) item.bisection = this;
  busy_ = true;
  tail_lane_ = chunk.back().lane;
  return chunk;
}

void Bisection::Settled() {
  CHECK(busy_);
  busy_ = false;
  tail_lane_ = nullptr;
  suspects_ -= std::min(suspects_, in_store_);
}

void Bisection::Refused(std::vector<WorkItem> chunk, SteadyTime not_before) {
  suspects_ = chunk.size();
  PutBack(std::move(chunk), not_before);
}

void Bisection::PutBack(std::vector<WorkItem> chunk, SteadyTime not_before) {
  CHECK(busy_);
  not_before_ = not_before;
  busy_ = false;
  tail_lane_ = nullptr;
  waiting_.insert(waiting_.begin(), std::make_move_iterator(chunk.begin()),
                  std::make_move_iterator(chunk.end()));
}

std::vector<WorkItem> Bisection::Remove(const ItemTest& is_gone) {
  std::vector<WorkItem> removed;
  std::deque<WorkItem> kept;
  for (WorkItem& item : waiting_) {
    (is_gone(item) ? removed.emplace_back() : kept.emplace_back()) = std::move(item);
  }
  waiting_ = std::move(kept);
  // Which of the rest are suspects is not worth knowing exactly: at worst they are split anew.
  if (!removed.empty()) suspects_ = 0;
  return removed;
}

}  // namespace headrace::worker
