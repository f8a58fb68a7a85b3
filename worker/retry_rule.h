// What to do with a chunk that the store did not apply. Pure, but for the random jitter that it is
// seeded with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "common/ports/graph_store.h"

namespace headrace::worker {

struct RetrySettings {
  std::chrono::milliseconds backoff{200};
  std::chrono::milliseconds backoff_max{30'000};
};

struct RetryDecision {
  enum class Action {
    kRetry,     // the same items again after `delay`
    kSplit,     // one of them is bad: bisect
    kFailItem,  // it stood alone: it is the bad one
  };
  Action action = Action::kRetry;
  std::chrono::milliseconds delay{0};
};

class RetryRule {
 public:
  RetryRule(const RetrySettings& settings, std::uint64_t seed);

  // `attempts`: how often the chunk's first item has been tried, this time included.
  RetryDecision Decide(const StoreError& error, std::size_t chunk_items, std::uint32_t attempts);

 private:
  std::chrono::milliseconds Backoff(std::uint32_t attempts);

  const RetrySettings settings_;
  std::minstd_rand random_;
};

}  // namespace headrace::worker
