#include "worker/projector_metrics.h"

#include "worker/metric_families.h"

namespace headrace::worker {

struct ProjectorMetrics::Instruments {
  explicit Instruments(MetricFamilies& to)
      : rebuilds(to.NewCounters("headrace_counter_rebuilds_total",
                                "Partitions of which Redis had lost outcomes or facts, its tail or "
                                "the whole, so that they were read from Kafka again")),
        rebuilt_tail(rebuilds.Add({{"lost", "tail"}})),
        rebuilt_whole(rebuilds.Add({{"lost", "whole"}})),
        applied(to.NewCounter("headrace_outcomes_applied_total",
                              "Outcomes that the projector wrote to Redis")),
        foreign(
            to.NewCounter("headrace_projector_foreign_records_total",
                          "Records of the outcomes and journal topics that are not Headrace's")),
        unknown_version(to.NewCounter(
            "headrace_projector_unknown_versions_total",
            "Partitions stopped at a record of a newer version; upgrade this program")),
        up(to.NewGauge("headrace_redis_up", "1 while Redis answers")),
        degraded(
            to.NewGauge("headrace_redis_degraded",
                        "1 while counters in Redis are incomplete: it does not answer, or this "
                        "worker still brings them up to date; work goes on")) {}

  MetricFamilies::Counters& rebuilds;
  prometheus::Counter& rebuilt_tail;
  prometheus::Counter& rebuilt_whole;
  prometheus::Counter& applied;
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
  reachable_ = reachable;
  ShowDegraded();
  health_.Note(WorkerHealth::kRedis, reachable);
}

void ProjectorMetrics::OnApplied(std::size_t outcomes) {
  instruments_->applied.Increment(static_cast<double>(outcomes));
}

void ProjectorMetrics::OnViewComplete(bool complete) {
  complete_ = complete;
  ShowDegraded();
}

void ProjectorMetrics::OnRebuild(const std::string&, std::int32_t, accounting::Lost lost) {
  (lost == accounting::Lost::kWhole ? instruments_->rebuilt_whole : instruments_->rebuilt_tail)
      .Increment();
}

void ProjectorMetrics::ShowDegraded() {
  instruments_->degraded.Set(reachable_ && complete_ ? 0 : 1);
}

void ProjectorMetrics::OnForeignRecord(const std::string&, std::int32_t) {
  instruments_->foreign.Increment();
}

void ProjectorMetrics::OnUnknownVersion(const std::string&, std::int32_t) {
  instruments_->unknown_version.Increment();
}

}  // namespace headrace::worker
