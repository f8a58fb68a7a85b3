#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "common/base/clock.h"

namespace headrace::graph {

// Until when the connections of a store may wait for their server at all. Shared by their threads.
class PostgresPatience {
 public:
  PostgresPatience() = default;
  // Until `leaving` says so, too: it is asked several times a second, by the threads that wait.
  explicit PostgresPatience(std::function<bool()> leaving) : leaving_(std::move(leaving)) {}
  // Of whoever is ended by no more than a signal.
  static const PostgresPatience& Endless();

  void EndAt(SteadyTime end) { end_ = end; }
  bool Over(SteadyTime now) const { return now >= end_.load() || (leaving_ && leaving_()); }
  // Until one of the `events` of poll() is there. False when the deadline has passed, or the
  // patience is over, which another thread may bring about.
  bool AwaitSocket(int socket, short events, SteadyTime deadline) const;

 private:
  const std::function<bool()> leaving_;
  std::atomic<SteadyTime> end_ = SteadyTime::max();
};

}  // namespace headrace::graph
