// Where all metrics of the process live.
#pragma once

#include <memory>
#include <string>

#include "common/config/worker_settings.h"

namespace headrace::worker {

class MetricFamilies;  // see metric_families.h

// Expose may be called from any thread while others write.
class MetricsRegistry {
 public:
  explicit MetricsRegistry(Channel channel);
  ~MetricsRegistry();

  MetricFamilies& families() { return *families_; }
  // Prometheus text exposition format 0.0.4.
  std::string Expose() const;

 private:
  const std::unique_ptr<MetricFamilies> families_;
};

}  // namespace headrace::worker
