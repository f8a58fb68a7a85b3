// What a client of librdkafka says of itself every few seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace headrace::kafka {

struct BrokerRoundTrip {
  std::int32_t node = 0;
  std::chrono::microseconds average{0};  // of the requests answered since the last report
};

struct ProducerStatistics {
  std::int64_t queue_messages = 0;           // waiting to be sent or acknowledged
  std::vector<BrokerRoundTrip> round_trips;  // of brokers that answered since the last report
};

// `json` is librdkafka's own report (its STATISTICS.md). kPermanent when it is not such a report.
Result<ProducerStatistics> ParseProducerStatistics(std::string_view json);

// Why a record was not delivered. kFatal: the producer can keep neither order nor exactness.
enum class DeliveryFailure { kTooLarge, kNotAllowed, kNoTopic, kFatal, kOther };

// Told of a producer by the thread that polls it. No call may throw.
class ProducerObserver {
 public:
  virtual ~ProducerObserver() = default;
  virtual void OnStatistics(const ProducerStatistics& statistics) = 0;
  virtual void OnDeliveryFailed(DeliveryFailure reason) = 0;
};

}  // namespace headrace::kafka
