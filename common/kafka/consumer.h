#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/wakeup.h"
#include "common/kafka/kafka_settings.h"
#include "common/ports/event_log.h"

namespace headrace::kafka {

// How a group shares out partitions. kBySafety: cooperative-sticky, which takes from a member only
// what another one gets, where librdkafka is at least 2.6.1; older ones can spin for ever on it and
// get range, which takes everything from everybody first.
enum class Assignor { kBySafety, kRange, kCooperativeSticky };

struct ConsumerOptions {
  std::vector<std::string> topics;
  std::string group;  // empty: a private reader of all partitions of `topics`, from the start
  std::string client_id;
  std::chrono::milliseconds session_timeout{15'000};
  std::size_t prefetch_bytes_max = 64u << 20;  // librdkafka's local queue
  Assignor assignor = Assignor::kBySafety;     // one for all members of a group
};

// `listener` (may be null without a group) must outlive the consumer. `wakeup`, if given, is
// signalled when records arrive, so that a loop can sleep on it instead of in Poll.
Result<std::unique_ptr<EventConsumer>> OpenConsumer(const KafkaSettings& settings,
                                                    const ConsumerOptions& options,
                                                    AssignmentListener* listener,
                                                    const Wakeup* wakeup);

}  // namespace headrace::kafka
