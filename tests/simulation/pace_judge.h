// How a worker treats a store that says that it is too much.
#pragma once

#include <cstdint>
#include <set>

#include "common/base/clock.h"
#include "common/ports/graph_store.h"
#include "worker/store_pace.h"

namespace headrace::simulation {

// One for each life of a worker. What the worker has not seen yet of the store's answers does not
// bind it.
class PaceJudge {
 public:
  explicit PaceJudge(const Clock& clock) : clock_(clock) {}

  void Begins(const Chunk& chunk);
  void Sees(const ChunkResult& result);
  // At the end of each of its turns, as long as it is throttled.
  void Says(const worker::PaceState& pace);

  // Nothing limits it.
  bool at_full_speed() const { return !pace_.throttled; }

 private:
  bool calm() const { return let_in_ && older_.empty(); }

  const Clock& clock_;
  SteadyTime closed_until_{};
  // In the store: begun after the last refusal, and before it.
  std::set<std::uint64_t> newer_, older_;
  bool let_in_ = false;  // one of those begun after the last refusal
  // As it last said.
  worker::PaceState pace_;
  SteadyTime said_at_{};
  bool was_calm_ = false;  // and has been since
  bool refused_ = false;   // since then
};

}  // namespace headrace::simulation
