#include "common/kafka/prefetch_watch.h"

namespace headrace::kafka {
namespace {

// The size of queued messages is only estimated, so nearly full counts as full.
bool IsNearly(std::size_t value, std::size_t limit) { return value >= limit - limit / 8; }

}  // namespace

bool PrefetchWatch::ShouldWake(std::size_t messages, std::size_t bytes, std::size_t queued) {
  if (messages > 0) message_bytes_ = bytes / messages;
  const std::size_t queued_bytes = queued * message_bytes_;
  if (IsNearly(queued, limits_.messages) || IsNearly(queued_bytes, limits_.bytes)) {
    was_full_ = true;
    return false;
  }
  const bool half_empty = queued <= limits_.messages / 2 && queued_bytes <= limits_.bytes / 2;
  if (!was_full_ || !half_empty) return false;
  was_full_ = false;
  return true;
}

}  // namespace headrace::kafka
