#include "worker/projector_metrics.h"

#include "worker/metric_families.h"

namespace headrace::worker {

struct ProjectorMetrics::Instruments {
  explicit Instruments(MetricFamilies& to)
      : applied(to.NewCounter("headrace_outcomes_applied_total",
                              "Outcomes that the projector wrote to Redis")),
        rewound(to.NewCounter("headrace_counter_rebuilds_total",
                              "Times a partition's counters in Redis had to be written again")),
        foreign(
            to.NewCounter("headrace_projector_foreign_records_total",
                          "Records of the outcomes and journal topics that are not Headrace's")),
        unknown_version(to.NewCounter(
            "headrace_projector_unknown_versions_total",
            "Partitions stopped at a record of a newer version; upgrade this program")),
        up(to.NewGauge("headrace_redis_up", "1 while Redis answers")),
        degraded(to.NewGauge("headrace_redis_degraded",
                             "1 while Redis does not answer: work goes on, counters wait")) {}

  prometheus::Counter& applied;
  prometheus::Counter& rewound;
  prometheus::Counter& foreign;
  prometheus::Counter& unknown_version;
  prometheus::Gauge& up;
  prometheus::Gauge& degraded;
};

ProjectorMetrics::ProjectorMetrics(MetricsRegistry& registry, WorkerHealth& health)
    : health_(health), instruments_(std::make_unique<Instruments>(registry.families())) {}
ProjectorMetrics::~ProjectorMetrics() = default;

void ProjectorMetrics::OnOutcomeStoreReachable(bool reachable) {
  instruments_->up.Set(reachable ? 1 : 0);
  instruments_->degraded.Set(reachable ? 0 : 1);
  health_.Note(WorkerHealth::kRedis, reachable);
}

void ProjectorMetrics::OnApplied(std::size_t outcomes) {
  instruments_->applied.Increment(static_cast<double>(outcomes));
}

void ProjectorMetrics::OnRewound(const std::string&, std::int32_t) {
  instruments_->rewound.Increment();
}

void ProjectorMetrics::OnForeignRecord(const std::string&, std::int32_t) {
  instruments_->foreign.Increment();
}

void ProjectorMetrics::OnUnknownVersion(const std::string&, std::int32_t) {
  instruments_->unknown_version.Increment();
}

}  // namespace headrace::worker
