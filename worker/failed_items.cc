#include "worker/failed_items.h"

#include <algorithm>

namespace headrace::worker {
namespace {

bool HasFailed(const ItemFailure* failure) { return failure != nullptr && !failure->canceled; }

}  // namespace

void FailedItems::Finish(std::span<const WorkItem> chunk,
                         std::span<const ItemFailure* const> failures) {
  if (std::ranges::none_of(failures, HasFailed)) return lanes_.Finish(chunk);
  if (chunk.front().bisection != nullptr) return Close(chunk, failures);
  for (std::size_t begin = 0; begin < chunk.size();) {
    std::size_t end = begin + 1;  // a lane's items are adjacent
    while (end < chunk.size() && chunk[end].lane == chunk[begin].lane) ++end;
    const auto of_lane = chunk.subspan(begin, end - begin);
    const auto its_failures = failures.subspan(begin, end - begin);
    if (std::ranges::any_of(its_failures, HasFailed)) {
      Close(of_lane, its_failures);
    } else {
      lanes_.Finish(of_lane);
    }
    begin = end;
  }
}

void FailedItems::Close(std::span<const WorkItem> chunk,
                        std::span<const ItemFailure* const> failures) {
  const ClosedAt closed = closed_.emplace(closed_.end());
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    if (i + 1 == chunk.size() || chunk[i + 1].lane != chunk[i].lane) {
      static_cast<ItemTrace&>(closed->ends.emplace_back()) = chunk[i];
    }
    if (!HasFailed(failures[i])) continue;
    ++closed->awaited;
    awaited_.emplace(Place{chunk[i].source, chunk[i].offset}, Awaited{chunk[i].write.ref, closed});
  }
}

void FailedItems::Add(const WorkItem& item) {
  awaited_.emplace(Place{item.source, item.offset}, Awaited{item.write.ref, closed_.end()});
}

void FailedItems::Release(const DoneItem& item) {
  const auto found = awaited_.find({item.source, item.offset});
  if (found == awaited_.end()) return;
  const Awaited awaited = found->second;
  awaited_.erase(found);
  acknowledged_.push_back(awaited.ref);
  if (awaited.closed == closed_.end() || --awaited.closed->awaited > 0) return;
  lanes_.Finish(awaited.closed->ends);
  closed_.erase(awaited.closed);
}

}  // namespace headrace::worker
