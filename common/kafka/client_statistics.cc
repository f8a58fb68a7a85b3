#include "common/kafka/client_statistics.h"

#include <simdjson.h>

namespace headrace::kafka {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Brokers that are known by address only, before they have told their id, have a negative one.
void AddRoundTrip(const element& broker, std::vector<BrokerRoundTrip>& out) {
  std::int64_t node = -1, answers = 0, average_us = 0;
  if (broker["nodeid"].get(node) != simdjson::SUCCESS || node < 0) return;
  if (broker["rtt"]["cnt"].get(answers) != simdjson::SUCCESS || answers == 0) return;
  if (broker["rtt"]["avg"].get(average_us) != simdjson::SUCCESS) return;
  out.push_back({static_cast<std::int32_t>(node), std::chrono::microseconds(average_us)});
}

}  // namespace

Result<ProducerStatistics> ParseProducerStatistics(std::string_view json) {
  simdjson::dom::parser parser;
  ProducerStatistics statistics;
  element report;
  object brokers;
  if (parser.parse(json.data(), json.size()).get(report) != simdjson::SUCCESS ||
      report["msg_cnt"].get(statistics.queue_messages) != simdjson::SUCCESS ||
      report["brokers"].get(brokers) != simdjson::SUCCESS) {
    return Permanent("not a report of librdkafka");
  }
  for (const auto& [name, broker] : brokers) AddRoundTrip(broker, statistics.round_trips);
  return statistics;
}

}  // namespace headrace::kafka
