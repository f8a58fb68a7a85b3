// All metrics of the worker process, in one registry.
#pragma once

#include <string>

#include "common/config/settings.h"
#include "worker/flow_metrics.h"
#include "worker/kafka_metrics.h"
#include "worker/metrics_registry.h"
#include "worker/process_metrics.h"
#include "worker/projector_metrics.h"
#include "worker/redis_metrics.h"
#include "worker/worker_metrics.h"

namespace headrace::worker {

// Made in `main`; each part writes its own member.
struct Metrics {
  Metrics(const Settings& settings, WorkerHealth& health);

  std::string Expose();

  MetricsRegistry registry;
  WorkerMetrics worker;
  FlowMetrics flow;
  KafkaMetrics kafka;
  ProjectorMetrics projector;
  RedisMetrics redis;
  ProcessMetrics process;
};

}  // namespace headrace::worker
