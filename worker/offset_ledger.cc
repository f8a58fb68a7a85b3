#include "worker/offset_ledger.h"

#include <algorithm>
#include <bit>

#include "common/base/check.h"

namespace headrace::worker {
namespace {
constexpr std::size_t kInitialSpan = 1024;
}  // namespace

OffsetLedger::OffsetLedger(std::int64_t start, std::size_t span_max)
    : span_max_(std::bit_ceil(std::max(span_max, kInitialSpan))),
      ring_(kInitialSpan, kFinished),
      mask_(kInitialSpan - 1),
      frontier_(start),
      high_water_(start) {}

bool OffsetLedger::HasRoom(std::int64_t offset) const {
  // Nothing pending means that the frontier may jump over any gap; a repeat needs no room.
  return pending_ == 0 || offset < high_water_ ||
         static_cast<std::size_t>(offset - frontier_) < span_max_;
}

bool OffsetLedger::Add(std::int64_t offset) {
  if (offset < high_water_) return false;
  CHECK(HasRoom(offset));
  if (pending_ == 0) frontier_ = offset;
  if (static_cast<std::size_t>(offset - frontier_) > mask_) Grow(offset);
  // Slots between the old high water and this offset were never delivered: a gap, and finished,
  // which is what every slot outside [frontier, high water) holds already.
  At(offset) = kPending;
  high_water_ = offset + 1;
  ++pending_;
  return true;
}

bool OffsetLedger::Complete(std::int64_t offset) {
  if (offset < frontier_ || offset >= high_water_ || At(offset) == kFinished) return false;
  At(offset) = kFinished;
  --pending_;
  while (frontier_ < high_water_ && At(frontier_) == kFinished) ++frontier_;
  return true;
}

void OffsetLedger::Grow(std::int64_t offset) {
  const std::size_t span = std::bit_ceil(static_cast<std::size_t>(offset - frontier_) + 1);
  std::vector<Slot> wider(span, kFinished);
  for (std::int64_t o = frontier_; o < high_water_; ++o) {
    wider[static_cast<std::size_t>(o) & (span - 1)] = At(o);
  }
  ring_ = std::move(wider);
  mask_ = span - 1;
}

}  // namespace headrace::worker
