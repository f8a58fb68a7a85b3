// Several workers' paces against one store that allows so many items a second, on a manual clock.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/clock.h"

namespace headrace::worker {

struct PacedStore {
  double items_per_second = 200;
  double burst_seconds = 1;
  std::chrono::milliseconds latency_min{1};
  std::chrono::milliseconds latency_max{100};
  std::chrono::milliseconds retry_after_min{0};  // the store says at least this, or the exact time
  bool says_when = true;
};

struct PacedRun {
  std::size_t workers = 3;
  std::size_t chunk_items_max = 500;  // of what the lanes have ready: 1 to this many
  std::size_t chunks_in_flight_max = 4;
  std::chrono::seconds warm_up{60};
  std::chrono::seconds measured{60};
};

// Of the measured time.
struct PacedResult {
  double used = 0;           // of what the store allows
  double refused = 0;        // of the calls
  double least_share = 1;    // of a worker, of an equal share
  double refused_early = 0;  // of the calls of the warm-up
};

PacedResult Simulate(const PacedStore& store, const PacedRun& run, std::uint32_t seed);

}  // namespace headrace::worker
