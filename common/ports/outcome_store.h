// The view of batches that operators and clients read (Redis). It is derived from Kafka and can be
// rebuilt from it; only the projector (common/accounting) writes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/batch_fact.h"
#include "common/model/outcome.h"

namespace headrace {

// A position in a topic that the projector reads. It is kept in the outcome store itself, beside
// what was applied: a store that lost its last seconds, or everything, also lost the position, so
// the projector finds the right place to start again by reading it.
struct ProjectionMark {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;
};

struct PlacedOutcome {
  OutcomeRecord record;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Timestamp at{};  // when the record was appended: a rebuilt view shows the same times
};

// One byte an item in one Redis string, which holds at most 512 MiB.
inline constexpr std::uint32_t kAccountedIndexMax = (512u << 20) - 1;

// One thread calls everything; every call may take up to the command timeout and answers
// kTransient while the store cannot be reached.
class OutcomeStore {
 public:
  virtual ~OutcomeStore() = default;

  // Applies in order. Each transition moves counters exactly once, whatever was applied before.
  virtual Status ApplyOutcomes(std::span<const PlacedOutcome> outcomes) = 0;
  virtual Status ApplyFacts(std::span<const BatchFact> facts) = 0;
  // Moves a mark from `expected` (empty: not there) to `mark`. False when it does not stand at
  // `expected`: the store was emptied or set back, and the caller must re-read from where it
  // stands.
  virtual Result<bool> AdvanceMark(const ProjectionMark& mark,
                                   std::optional<std::int64_t> expected) = 0;
  virtual Result<std::optional<std::int64_t>> ReadMark(const std::string& topic,
                                                       std::int32_t partition) = 0;
  // Notes that the view of this partition is incomplete until its mark reaches `end_offset`
  // (empty: complete again). Readers say so instead of concluding from absence.
  virtual Status SetRebuilding(const std::string& topic, std::int32_t partition,
                               std::optional<std::int64_t> end_offset) = 0;
  // State bytes (low bits state, high bits round) of indices [first, last] of a batch; missing = 0.
  virtual Result<std::vector<std::uint8_t>> ReadStates(const BatchId& batch,
                                                       const IndexRange& range) = 0;
};

}  // namespace headrace
