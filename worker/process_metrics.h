// The standard metrics of a process, and what build it is.
#pragma once

#include <memory>
#include <string>

#include "worker/metrics_registry.h"

namespace headrace::worker {

// Called from the health server's thread.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(MetricsRegistry& registry);
  ~ProcessMetrics();

  // Reads /proc/self; what cannot be read keeps its last value.
  void Refresh();

 private:
  struct Instruments;
  const std::unique_ptr<Instruments> instruments_;
};

}  // namespace headrace::worker
