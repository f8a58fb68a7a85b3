#include "tests/simulation/pace_judge.h"

#include <algorithm>
#include <string>

#include "tests/simulation/checker.h"

namespace headrace::simulation {

void PaceJudge::Begins(const Chunk& chunk) {
  if (clock_.Now() < closed_until_) {
    Checker::Fail("a throttling store is not asked before the time it named",
                  "chunk " + std::to_string(chunk.token));
  }
  newer_.insert(chunk.token);
}

void PaceJudge::Sees(const ChunkResult& result) {
  const bool refused = result.error && result.error->error_class == StoreErrorClass::kThrottled;
  const bool is_newer = newer_.erase(result.token) > 0;
  older_.erase(result.token);
  if (!refused) {
    let_in_ = let_in_ || is_newer;
    return;
  }
  older_.merge(newer_);
  let_in_ = was_calm_ = false;
  refused_ = true;
  if (!result.error->retry_after) return;
  closed_until_ = std::max(closed_until_, clock_.Now() + *result.error->retry_after);
}

void PaceJudge::Says(const worker::PaceState& pace) {
  if (pace.throttled && newer_.size() > pace.chunks_max) {
    Checker::Fail("a throttled worker keeps to its window",
                  std::to_string(newer_.size()) + " chunks, " + std::to_string(pace.chunks_max) +
                      " are allowed");
  }
  const bool slower = pace.items_per_second < pace_.items_per_second;
  if (slower && !refused_) {
    Checker::Fail("the pace falls only at a refusal", std::to_string(pace.items_per_second));
  }
  const bool no_faster = pace.items_per_second <= pace_.items_per_second;
  if (pace.throttled && was_calm_ && clock_.Now() > said_at_ && no_faster) {
    Checker::Fail("the pace rises while nothing is refused", std::to_string(pace.items_per_second));
  }
  pace_ = pace;
  said_at_ = clock_.Now();
  was_calm_ = calm();
  refused_ = false;
}

}  // namespace headrace::simulation
