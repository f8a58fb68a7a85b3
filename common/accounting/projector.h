// The projector applies the outcomes and journal topics to the outcome store.
#pragma once

#include <memory>

#include "common/base/service.h"
#include "common/ports/event_log.h"
#include "common/ports/outcome_store.h"

namespace headrace::accounting {

// Where the projector tells others how it is; implemented over metrics and log.
class ProjectorObserver {
 public:
  virtual ~ProjectorObserver() = default;
  virtual void OnOutcomeStoreReachable(bool reachable) = 0;  // on every change
  virtual void OnApplied(std::size_t outcomes) = 0;
  virtual void OnRewound(const std::string& topic, std::int32_t partition) = 0;
};

}  // namespace headrace::accounting
