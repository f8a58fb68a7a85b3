// The standard metrics of a process, and what build and settings it is.
#pragma once

#include <memory>
#include <string>

#include "worker/metrics_registry.h"

namespace headrace::worker {

// Called from the health server's thread.
class ProcessMetrics {
 public:
  ProcessMetrics(MetricsRegistry& registry, const std::string& config_hash);
  ~ProcessMetrics();

  // Reads /proc/self; what cannot be read keeps its last value.
  void Refresh();

 private:
  struct Instruments;
  const std::unique_ptr<Instruments> instruments_;
};

}  // namespace headrace::worker
