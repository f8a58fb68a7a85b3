// How fast this worker may go on a store that says that it is too much (throttled).
//
// Until the store says so nothing is limited, and being asked costs a branch. From the first
// refusal on, two things are limited, because stores limit either:
//
// - the pace in items a second, for stores with a budget of items: a refusal that follows an
//   applied chunk takes a tenth off, or sets it to what the store really applied lately if that was
//   less. Further refusals in a row halve it. It recovers what those took quickly, and then grows
//   by the tenth in some seconds: so slowly that few chunks find the limit. The
//   longer nothing is refused, the faster it grows, for a limit may have been lifted.
// - the chunks in the store at once, for stores that count callers: fewer by three tenths at a
//   refusal while they, and not the pace, were what held us back; one more after twenty chunks.
//
// A chunk is a tenth of a second's items, lest one that is larger than the store's budget allows
// at once is refused for ever. After a refusal nothing is begun until the time that the store
// asked for, and then one chunk alone until it is applied. Chunks that were under way at a refusal
// tell nothing new when they are refused as well: the same event is not answered twice.
//
// Several workers on one store know nothing of each other. The one that asks for more is refused
// more often, so their shares draw near to each other.
#pragma once

#include <cstddef>
#include <limits>

#include "common/base/clock.h"
#include "common/ports/graph_store.h"
#include "worker/goodput.h"

namespace headrace::worker {

// What is allowed at the moment.
struct PaceState {
  bool throttled = false;
  std::size_t chunks_max = 0;  // in the store at once
  double items_per_second = std::numeric_limits<double>::infinity();
};

// Pure: no thread, no clock, no port. Owned by the loop thread.
class StorePace {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

  explicit StorePace(std::size_t chunks_max) : chunks_max_(chunks_max) {}

  // How many items the next chunk may hold; 0: nothing may be begun now.
  std::size_t Allowance(std::size_t chunks_in_flight, SteadyTime now) {
    return throttled_ ? ThrottledAllowance(chunks_in_flight, now) : kUnlimited;
  }
  void Begun(std::size_t items, SteadyTime now) {
    if (throttled_) Charge(items, now);
  }
  // `chunks_in_flight` are those that are still there.
  void Done(const ChunkResult& result, std::size_t items, std::size_t chunks_in_flight,
            SteadyTime now);
  // Goes faster with the time, and ends when nothing has been refused for long and what is allowed
  // is far above what is used, or when there was nothing left to try. Called at every turn of the
  // loop.
  void Grow(std::size_t chunks_in_flight, SteadyTime now);

  bool throttled() const { return throttled_; }
  // Before this time nothing is begun, whatever the chunks under way do.
  SteadyTime opens_at() const { return pace_.next_chunk; }
  PaceState state() const;

 private:
  struct Pace {
    double items_per_second = 0;
    double proven = 0;        // so much was applied before the refusals in a row began
    SteadyTime grown{};       // when it last grew
    SteadyTime calm_since{};  // nothing was refused since
    std::size_t calm_items = 0;
    SteadyTime next_chunk{};
  };
  struct Window {
    double chunks = 1;
    bool binds = false;  // it, and not the pace, was what last held a chunk back
  };

  std::size_t ThrottledAllowance(std::size_t chunks_in_flight, SteadyTime now);
  void Charge(std::size_t items, SteadyTime now);
  void LetIn(std::size_t items, SteadyTime now);
  void Refused(const StoreError& error, std::size_t items, std::size_t chunks_in_flight,
               SteadyTime now);
  void Enter(std::size_t items, std::size_t chunks_in_flight, SteadyTime now);
  void SlowDown(SteadyTime now);
  std::size_t ChunkItems() const;

  const std::size_t chunks_max_;
  bool throttled_ = false;
  bool probing_ = false;   // refused, and nothing let in since
  std::size_t stale_ = 0;  // chunks under way that were begun before the last refusal
  Goodput goodput_;
  Pace pace_;
  Window window_;
};

}  // namespace headrace::worker
