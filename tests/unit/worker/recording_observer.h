#pragma once

#include <array>
#include <string>
#include <vector>

#include "worker/worker_observer.h"

namespace headrace::worker {

class RecordingObserver final : public WorkerObserver {
 public:
  void OnOutcome(ItemState state, std::size_t items) override {
    outcomes[static_cast<std::size_t>(state)] += items;
  }
  void OnDeadLetter(const ItemError& error) override { dead_letters.push_back(error.code); }
  void OnChunkDone(const ChunkResult&, std::size_t) override {}
  void OnStore(bool up, const std::optional<StoreError>&) override { store.push_back(up); }
  void OnPace(const PaceState& now) override { paces.push_back(now); }
  void OnMisrouted(const Record&, std::int32_t) override { ++misrouted; }
  void OnPartitionsOwned(std::size_t count) override { partitions_owned = count; }
  void OnKafka(const Status& status) override { kafka.push_back(status.ok()); }
  void OnInFlight(const InFlight& now) override {
    in_flight = now.items;
    in_work_max = std::max(in_work_max, now.items - now.reported);
    in_work_bytes_max = std::max(in_work_bytes_max, now.bytes);
    reported_max = std::max(reported_max, now.reported);
    in_flight_bytes = now.bytes;
    suspects = now.suspects;
    suspects_max = std::max(suspects_max, now.suspects);
    intake_paused = now.intake_paused;
    hot_partitions = now.hot_partitions;
    hot_partitions_max = std::max(hot_partitions_max, now.hot_partitions);
  }

  std::array<std::size_t, 5> outcomes{};
  std::vector<std::string> dead_letters;
  std::size_t misrouted = 0;
  std::size_t partitions_owned = 0;
  std::vector<bool> kafka;
  std::vector<bool> store;
  std::size_t in_flight = 0;
  std::size_t in_work_max = 0;  // in lanes and store
  std::size_t in_work_bytes_max = 0;
  std::size_t reported_max = 0;
  std::size_t in_flight_bytes = 0;
  std::size_t suspects = 0;
  std::size_t suspects_max = 0;
  bool intake_paused = false;
  std::size_t hot_partitions = 0;
  std::size_t hot_partitions_max = 0;
  std::vector<PaceState> paces;
};

}  // namespace headrace::worker
