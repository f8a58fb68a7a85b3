#include "worker/duration_tally.h"

#include <cmath>
#include <limits>

namespace headrace::worker {
namespace {

std::int64_t BoundMicros(std::size_t bucket) {
  return static_cast<std::int64_t>(std::llround(DurationTally::kBounds[bucket] * 1e6));
}

}  // namespace

void DurationTally::Clear() {
  counts_ = {};
  sum_us_ = 0;
}

void DurationTally::FindBucket(std::int64_t us) {
  bucket_ = 0;
  while (bucket_ < kBounds.size() && us > BoundMicros(bucket_)) ++bucket_;
  lower_ = bucket_ == 0 ? -1 : BoundMicros(bucket_ - 1);
  upper_ =
      bucket_ == kBounds.size() ? std::numeric_limits<std::int64_t>::max() : BoundMicros(bucket_);
}

}  // namespace headrace::worker
