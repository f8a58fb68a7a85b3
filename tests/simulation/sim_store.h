// The graph store of the simulation: one database for all workers, reached through a client in
// each.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ports/graph_store.h"
#include "tests/simulation/host.h"
#include "tests/simulation/pace_judge.h"
#include "tests/simulation/stage.h"

namespace headrace::simulation {

// A chunk is applied some time after it was submitted, and answered some time after that. When its
// process dies in between, the database may still apply it. A claim holds some time after it was
// made, at the latest before the next chunk is applied.
class SimStore final : public GraphStore {
 public:
  SimStore(Stage& stage, Host& host, PaceJudge& pace) : stage_(stage), host_(host), pace_(pace) {}
  // Stop comes first.
  ~SimStore() override = default;

  StoreTraits traits() const override { return stage_.plan.traits; }
  ClaimId Claim(std::string_view source) override;
  void Submit(Chunk chunk, ChunkSink& sink) override;
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery&) override {
    return NotFound("the simulation does not read");
  }
  Status Erase(const GraphKey&, std::uint32_t) override { return {}; }
  void Stop() override;

  // Applies or answers a chunk whose time has come. The process may die of it.
  void Progress();

 private:
  struct Underway {
    Chunk chunk;
    ChunkSink* sink = nullptr;
    std::int64_t begun_at = 0;  // in Trace::now()
    SteadyTime due{};
    std::optional<ChunkResult> result;  // set when it was applied or refused
  };

  bool EndsProcess(const Chunk& chunk) const;
  void DrawClaims();
  ChunkResult Execute(const Underway& underway);
  std::optional<StoreError> FindTrouble(const Chunk& chunk);
  ChunkResult Apply(const Underway& underway);
  bool BegunByOwner(const Underway& underway, std::int32_t partition) const;

  Stage& stage_;
  Host& host_;
  PaceJudge& pace_;
  std::deque<Underway> underway_;
  std::map<std::string, ClaimId> undrawn_;  // by source
};

}  // namespace headrace::simulation
