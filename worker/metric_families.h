// How the worker's metrics are made. Private to the files that define metrics.
//
// No label by batch, graph or user: their number has no bound. What is counted often is looked up
// once, because finding a series by its labels costs a lock and a hash.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

namespace headrace::worker {

class MetricFamilies {
 public:
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  explicit MetricFamilies(const std::string& channel) : labels_{{"channel", channel}} {}

  Counters& NewCounters(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Labels(labels_).Register(registry_);
  }
  Gauges& NewGauges(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Labels(labels_).Register(registry_);
  }
  Histograms& NewHistograms(const std::string& name, const std::string& help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Labels(labels_).Register(registry_);
  }
  prometheus::Counter& NewCounter(const std::string& name, const std::string& help) {
    return NewCounters(name, help).Add({});
  }
  prometheus::Gauge& NewGauge(const std::string& name, const std::string& help) {
    return NewGauges(name, help).Add({});
  }
  // For what does not belong to the channel.
  prometheus::Registry& registry() { return registry_; }

 private:
  prometheus::Registry registry_;
  const prometheus::Labels labels_;
};

}  // namespace headrace::worker
