// An outcome store whose calls are measured.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/ports/outcome_store.h"

namespace headrace::worker {

enum class OutcomeStoreCall {
  kApplyOutcomes,
  kApplyFacts,
  kAdvanceMark,
  kReadMark,
  kSetRebuilding,
  kReadStates,
};

// Called from any thread that has a store.
class OutcomeStoreObserver {
 public:
  virtual ~OutcomeStoreObserver() = default;
  virtual void OnCall(OutcomeStoreCall call, std::chrono::microseconds took,
                      std::optional<ErrorCode> error) = 0;
};

// Passes everything on to `inner`. `clock` and `observer` must outlive the store.
std::unique_ptr<OutcomeStore> MeasureOutcomeStore(std::unique_ptr<OutcomeStore> inner,
                                                  const Clock& clock,
                                                  OutcomeStoreObserver& observer);

}  // namespace headrace::worker
