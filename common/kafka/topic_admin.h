// Makes the topics and tells whether those that are there can hold Headrace's promise.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/kafka/kafka_settings.h"

namespace headrace::kafka {

struct TopicFinding {
  enum class Severity { kWarning, kRefused };  // refused: could lose data or break order
  Severity severity = Severity::kWarning;
  std::string topic;
  std::string message;   // what is wrong
  std::string fix;       // the command or setting that mends it
  bool missing = false;  // the topic does not exist; refused, but a worker may wait for it
};

// Creates what is missing and leaves what is there alone; returns the names it made. kTransient
// (with the brokers' address) when no broker answers within `timeout`.
Result<std::vector<std::string>> CreateTopics(const KafkaSettings& kafka,
                                              const TopicSettings& topics,
                                              std::chrono::milliseconds timeout);

// Compares topics with what Headrace needs; empty means all is well. Errors as CreateTopics.
Result<std::vector<TopicFinding>> CheckTopics(const KafkaSettings& kafka,
                                              const TopicSettings& topics,
                                              std::chrono::milliseconds timeout);

// For people: findings that differ in the topic alone become one, with the topics listed.
std::vector<TopicFinding> JoinFindings(const std::vector<TopicFinding>& findings);

}  // namespace headrace::kafka
