// Metrics and health of the part that writes outcomes to Redis.
#pragma once

#include <memory>
#include <string>

#include "common/accounting/projector.h"
#include "worker/metrics_registry.h"
#include "worker/worker_health.h"

namespace headrace::worker {

// Called on the projector's thread.
class ProjectorMetrics final : public accounting::ProjectorObserver {
 public:
  ProjectorMetrics(MetricsRegistry& registry, WorkerHealth& health);
  ~ProjectorMetrics() override;

  void OnOutcomeStoreReachable(bool reachable) override;
  void OnApplied(std::size_t outcomes) override;
  void OnViewComplete(bool complete) override;
  void OnRebuild(const std::string& topic, std::int32_t partition, accounting::Lost lost) override;
  void OnForeignRecord(const std::string& topic, std::int32_t partition) override;
  void OnUnknownVersion(const std::string& topic, std::int32_t partition) override;

 private:
  struct Instruments;
  void ShowDegraded();

  WorkerHealth& health_;
  const std::unique_ptr<Instruments> instruments_;
  bool reachable_ = true;
  bool complete_ = true;
};

}  // namespace headrace::worker
