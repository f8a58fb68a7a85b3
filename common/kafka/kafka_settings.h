#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace headrace::kafka {

// How to reach the brokers. Defaults are those of a broker on this host.
struct KafkaSettings {
  std::string brokers = "127.0.0.1:9092";  // host:port, comma separated
  // Passed to librdkafka as they are (SASL, TLS, ...), as kcat's -X. Guarded keys are refused.
  std::map<std::string, std::string> properties;
  std::chrono::milliseconds delivery_timeout{120'000};
  std::size_t producer_queue_bytes_max = 32u << 20;
};

// What `headrace topics create` makes and `topics check` compares with.
struct TopicSettings {
  std::string prefix = "headrace.";
  int partitions = 24;
  int replication = -1;  // -1: the broker's default
  int min_insync_replicas = -1;
  std::chrono::hours batch_age{7 * 24};     // items are kept this long + 2 days
  std::chrono::hours draft_age{7 * 24};     // staging: draft age + batch age + 2 days
  std::chrono::hours outcome_age{30 * 24};  // outcomes and dead letters
};

}  // namespace headrace::kafka
