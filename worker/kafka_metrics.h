// Metrics of the worker's producer, as its client reports them.
#pragma once

#include <memory>

#include "common/kafka/client_statistics.h"
#include "worker/metrics_registry.h"

namespace headrace::worker {

// Called on the loop thread, which polls the producer.
class KafkaMetrics final : public kafka::ProducerObserver {
 public:
  explicit KafkaMetrics(MetricsRegistry& registry);
  ~KafkaMetrics() override;

  void OnStatistics(const kafka::ProducerStatistics& statistics) override;
  void OnDeliveryFailed(kafka::DeliveryFailure reason) override;

 private:
  struct Instruments;
  const std::unique_ptr<Instruments> instruments_;
};

}  // namespace headrace::worker
