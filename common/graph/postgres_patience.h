#pragma once

#include <algorithm>
#include <atomic>

#include "common/base/clock.h"

namespace headrace::graph {

// Until when the connections of a store may wait for their server at all. Shared by their threads.
class PostgresPatience {
 public:
  void EndAt(SteadyTime end) { end_ = end; }
  bool Over(SteadyTime now) const { return now >= end_.load(); }
  SteadyTime Within(SteadyTime deadline) const { return std::min(deadline, end_.load()); }

 private:
  std::atomic<SteadyTime> end_ = SteadyTime::max();
};

}  // namespace headrace::graph
