#include "producer/retry/acknowledged_writer.h"

#include <utility>

#include "common/base/units.h"

namespace headrace::retry {
namespace {

constexpr std::size_t kRecordsMax = 10'000;
constexpr std::size_t kBytesMax = 8u << 20;
constexpr std::chrono::milliseconds kPollTimeout{100};

}  // namespace

AcknowledgedWriter::AcknowledgedWriter(EventProducer& producer, const Clock& clock,
                                       std::chrono::milliseconds patience,
                                       intake::StopRequested stop)
    : producer_(producer), clock_(clock), patience_(patience), stop_(std::move(stop)) {}

Status AcknowledgedWriter::Write(OutgoingRecord record) {
  if (Status status = WaitUntilBelow(kRecordsMax, kBytesMax); !status.ok()) return status;
  record.token = record.value.size() + 1;  // 0 would ask for no report
  if (Status produced = producer_.Produce(record); !produced.ok()) return produced;
  if (records_ == 0) progress_ = clock_.Now();
  ++records_;
  bytes_ += record.value.size();
  return {};
}

Status AcknowledgedWriter::Settle() { return WaitUntilBelow(1, 1); }

Status AcknowledgedWriter::WaitUntilBelow(std::size_t records, std::size_t bytes) {
  while (true) {
    if (stop_()) return Cancelled("interrupted");
    if (records_ == 0 || (records_ < records && bytes_ < bytes)) return {};
    if (Status polled = Poll(); !polled.ok()) return polled;
  }
}

Status AcknowledgedWriter::Poll() {
  deliveries_.clear();
  producer_.PollDeliveries(kPollTimeout, deliveries_);
  for (const Delivery& delivery : deliveries_) {
    --records_;
    bytes_ -= delivery.token - 1;
    if (!delivery.status.ok()) return delivery.status;
  }
  if (!deliveries_.empty()) {
    progress_ = clock_.Now();
  } else if (clock_.Now() - progress_ >= patience_) {
    return Transient("Kafka has acknowledged nothing for " + FormatDuration(patience_));
  }
  return {};
}

}  // namespace headrace::retry
