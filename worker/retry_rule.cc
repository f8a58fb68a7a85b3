#include "worker/retry_rule.h"

#include <algorithm>

namespace headrace::worker {

using std::chrono::milliseconds;

RetryRule::RetryRule(const RetrySettings& settings, std::uint64_t seed)
    : settings_(settings), random_(static_cast<std::minstd_rand::result_type>(seed)) {}

RetryDecision RetryRule::Decide(const StoreError& error, std::size_t chunk_items,
                                std::uint32_t attempts) {
  using Action = RetryDecision::Action;
  switch (error.error_class) {
    case StoreErrorClass::kItem:
      return {chunk_items > 1 ? Action::kSplit : Action::kFailItem, milliseconds(0)};
    case StoreErrorClass::kThrottled:
      return {Action::kRetry, error.retry_after.value_or(Backoff(attempts))};
    case StoreErrorClass::kFatal:
      // Nothing but a person mends this, so there is no hurry; but the stream is never
      // dead-lettered for it, and when it is mended work goes on by itself.
      return {Action::kRetry, settings_.backoff_max};
    case StoreErrorClass::kTransient:
      return {Action::kRetry, Backoff(attempts)};
  }
  return {Action::kRetry, settings_.backoff_max};
}

milliseconds RetryRule::Backoff(std::uint32_t attempts) {
  const std::uint32_t doublings = std::min(attempts > 0 ? attempts - 1 : 0u, 20u);
  const milliseconds full =
      std::min(settings_.backoff * (std::int64_t{1} << doublings), settings_.backoff_max);
  // Between half and all of it, so that workers that failed together do not return together.
  std::uniform_int_distribution<std::int64_t> jitter(full.count() / 2, full.count());
  return milliseconds(jitter(random_));
}

}  // namespace headrace::worker
