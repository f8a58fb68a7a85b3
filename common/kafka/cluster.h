#pragma once

#include <chrono>
#include <string>

#include "common/base/result.h"
#include "common/kafka/kafka_settings.h"

namespace headrace::kafka {

// Kafka's id of the cluster: part of the identity of upstream records. kTransient when no broker
// answers within `timeout`.
Result<std::string> ClusterId(const KafkaSettings& settings, std::chrono::milliseconds timeout);

// Of the client library, as in the build's metrics.
std::string ClientVersion();

}  // namespace headrace::kafka
