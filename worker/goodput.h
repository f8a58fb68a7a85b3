// How much the store has applied lately.
#pragma once

#include <cstddef>

#include "common/base/clock.h"

namespace headrace::worker {

// Pure: two windows of a second, the one that runs and the one before. Adding costs a comparison.
class Goodput {
 public:
  void Add(std::size_t items, SteadyTime now) {
    if (now - begin_ >= kWindow) Turn(now);
    current_ += items;
  }
  // Per second, over one to two seconds; what came in a shorter time counts as of a whole second.
  double ItemsPerSecond(SteadyTime now);

 private:
  static constexpr std::chrono::seconds kWindow{1};
  void Turn(SteadyTime now);

  SteadyTime begin_{};
  std::size_t current_ = 0;
  std::size_t previous_ = 0;
  bool has_previous_ = false;
};

}  // namespace headrace::worker
