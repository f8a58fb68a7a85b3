// Whether items have ended, as the outcome store says once the projector has told it everything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/ports/event_log.h"
#include "common/ports/outcome_store.h"
#include "worker/repeat_gate.h"

namespace headrace::worker {

// The outcome store is written by the projector, which may be behind. So a question about a batch
// waits until the projector has passed the end that the batch's partition of the outcomes topic had
// when the question was first asked: everything that the former owner of the item reported is in
// then. One thread calls it, with one question at a time.
class OutcomeLookup {
 public:
  // `outcomes` is asked for end offsets only; the outcomes topic is its topic number 0.
  OutcomeLookup(OutcomeStore& store, EventConsumer& outcomes, std::string outcomes_topic);

  // kTransient: nothing can be said yet; ask the same again.
  Result<std::vector<ItemOutcome>> Answer(const std::vector<ItemRef>& question);

 private:
  Status AwaitProjector(const std::vector<ItemRef>& question);
  Status ReadBatch(std::span<const ItemRef> items, std::vector<ItemOutcome>& answers);

  OutcomeStore& store_;
  EventConsumer& outcomes_;
  const std::string outcomes_topic_;
  std::vector<std::int64_t> ends_;  // of the outcomes topic, when the question was begun
};

}  // namespace headrace::worker
