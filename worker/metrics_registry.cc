#include "worker/metrics_registry.h"

#include <prometheus/text_serializer.h>

#include "worker/metric_families.h"

namespace headrace::worker {

MetricsRegistry::MetricsRegistry(Channel channel)
    : families_(
          std::make_unique<MetricFamilies>(channel == Channel::kBatch ? "batch" : "realtime")) {}
MetricsRegistry::~MetricsRegistry() = default;

std::string MetricsRegistry::Expose() const {
  return prometheus::TextSerializer().Serialize(families_->registry().Collect());
}

}  // namespace headrace::worker
