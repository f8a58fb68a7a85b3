#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/kafka/kafka_settings.h"

namespace headrace::kafka {

// How many members a consumer group has, seen from outside. Empty: the brokers do not tell, for
// instance of a group whose protocol this client does not know. kTransient when no broker answers.
// Takes twice `timeout` at most.
Result<std::optional<int>> GroupMembers(const KafkaSettings& settings, const std::string& group,
                                        std::chrono::milliseconds timeout);

}  // namespace headrace::kafka
