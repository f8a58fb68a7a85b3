// Stands where the outcomes' producer stands when a run measures what accounting costs.
#pragma once

#include <vector>

#include "common/ports/event_log.h"

namespace headrace::bench {

// Acknowledges every record without sending it.
class DiscardingProducer final : public EventProducer {
 public:
  Status Produce(const OutgoingRecord& record) override;
  void PollDeliveries(std::chrono::milliseconds timeout, std::vector<Delivery>& out) override;
  Status Flush(std::chrono::milliseconds) override { return {}; }

 private:
  std::vector<Delivery> deliveries_;
};

}  // namespace headrace::bench
