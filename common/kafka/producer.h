#pragma once

#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/base/wakeup.h"
#include "common/kafka/client_statistics.h"
#include "common/kafka/kafka_settings.h"
#include "common/ports/event_log.h"

namespace headrace::kafka {

// `client_id` names the part in the broker's logs. `wakeup`, if given, is signalled when deliveries
// can be polled. `observer`, if given, must outlive the producer; it is told by calls that poll
// (PollDeliveries, Flush, a Produce that waits). kInvalid for a property that librdkafka refuses;
// it does not wait for a broker.
Result<std::unique_ptr<EventProducer>> OpenProducer(const KafkaSettings& settings,
                                                    const std::string& client_id,
                                                    const Wakeup* wakeup = nullptr,
                                                    ProducerObserver* observer = nullptr);

}  // namespace headrace::kafka
