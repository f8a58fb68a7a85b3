// Redis as the simulation sees it: it goes away, forgets its last writes, or everything.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "common/ports/outcome_store.h"
#include "tests/fakes/memory_outcome_store.h"
#include "tests/simulation/host.h"
#include "tests/simulation/stage.h"

namespace headrace::simulation {

// The server.
class Redis {
 public:
  explicit Redis(Stage& stage) : stage_(stage) {}

  // Keeps what it holds now for a later loss.
  void Remember();
  // Set back to something that it once held, or emptied.
  void Lose();
  // Its states are those of the outcomes topic up to its mark or beyond; to the end, if `to_end`.
  void CheckAgainstTopic(bool to_end) const;

  fakes::MemoryOutcomeStore store;
  SteadyTime away_until{};
  int restarts = 0;  // each breaks all connections

 private:
  Stage& stage_;
  // Of two outcomes in a round the later may stand: it may have come when the first was forgotten.
  bool lost_ = false;
  std::deque<fakes::MemoryOutcomeStore::Contents> remembered_;
};

// A process's connection.
class RedisConnection final : public OutcomeStore {
 public:
  RedisConnection(Stage& stage, Host& host, Redis& redis)
      : stage_(stage), host_(host), redis_(redis), restarts_seen_(redis.restarts) {}

  Status ApplyOutcomes(std::span<const PlacedOutcome> outcomes) override;
  Status ApplyFacts(std::span<const BatchFact> facts) override;
  Result<bool> AdvanceMark(const ProjectionMark& mark,
                           std::optional<std::int64_t> expected) override;
  Result<std::optional<std::int64_t>> ReadMark(const std::string& topic,
                                               std::int32_t partition) override;
  Status SetRebuilding(const std::string& topic, std::int32_t partition,
                       std::optional<std::int64_t> end_offset) override;
  Result<std::vector<std::uint8_t>> ReadStates(const BatchId& batch,
                                               const IndexRange& range) override;

 private:
  // Whether the call can begin, and whether its answer arrives.
  Status Begin();
  Status End();

  Stage& stage_;
  Host& host_;
  Redis& redis_;
  int restarts_seen_ = 0;
};

}  // namespace headrace::simulation
