// The worker's metrics and health behind the observers that its parts report to.
#pragma once

#include <memory>
#include <string>

#include "common/accounting/projector.h"
#include "common/config/worker_settings.h"
#include "worker/worker_health.h"
#include "worker/worker_observer.h"

namespace headrace::worker {

// The loop thread calls the worker's part, the projector's thread the projector's, the health
// server's Expose.
class WorkerMetrics final : public WorkerObserver, public accounting::ProjectorObserver {
 public:
  WorkerMetrics(Channel channel, WorkerHealth& health);
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

  void OnOutcomeStoreReachable(bool reachable) override;
  void OnApplied(std::size_t outcomes) override;
  void OnRewound(const std::string& topic, std::int32_t partition) override;
  void OnForeignRecord(const std::string& topic, std::int32_t partition) override;
  void OnUnknownVersion(const std::string& topic, std::int32_t partition) override;

  // Prometheus text exposition format 0.0.4.
  std::string Expose() const;

 private:
  struct Instruments;
  enum class IntakePause { kNone, kFull, kThrottled, kStoreDown };
  void NoteIntake(IntakePause pause);

  WorkerHealth& health_;
  const std::unique_ptr<Instruments> instruments_;
  // Owned by the loop thread.
  bool explained_misrouting_ = false;
  bool store_is_up_ = true;
  bool throttled_ = false;
  IntakePause intake_pause_ = IntakePause::kNone;
};

}  // namespace headrace::worker
