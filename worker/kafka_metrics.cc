#include "worker/kafka_metrics.h"

#include <array>

#include "worker/metric_families.h"

namespace headrace::worker {
namespace {

// In the order of kafka::DeliveryFailure.
constexpr std::array<const char*, 5> kReasons{"too_large", "not_allowed", "no_topic", "fatal",
                                              "other"};

}  // namespace

struct KafkaMetrics::Instruments {
  explicit Instruments(MetricFamilies& to)
      : queue_messages(to.NewGauge("headrace_kafka_producer_queue_messages",
                                   "Outcome records and dead letters that are not acknowledged")),
        round_trip(to.NewGauges("headrace_kafka_broker_rtt_seconds",
                                "Average time in which a broker answered the producer")) {
    auto& family = to.NewCounters("headrace_kafka_delivery_failures_total",
                                  "Records that could not be delivered; the worker ends at the "
                                  "first one, and nothing is lost");
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
      failures[i] = &family.Add({{"reason", kReasons[i]}});
    }
  }

  prometheus::Gauge& queue_messages;
  MetricFamilies::Gauges& round_trip;  // by broker, of which a cluster has few
  std::array<prometheus::Counter*, kReasons.size()> failures{};
};

KafkaMetrics::KafkaMetrics(MetricsRegistry& registry)
    : instruments_(std::make_unique<Instruments>(registry.families())) {}
KafkaMetrics::~KafkaMetrics() = default;

void KafkaMetrics::OnStatistics(const kafka::ProducerStatistics& statistics) {
  instruments_->queue_messages.Set(static_cast<double>(statistics.queue_messages));
  for (const kafka::BrokerRoundTrip& trip : statistics.round_trips) {
    instruments_->round_trip.Add({{"broker", std::to_string(trip.node)}})
        .Set(static_cast<double>(trip.average.count()) * 1e-6);
  }
}

void KafkaMetrics::OnDeliveryFailed(kafka::DeliveryFailure reason) {
  instruments_->failures[static_cast<std::size_t>(reason)]->Increment();
}

}  // namespace headrace::worker
