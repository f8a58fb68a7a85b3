// What the journal knows about a batch that is to be replayed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/clock.h"
#include "common/model/batch_fact.h"
#include "common/ports/event_log.h"
#include "producer/intake/load_scan.h"

namespace headrace::intake {

// Empty members: no such fact, or (all of them) no such batch.
struct KnownFacts {
  std::optional<BatchFact> opened;
  std::optional<BatchFact> sealed;
  std::uint64_t dispatched = 0;
};

// Reads the journal from its start to its present end. `journal` is a private reader of the journal
// topic alone. kTransient when nothing comes for `silence_max` before the end is reached;
// kCancelled when `stop` says so.
Result<KnownFacts> FindBatchFacts(EventConsumer& journal, const BatchId& batch,
                                  std::chrono::milliseconds silence_max, const Clock& clock,
                                  const StopRequested& stop);

// Whether `totals` of `project` may be sent again as the batch that `known` describes. kInvalid,
// with a sentence for the user, when the input is another one than before.
Status CheckReplay(const KnownFacts& known, const std::string& project, const ScanTotals& totals);

}  // namespace headrace::intake
