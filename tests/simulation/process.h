// A worker process of the simulation: the real loop, projector and answering rule, over ports that
// fail.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/accounting/batch_directory.h"
#include "common/accounting/projection.h"
#include "common/base/wakeup.h"
#include "tests/simulation/host.h"
#include "tests/simulation/pace_judge.h"
#include "tests/simulation/redis.h"
#include "tests/simulation/sim_producer.h"
#include "tests/simulation/sim_store.h"
#include "tests/simulation/stage.h"
#include "worker/outcome_lookup.h"
#include "worker/worker_loop.h"

namespace headrace::simulation {

// What the worker and its projector say of themselves is checked too.
class CheckingObserver final : public worker::WorkerObserver,
                               public worker::FlowObserver,
                               public accounting::ProjectorObserver {
 public:
  CheckingObserver(Checker& checker, Host& host, PaceJudge& pace)
      : checker_(checker), host_(host), pace_(pace) {}

  void OnOutcome(ItemState, std::size_t) override {}
  void OnDeadLetter(const ItemError&) override {}
  void OnChunkDone(const ChunkResult& result, std::size_t) override { pace_.Sees(result); }
  void OnStore(bool, const std::optional<StoreError>&) override {}
  void OnPace(const worker::PaceState& pace) override { pace_.Says(pace); }
  void OnMisrouted(const Record&, std::int32_t) override;
  void OnPartitionsOwned(std::size_t) override {}
  void OnKafka(const Status&) override {}
  void OnInFlight(const worker::InFlight& in_flight) override;

  void OnFlow(const worker::Flow&, const worker::Standing& now) override;
  void OnLags(std::span<const worker::PartitionLag>) override {}
  void OnRebalance(worker::RebalanceKind, std::optional<std::chrono::microseconds>) override {}

  void OnOutcomeStoreReachable(bool) override {}
  void OnApplied(std::size_t) override {}
  void OnViewComplete(bool) override {}
  void OnRebuild(const std::string&, std::int32_t, accounting::Lost) override {}
  void OnForeignRecord(const std::string& topic, std::int32_t) override;
  void OnUnknownVersion(const std::string& topic, std::int32_t) override;

  worker::InFlight held;
  std::size_t waiting_retry = 0;

 private:
  Checker& checker_;
  Host& host_;
  PaceJudge& pace_;
};

// Answers by the real rule, when the scheduler gives it a turn.
class SimOutcomes final : public worker::OutcomeSource {
 public:
  SimOutcomes(Stage& stage, Host& host, Redis& redis);

  void Ask(std::vector<ItemRef> items) override;
  void Collect(std::vector<worker::ItemOutcome>& answers) override;

 private:
  Stage& stage_;
  Host& host_;
  RedisConnection redis_;
  std::unique_ptr<EventConsumer> outcomes_;
  worker::OutcomeLookup lookup_;
  std::vector<ItemRef> waiting_;
  std::vector<ItemRef> question_;
};

class Process {
 public:
  Process(Stage& stage, Redis& redis, const Wakeup& wakeup, std::int64_t incarnation);
  ~Process();

  // A part gets its turn. False when the process has ended: it died, or its loop gave up.
  bool StepLoop();
  bool StepProjection();
  bool StepStore();
  void StepProducer() { producer_.Transmit(); }
  // As SIGTERM does. Time passes.
  void Stop();

  Host& host() { return host_; }
  bool holds_nothing() const {
    return observer_.held.items == 0 && observer_.held.bytes == 0 && observer_.waiting_retry == 0;
  }
  const worker::InFlight& held() const { return observer_.held; }
  bool at_full_speed() const { return pace_.at_full_speed(); }
  // Its code is on the stack, so it must not be destroyed.
  bool busy() const { return busy_; }

 private:
  // It has died, and none of its code is on the stack.
  void Bury();
  // False when the process died in `turn`.
  bool Turn(const std::function<void()>& turn);

  Stage& stage_;
  Host host_;
  PaceJudge pace_;
  SimProducer producer_;
  SimStore store_;
  CheckingObserver observer_;
  SimOutcomes outcomes_;
  RedisConnection redis_;
  accounting::BatchDirectory directory_;
  worker::WorkerLoop loop_;
  accounting::Projection projection_;
  bool busy_ = false;
  bool ended_ = false;
};

}  // namespace headrace::simulation
