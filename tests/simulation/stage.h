// What all parts of one run share.
#pragma once

#include <map>
#include <string>

#include "common/ports/graph_store.h"
#include "tests/fakes/manual_clock.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/item_book.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/trace.h"

namespace headrace::simulation {

// Who claimed what in the store.
class Fence {
 public:
  ClaimId NewClaim() { return ++last_; }
  // From now on it holds, and no other of that source.
  void Draw(const std::string& source, ClaimId claim) { claims_[source] = claim; }
  bool Holds(const std::string& source, ClaimId claim) const {
    const auto found = claims_.find(source);
    return found != claims_.end() && found->second == claim;
  }

 private:
  std::map<std::string, ClaimId> claims_;
  ClaimId last_ = kNoClaim;
};

struct Stage {
  Stage(std::uint64_t seed, bool print)
      : plan(Plan::Of(seed)),
        random(~seed),
        trace(clock, print),
        checker(trace, plan, items),
        cluster(clock, random) {}

  // Whether a fault happens now. Draws nothing once the faults are over.
  bool Strikes(int per_thousand) {
    return faults && per_thousand > 0 && random.Chance(per_thousand);
  }

  // Whether the broker sees the partition of the items topic with this worker.
  bool Owns(const Host& host, std::int32_t partition);

  Plan plan;
  Random random;
  fakes::ManualClock clock;
  Trace trace;
  ItemBook items;
  Checker checker;
  Cluster cluster;
  Fence fence;
  bool faults = true;
  SteadyTime store_out_until{};
  SteadyTime journal_away_until{};
};

}  // namespace headrace::simulation
