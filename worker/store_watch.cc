#include "worker/store_watch.h"

namespace headrace::worker {
namespace {
constexpr std::chrono::seconds kPatience{2};
}  // namespace

bool StoreWatch::Note(const ChunkResult& result, SteadyTime now) {
  const bool was_up = is_up_;
  // A chunk that is refused for an item's sake was looked at, so the store works.
  if (!result.error || result.error->error_class == StoreErrorClass::kItem) {
    last_success_ = now;
    failing_since_ = {};
    is_up_ = true;
  } else if (result.error->error_class != StoreErrorClass::kThrottled &&
             result.error->error_class != StoreErrorClass::kFenced) {
    if (failing_since_ == SteadyTime{}) failing_since_ = now;
    if (result.error->error_class == StoreErrorClass::kFatal || now - failing_since_ >= kPatience) {
      is_up_ = false;
    }
  }
  return was_up != is_up_;
}

}  // namespace headrace::worker
