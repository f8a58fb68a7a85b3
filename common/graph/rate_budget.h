// So many items a second and no more, for one process or for all of a host together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace headrace::graph {

// A token bucket that holds a second's items, kept as one number: the time at which it will be full
// again. That number is an atomic in this process, or in a file that several processes map; nobody
// waits for anybody, and a process that dies leaves nothing locked. The clock is the host's
// monotonic one, which all processes read alike; after a reboot what the file says is out of
// range, and the bucket is full.
//
// Called from any thread.
class RateBudget {
 public:
  // `path` empty: this process alone; otherwise a file, made when it is missing. kInvalid: it
  // cannot be opened or mapped.
  static Result<RateBudget> Open(std::uint32_t items_per_second, const std::string& path);

  // Takes the items out, or says how long it takes until there are as many (for more than a
  // second's: until it is full).
  std::optional<std::chrono::milliseconds> Take(std::size_t items, SteadyTime now);

 private:
  using Cell = std::atomic<std::int64_t>;  // nanoseconds of the steady clock
  RateBudget(std::uint32_t items_per_second, std::shared_ptr<Cell> full_at)
      : items_per_second_(items_per_second), full_at_(std::move(full_at)) {}

  std::uint32_t items_per_second_;
  std::shared_ptr<Cell> full_at_;  // shared for its deleter, which unmaps the file
};

}  // namespace headrace::graph
