// What the journal says of rounds that were opened.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/model/batch_fact.h"
#include "common/ports/event_log.h"

namespace headrace::retry {

// Owned by one thread. Holds every retry fact of the journal, as ranges.
class RetryBook {
 public:
  // Takes a record of the journal; others than retry facts are passed over. kInvalid or kPermanent
  // for a retry fact that cannot be read: what was replayed before is then not known.
  Status Take(const Record& record);

  // The fact of the highest round above `round` that names the item; null when there is none.
  const BatchFact* FindNewer(const BatchId& batch, std::uint32_t index, std::uint8_t round) const;

 private:
  std::unordered_map<BatchId, std::vector<BatchFact>, UuidHash> retries_;
};

// All items of the fact are in Kafka.
bool IsDispatched(const BatchFact& retry);

}  // namespace headrace::retry
