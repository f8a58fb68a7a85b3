// Outcome records that were read and wait to be applied together.
#pragma once

#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/ports/outcome_store.h"

namespace headrace::accounting {

// A slow store makes a record for every few items, and each costs the outcome store a call. So
// records of one batch become one where that changes nothing but the number of calls: they name
// succeeded items only (the first outcome of an item stands, and it is known here which that is),
// are of one round, and were appended within a second. The first of a batch stays alone, so that
// its time is told. Owned by the projector's thread.
class OutcomePile {
 public:
  // In the order of the partition.
  void Add(PlacedOutcome outcome);
  void Clear();

  bool empty() const { return outcomes_.empty(); }
  std::span<const PlacedOutcome> outcomes() const { return outcomes_; }
  std::size_t item_count() const { return item_count_; }

 private:
  struct Last {
    std::size_t place = 0;  // of the batch's latest record
    Timestamp since{};      // when the first that is in it was appended
    bool takes_more = false;
  };

  bool Joins(const PlacedOutcome& outcome, const Last& last) const;

  std::vector<PlacedOutcome> outcomes_;
  std::unordered_map<BatchId, Last, UuidHash> last_;
  std::size_t item_count_ = 0;
};

}  // namespace headrace::accounting
