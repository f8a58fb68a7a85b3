#include "worker/flow_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "worker/metric_families.h"

namespace headrace::worker {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

constexpr std::array<const char*, 3> kRebalances{"assigned", "revoked", "lost"};

Histogram::BucketBoundaries Bounds() {
  return {DurationTally::kBounds.begin(), DurationTally::kBounds.end()};
}

void Add(const DurationTally& tally, Histogram& histogram) {
  if (tally.empty()) return;
  histogram.ObserveMultiple({tally.counts().begin(), tally.counts().end()}, tally.sum_seconds());
}

double Seconds(std::chrono::microseconds duration) {
  return static_cast<double>(duration.count()) * 1e-6;
}

template <std::size_t size, typename Family, typename... Arguments>
auto AddEach(Family& family, const std::string& label, const std::array<const char*, size>& values,
             const Arguments&... arguments) {
  std::array<decltype(&family.Add({}, arguments...)), size> series{};
  for (std::size_t i = 0; i < size; ++i) {
    series[i] = &family.Add({{label, values[i]}}, arguments...);
  }
  return series;
}

}  // namespace

struct FlowMetrics::Instruments {
  struct PartitionSeries {
    Gauge* messages = nullptr;
    Gauge* seconds = nullptr;  // only when it is known
    Gauge* stalled = nullptr;
  };

  Instruments(MetricFamilies& to, std::string items_topic, const std::string& store)
      : topic(std::move(items_topic)),
        taken_in(to.NewCounter("headrace_items_taken_in_total", "Items read from the items topic")),
        retries(AddEach(to.NewCounters("headrace_item_retries_total",
                                       "Items that were put back to be tried again, by reason"),
                        "reason", kStoreErrors)),
        waiting_retry(
            to.NewGauge("headrace_items_waiting_retry", "Items that wait to be tried again")),
        end_to_end(to.NewHistograms("headrace_item_end_to_end_seconds",
                                    "From an item's acceptance to its outcome")
                       .Add({}, Bounds())),
        queued(to.NewHistograms("headrace_item_queue_seconds",
                                "From an item's acceptance to its first try")
                   .Add({}, Bounds())),
        heartbeat(
            to.NewGauge("headrace_heartbeat_timestamp_seconds", "When the loop last came round")),
        slots(AddEach(to.NewGauges("headrace_worker_slots",
                                   "Chunks that the store can work on at once, by state: blocked "
                                   "ones are withheld from a store that throttles"),
                      "state", kSlotStates)),
        saturation(
            to.NewGauge("headrace_worker_saturation_ratio",
                        "How full the worker is by its own limits; at 1 it takes nothing in")),
        loop_lag(to.NewGauge("headrace_event_loop_lag_seconds",
                             "Longest time of late that the loop needed to come round")),
        lag_messages(to.NewGauges("headrace_kafka_consumer_lag_messages",
                                  "Records from the first unprocessed one to the partition's end")),
        lag_seconds(to.NewGauges("headrace_kafka_consumer_lag_seconds",
                                 "Age of the first unprocessed record; 0 when caught up")),
        stalled(to.NewGauges("headrace_partition_stalled",
                             "1 when a partition is behind and its first unfinished record is the "
                             "same for worker.stall_alert_after")),
        rebalances(AddEach(to.NewCounters("headrace_kafka_rebalances_total",
                                          "Changes of the partitions that this worker owns"),
                           "kind", kRebalances)),
        rebalance_duration(to.NewHistograms("headrace_kafka_rebalance_duration_seconds",
                                            "From a revocation to the assignment that follows it")
                               .Add({}, Bounds())),
        commit_failures(
            to.NewCounter("headrace_kafka_commit_failures_total",
                          "Commits that the brokers did not take; they are tried again")) {
    auto& requests = to.NewHistograms("headrace_store_request_duration_seconds",
                                      "Time that the store took for a chunk, by its answer");
    for (std::size_t i = 0; i < kStoreAnswers.size(); ++i) {
      store_requests[i] = &requests.Add({{"store", store}, {"result", kStoreAnswers[i]}}, Bounds());
    }
  }

  void Drop(PartitionSeries& series) {
    lag_messages.Remove(series.messages);
    if (series.seconds != nullptr) lag_seconds.Remove(series.seconds);
    stalled.Remove(series.stalled);
  }

  static constexpr std::array<const char*, 3> kSlotStates{"busy", "idle", "blocked"};

  const std::string topic;
  Counter& taken_in;
  std::array<Counter*, kApplied> retries;
  Gauge& waiting_retry;
  Histogram& end_to_end;
  Histogram& queued;
  std::array<Histogram*, kStoreAnswers.size()> store_requests{};
  Gauge& heartbeat;
  std::array<Gauge*, 3> slots;
  Gauge& saturation;
  Gauge& loop_lag;
  MetricFamilies::Gauges& lag_messages;
  MetricFamilies::Gauges& lag_seconds;
  MetricFamilies::Gauges& stalled;
  std::array<Counter*, 3> rebalances;
  Histogram& rebalance_duration;
  Counter& commit_failures;
  std::map<std::int32_t, PartitionSeries> partitions;
};

FlowMetrics::FlowMetrics(MetricsRegistry& registry, std::string topic, const std::string& store)
    : instruments_(std::make_unique<Instruments>(registry.families(), std::move(topic), store)) {}
FlowMetrics::~FlowMetrics() = default;

void FlowMetrics::OnFlow(const Flow& flow, const Standing& standing) {
  Instruments& to = *instruments_;
  to.taken_in.Increment(static_cast<double>(flow.taken_in));
  to.commit_failures.Increment(static_cast<double>(flow.commit_failures));
  for (std::size_t i = 0; i < flow.retries.size(); ++i) {
    to.retries[i]->Increment(static_cast<double>(flow.retries[i]));
  }
  for (std::size_t i = 0; i < kStoreAnswers.size(); ++i) {
    Add(flow.store_requests[i], *to.store_requests[i]);
  }
  Add(flow.queued, to.queued);
  Add(flow.end_to_end, to.end_to_end);
  to.loop_lag.Set(Seconds(flow.longest_round));
  to.waiting_retry.Set(static_cast<double>(standing.waiting_retry));
  const std::size_t open = std::max(standing.slots_allowed, standing.slots_busy);
  to.slots[0]->Set(static_cast<double>(standing.slots_busy));
  to.slots[1]->Set(static_cast<double>(open - standing.slots_busy));
  to.slots[2]->Set(static_cast<double>(standing.slots - std::min(standing.slots, open)));
  to.saturation.Set(standing.saturation);
  to.heartbeat.SetToCurrentTime();
}

void FlowMetrics::OnLags(std::span<const PartitionLag> lags) {
  Instruments& to = *instruments_;
  std::set<std::int32_t> owned;
  for (const PartitionLag& lag : lags) {
    owned.insert(lag.partition);
    Instruments::PartitionSeries& series = to.partitions[lag.partition];
    const prometheus::Labels labels{{"topic", to.topic},
                                    {"partition", std::to_string(lag.partition)}};
    if (series.messages == nullptr) {
      series.messages = &to.lag_messages.Add(labels);
      series.stalled = &to.stalled.Add(labels);
    }
    series.messages->Set(static_cast<double>(lag.messages));
    series.stalled->Set(lag.stalled ? 1 : 0);
    if (!lag.age) continue;
    if (series.seconds == nullptr) series.seconds = &to.lag_seconds.Add(labels);
    series.seconds->Set(Seconds(*lag.age));
  }
  for (auto entry = to.partitions.begin(); entry != to.partitions.end();) {
    if (owned.contains(entry->first)) {
      ++entry;
      continue;
    }
    to.Drop(entry->second);
    entry = to.partitions.erase(entry);
  }
}

void FlowMetrics::OnRebalance(RebalanceKind kind, std::optional<std::chrono::microseconds> took) {
  instruments_->rebalances[static_cast<std::size_t>(kind)]->Increment();
  if (took) instruments_->rebalance_duration.Observe(Seconds(*took));
}

}  // namespace headrace::worker
