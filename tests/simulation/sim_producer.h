// A worker's producer: what it is given reaches the cluster later, and is acknowledged later still.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "common/ports/event_log.h"
#include "tests/simulation/host.h"
#include "tests/simulation/stage.h"

namespace headrace::simulation {

// Records of one partition keep their order, those of different ones do not. When its process dies,
// some of what is under way has reached the cluster, and the rest never does.
class SimProducer final : public EventProducer {
 public:
  SimProducer(Stage& stage, Host& host) : stage_(stage), host_(host) {}
  ~SimProducer() override;

  Status Produce(const OutgoingRecord& record) override;
  void PollDeliveries(std::chrono::milliseconds timeout, std::vector<Delivery>& out) override;
  Status Flush(std::chrono::milliseconds timeout) override;

  // The process was told that something was not delivered.
  bool failed() const { return told_; }
  // Some of what is under way reaches the cluster.
  void Transmit();

 private:
  struct Underway {
    std::string topic;
    std::int32_t partition = 0;
    StoredRecord record;
    std::uint64_t token = 0;
  };

  void TransmitOne();
  void Write(const Underway& underway);

  Stage& stage_;
  Host& host_;
  std::deque<Underway> underway_;
  std::deque<Delivery> deliveries_;  // not told yet
  bool broken_ = false;
  bool told_ = false;
};

}  // namespace headrace::simulation
