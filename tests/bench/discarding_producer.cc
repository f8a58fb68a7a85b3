#include "tests/bench/discarding_producer.h"

#include <iterator>
#include <utility>

namespace headrace::bench {

Status DiscardingProducer::Produce(const OutgoingRecord& record) {
  if (record.token != 0) deliveries_.push_back({record.token, {}});
  return {};
}

void DiscardingProducer::PollDeliveries(std::chrono::milliseconds, std::vector<Delivery>& out) {
  std::move(deliveries_.begin(), deliveries_.end(), std::back_inserter(out));
  deliveries_.clear();
}

}  // namespace headrace::bench
