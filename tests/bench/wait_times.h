// How long items wait from being produced to being done, of all graphs but the hot one.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/ports/graph_store.h"

namespace headrace::bench {

// Reads the moment that bench-preload's paced items carry; other items are not counted. Called by
// the threads that complete chunks.
class WaitTimes {
 public:
  void End(const Chunk& chunk);

  // ,"waits":N,"wait_p50_us":N,"wait_p99_us":N or nothing when no item was counted. The first tenth
  // is left out: it met a worker that was starting.
  std::string Report() const;

 private:
  std::atomic<bool> paced_ = true;  // no item without its moment was seen
  mutable Mutex mutex_;
  std::vector<std::uint32_t> microseconds_ GUARDED_BY(mutex_);  // in the order of their ends
};

}  // namespace headrace::bench
