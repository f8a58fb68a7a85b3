#include "common/kafka/broker_watch.h"

#include <chrono>

#include "common/kafka/partition_queries.h"

namespace headrace::kafka {
namespace {

// Long enough for another address of the same host, short enough for a caller that has work to do.
constexpr std::chrono::milliseconds kSuspicion{1'000};
constexpr std::chrono::milliseconds kStillDown{100};

}  // namespace

void BrokerWatch::OnError(int code) {
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && state_ == State::kUp) state_ = State::kSuspect;
}

Status BrokerWatch::Check(rd_kafka_t* client, const KafkaSettings& settings,
                          const std::string& topic) {
  if (state_ == State::kUp) return {};
  const auto timeout = state_ == State::kSuspect ? kSuspicion : kStillDown;
  const Result<int> count = PartitionCount(client, settings, topic, timeout);
  const bool answered = count.ok() || count.error().code == ErrorCode::kNotFound;
  state_ = answered ? State::kUp : State::kDown;
  return answered ? Status() : Status(count.error());
}

}  // namespace headrace::kafka
