// Metrics, health and log lines of what the loop does with items and store.
#pragma once

#include <memory>
#include <string>

#include "worker/metrics_registry.h"
#include "worker/worker_health.h"
#include "worker/worker_observer.h"

namespace headrace::worker {

// Called on the loop thread.
class WorkerMetrics final : public WorkerObserver {
 public:
  WorkerMetrics(MetricsRegistry& registry, WorkerHealth& health);
  ~WorkerMetrics() override;

  void OnOutcome(ItemState state, std::size_t items) override;
  void OnDeadLetter(const ItemError& error) override;
  void OnChunkDone(const ChunkResult& result, std::size_t items) override;
  void OnStore(bool up, const std::optional<StoreError>& error) override;
  void OnPace(const PaceState& pace) override;
  void OnMisrouted(const Record& record, std::int32_t expected) override;
  void OnPartitionsOwned(std::size_t count) override;
  void OnKafka(const Status& status) override;
  void OnInFlight(const InFlight& in_flight) override;

 private:
  struct Instruments;
  enum class IntakePause { kNone, kFull, kThrottled, kStoreDown };
  void NoteIntake(IntakePause pause);
  void NoteThrottling(const StoreError& error);

  WorkerHealth& health_;
  const std::unique_ptr<Instruments> instruments_;
  bool explained_misrouting_ = false;
  bool store_is_up_ = true;
  bool throttled_ = false;
  std::string throttled_for_;  // the error's code; empty while the store does not throttle
  IntakePause intake_pause_ = IntakePause::kNone;
};

}  // namespace headrace::worker
