// Metrics of how work flows: what comes in, how long it takes, how far behind the worker is.
#pragma once

#include <memory>
#include <string>

#include "worker/flow_observer.h"
#include "worker/metrics_registry.h"

namespace headrace::worker {

// Called on the loop thread.
class FlowMetrics final : public FlowObserver {
 public:
  // `store` is the scheme of the graph store, `topic` the items topic.
  FlowMetrics(MetricsRegistry& registry, std::string topic, const std::string& store);
  ~FlowMetrics() override;

  void OnFlow(const Flow& flow, const Standing& standing) override;
  void OnLags(std::span<const PartitionLag> lags) override;
  void OnRebalance(RebalanceKind kind, std::optional<std::chrono::microseconds> took) override;

 private:
  struct Instruments;
  const std::unique_ptr<Instruments> instruments_;
};

}  // namespace headrace::worker
