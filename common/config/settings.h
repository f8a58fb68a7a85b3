// All settings of both binaries. Defaults stand in the components' own structs; field_table.cc
// names every field once, and flags, environment, file, help and reference come from there.
#pragma once

#include <string>
#include <vector>

#include "common/base/log.h"
#include "common/config/worker_settings.h"
#include "common/kafka/kafka_settings.h"
#include "common/model/item_parser.h"
#include "common/redis/redis_settings.h"

namespace headrace {

// Filled once in main (config::ReadSettings) and const from then on.
struct Settings {
  std::string project = "default";
  kafka::KafkaSettings kafka;
  kafka::TopicSettings topics;
  redis::RedisSettings redis;
  WorkerSettings worker;
  ItemLimits limits;
  log::LogSettings log;
  // A busy default port is only warned about; a busy port that somebody asked for is fatal.
  bool metrics_listen_explicit = false;
};

namespace config {

struct Mistake {
  std::string origin;   // "headrace.toml:3:1", "HEADRACE_REDIS_URL", "--redis-url", "settings"
  std::string message;  // the setting's name, its rule and what to do; never a secret
};

// Rules between fields; those of a single field are in the table.
std::vector<Mistake> CheckTogether(const Settings& settings);

}  // namespace config
}  // namespace headrace
