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
  std::uint32_t attempts_max = 10;  // of an item that fails while the store works for others
  std::chrono::milliseconds age_max{3'600'000};  // from its first try, likewise
};

// What the rule must know of a chunk; the numbers are the largest of its items'.
struct RetryCase {
  std::size_t chunk_items = 1;
  bool several_graphs = false;
  std::uint32_t attempts = 1;  // this one included
  std::uint32_t strikes = 0;   // of them, although the store worked for others
  bool struck = false;         // this one is such a strike
  std::chrono::milliseconds age{0};
};

struct RetryDecision {
  enum class Action {
    kRetry,     // the same items again after `delay`
    kSplit,     // one of them is bad: bisect
    kFailItem,  // it stood alone, and is the bad one or has been tried often enough
  };
  Action action = Action::kRetry;
  std::chrono::milliseconds delay{0};
};

class RetryRule {
 public:
  RetryRule(const RetrySettings& settings, std::uint64_t seed);

  RetryDecision Decide(const StoreError& error, const RetryCase& chunk);

 private:
  std::chrono::milliseconds Backoff(std::uint32_t attempts);

  const RetrySettings settings_;
  std::minstd_rand random_;
};

}  // namespace headrace::worker
