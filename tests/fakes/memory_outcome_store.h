// The outcome store in memory. It keeps what each item ended as and recounts on demand, so that it
// can also serve as the judge of the real one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/ports/outcome_store.h"

namespace headrace::fakes {

// A batch recounted from its items; field by field what docs/redis.md says of the batch hash.
struct BatchCount {
  std::string project;
  std::string status;
  std::uint64_t item_count = 0;
  std::uint64_t dispatched = 0;
  std::uint64_t retrying = 0;  // items whose state was reached in a lower round than was opened
  std::uint8_t round = 0;
  std::array<std::uint64_t, 5> by_state{};  // indexed by ItemState; kNone is not counted
  std::map<std::string, std::uint64_t> by_error_code;
  bool completed = false;

  friend bool operator==(const BatchCount&, const BatchCount&) = default;
};

// Called from any thread.
class MemoryOutcomeStore final : public OutcomeStore {
 public:
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

  struct Item {
    ItemState state = ItemState::kNone;
    std::uint8_t round = 0;
    std::string error_code;
  };
  struct Batch {
    std::string project;
    bool upstream = false;
    bool sealed = false;
    std::uint64_t declared = 0;
    std::uint64_t dispatched = 0;
    std::map<std::uint32_t, Item> items;
    std::map<std::uint32_t, std::uint8_t> rounds_opened;  // the highest, by item
  };
  using Place = std::pair<std::string, std::int32_t>;
  // Everything that is stored: what a copy of the server's data would hold.
  struct Contents {
    std::map<BatchId, Batch> batches;
    std::map<Place, std::int64_t> marks;
    std::map<Place, std::int64_t> rebuilding;
  };

  Contents Save() const;
  void Load(Contents contents);  // an empty one is FLUSHALL, an older one a failover
  void SetReachable(bool reachable);
  // The next `count` moves of a mark fail as if the connection broke before they were sent.
  void FailMarks(int count);

  // Empty when the batch is not there.
  static std::optional<BatchCount> Count(const Contents& contents, const BatchId& batch);

 private:
  Status CheckReachable() const REQUIRES(mutex_);

  mutable Mutex mutex_;
  Contents contents_ GUARDED_BY(mutex_);
  bool reachable_ GUARDED_BY(mutex_) = true;
  int failing_marks_ GUARDED_BY(mutex_) = 0;
};

}  // namespace headrace::fakes
