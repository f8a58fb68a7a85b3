// Writing to Kafka with a bounded number of records under way, none of which may fail.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/event_log.h"
#include "producer/intake/load_scan.h"

namespace headrace::retry {

// One thread. After the first error every call answers one, because the producer refuses to go on.
class AcknowledgedWriter {
 public:
  // `patience`: how long nothing may be acknowledged while something is under way.
  AcknowledgedWriter(EventProducer& producer, const Clock& clock,
                     std::chrono::milliseconds patience, intake::StopRequested stop);

  // Waits while too much is under way. kCancelled when `stop` says so.
  Status Write(OutgoingRecord record);
  // Waits until everything is acknowledged.
  Status Settle();

 private:
  Status WaitUntilBelow(std::size_t records, std::size_t bytes);
  Status Poll();

  EventProducer& producer_;
  const Clock& clock_;
  const std::chrono::milliseconds patience_;
  const intake::StopRequested stop_;
  std::size_t records_ = 0;  // under way
  std::size_t bytes_ = 0;    // of these
  SteadyTime progress_{};
  std::vector<Delivery> deliveries_;
};

}  // namespace headrace::retry
