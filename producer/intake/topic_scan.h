// Reading a whole topic once: from its first record to where it ends when the reading begins.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/ports/event_log.h"
#include "producer/intake/load_scan.h"

namespace headrace::intake {

struct TopicScan {
  std::string name;  // for messages: "the journal"
  std::chrono::milliseconds silence_max{8'000};
  // Retention may have deleted the last records of a partition, so that its end is never reached.
  // Then silence of brokers that do answer is the end; else it is an error.
  bool may_end_in_silence = false;
};

// Hands every record to `visit`, whose first error ends the reading. `consumer` is a private reader
// of one topic that has not been polled yet. kTransient when nothing comes for `silence_max` before
// the end; kCancelled when `stop` says so.
Status ReadToEnd(EventConsumer& consumer, const TopicScan& scan, const Clock& clock,
                 const StopRequested& stop, const std::function<Status(const Record&)>& visit);

}  // namespace headrace::intake
