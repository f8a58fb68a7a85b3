// Metrics of the calls to Redis.
#pragma once

#include <memory>

#include "worker/measured_outcome_store.h"
#include "worker/metrics_registry.h"

namespace headrace::worker {

class RedisMetrics final : public OutcomeStoreObserver {
 public:
  explicit RedisMetrics(MetricsRegistry& registry);
  ~RedisMetrics() override;

  void OnCall(OutcomeStoreCall call, std::chrono::microseconds took,
              std::optional<ErrorCode> error) override;

 private:
  struct Instruments;
  const std::unique_ptr<Instruments> instruments_;
};

}  // namespace headrace::worker
