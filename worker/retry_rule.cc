#include "worker/retry_rule.h"

#include <algorithm>

namespace headrace::worker {

using std::chrono::milliseconds;

RetryRule::RetryRule(const RetrySettings& settings, std::uint64_t seed)
    : settings_(settings), random_(static_cast<std::minstd_rand::result_type>(seed)) {}

RetryDecision RetryRule::Decide(const StoreError& error, const RetryCase& chunk) {
  using Action = RetryDecision::Action;
  const Action blame = chunk.chunk_items > 1 ? Action::kSplit : Action::kFailItem;
  switch (error.error_class) {
    case StoreErrorClass::kItem:
      return {blame, milliseconds(0)};
    case StoreErrorClass::kThrottled:
      return {Action::kRetry, error.retry_after.value_or(Backoff(chunk.attempts))};
    case StoreErrorClass::kFatal:
      // Nothing but a person mends this, so there is no hurry; but the stream is never
      // dead-lettered for it, and when it is mended work goes on by itself.
      return {Action::kRetry, settings_.backoff_max};
    case StoreErrorClass::kFenced:
      // Never a strike, and what is not ours any more is forgotten before the retry.
    case StoreErrorClass::kTransient:
      break;
  }
  // Only strikes count, and only a strike can be the last straw: a store that is down for everybody
  // must not empty the topic into dead letters, not even of items that had strikes before. Graphs
  // are separated at the first, so that one graph's trouble holds up no other; a graph's items when
  // its tries are used up, so that the good ones do not fail with the bad one.
  if (!chunk.struck) return {Action::kRetry, Backoff(chunk.attempts)};
  if (chunk.several_graphs) return {Action::kSplit, Backoff(chunk.attempts)};
  if (chunk.strikes >= settings_.attempts_max || chunk.age > settings_.age_max)
    return {blame, milliseconds(0)};
  return {Action::kRetry, Backoff(chunk.attempts)};
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
