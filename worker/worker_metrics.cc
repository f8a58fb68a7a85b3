#include "worker/worker_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>

#include "common/base/log.h"

namespace headrace::worker {
namespace {

std::string Detail(const StoreError& error) {
  return error.message + " (intake stops when the worker is full; no item fails)";
}

}  // namespace

// No label by batch, graph or user: their number has no bound.
struct WorkerMetrics::Instruments {
  using Counters = prometheus::Family<prometheus::Counter>;

  explicit Instruments(const std::string& channel) : labels{{"channel", channel}} {}

  Counters& NewCounters(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Labels(labels).Register(registry);
  }
  prometheus::Gauge& NewGauge(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Labels(labels).Register(registry).Add({});
  }

  prometheus::Registry registry;
  const prometheus::Labels labels;
  Counters& finished_family = NewCounters("headrace_items_finished_total", "Items by outcome");
  // By ItemState, made beforehand: looking a label up for every item would cost a lock and a hash.
  std::array<prometheus::Counter*, 5> finished = [this] {
    std::array<prometheus::Counter*, 5> counters{};
    for (const ItemState state :
         {ItemState::kSucceeded, ItemState::kFailed, ItemState::kSkipped, ItemState::kCanceled}) {
      counters[static_cast<std::size_t>(state)] =
          &finished_family.Add({{"outcome", std::string(ItemStateName(state))}});
    }
    return counters;
  }();
  Counters& dead_letters = NewCounters("headrace_dead_letters_total", "Dead letters by reason");
  Counters& chunks = NewCounters("headrace_store_chunks_total", "Chunks by the store's answer");
  prometheus::Counter& duplicates =
      NewCounters("headrace_store_duplicates_total", "Items that the store had already").Add({});
  prometheus::Counter& misrouted =
      NewCounters("headrace_records_misrouted_total",
                  "Records in another partition than murmur2 of their key says")
          .Add({});
  prometheus::Counter& applied =
      NewCounters("headrace_outcomes_applied_total", "Outcomes that the projector wrote to Redis")
          .Add({});
  prometheus::Counter& rewound =
      NewCounters("headrace_projector_rewinds_total", "Times Redis had to be written again")
          .Add({});
  prometheus::Counter& foreign =
      NewCounters("headrace_projector_foreign_records_total",
                  "Records of the outcomes and journal topics that are not Headrace's")
          .Add({});
  prometheus::Counter& unknown_version =
      NewCounters("headrace_projector_unknown_versions_total",
                  "Partitions stopped at a record of a newer version; upgrade this program")
          .Add({});
  prometheus::Gauge& in_flight =
      NewGauge("headrace_items_in_flight", "Items in lanes, store and reporter");
  prometheus::Gauge& in_flight_bytes =
      NewGauge("headrace_in_flight_bytes", "Payload bytes of the items in flight");
  prometheus::Gauge& lanes = NewGauge("headrace_lanes", "Graphs with items in flight");
  prometheus::Gauge& in_store =
      NewGauge("headrace_store_items_in_flight", "Items that the store is working on");
  prometheus::Gauge& partitions =
      NewGauge("headrace_kafka_assigned_partitions", "Partitions that this worker owns");
  prometheus::Gauge& kafka_up = NewGauge("headrace_kafka_up", "1 while the brokers answer");
  prometheus::Gauge& store_up = NewGauge("headrace_store_up", "0 while the store is down");
  prometheus::Gauge& redis_up = NewGauge("headrace_redis_up", "1 while Redis answers");
};

WorkerMetrics::WorkerMetrics(Channel channel, WorkerHealth& health)
    : health_(health),
      instruments_(
          std::make_unique<Instruments>(channel == Channel::kBatch ? "batch" : "realtime")) {}
WorkerMetrics::~WorkerMetrics() = default;

void WorkerMetrics::OnOutcome(ItemState state, std::size_t items) {
  instruments_->finished[static_cast<std::size_t>(state)]->Increment(static_cast<double>(items));
}

void WorkerMetrics::OnDeadLetter(const ItemError& error) {
  instruments_->dead_letters.Add({{"reason", error.code}}).Increment();
}

void WorkerMetrics::OnChunkDone(const ChunkResult& result, std::size_t) {
  const char* answer = "ok";
  if (result.error) {
    switch (result.error->error_class) {
      case StoreErrorClass::kTransient:
        answer = "transient";
        break;
      case StoreErrorClass::kThrottled:
        answer = "throttled";
        break;
      case StoreErrorClass::kItem:
        answer = "item";
        break;
      case StoreErrorClass::kFatal:
        answer = "fatal";
        // Here and not in OnStore, which hears nothing of a store that was down before.
        health_.SetFailed(WorkerHealth::kStore, Detail(*result.error));
        break;
    }
  }
  instruments_->chunks.Add({{"result", answer}}).Increment();
  instruments_->duplicates.Increment(result.duplicates);
}

void WorkerMetrics::OnStore(bool up, const std::optional<StoreError>& error) {
  instruments_->store_up.Set(up ? 1 : 0);
  health_.Set(WorkerHealth::kStore, up, error ? Detail(*error) : "");
}

void WorkerMetrics::OnMisrouted(const Record& record, std::int32_t expected) {
  instruments_->misrouted.Increment();
  if (explained_misrouting_) return;
  explained_misrouting_ = true;
  log::Warn("record_misrouted",
            {{"partition", record.source.partition},
             {"offset", record.offset},
             {"expected_partition", expected},
             {"detail",
              "its producer does not use Java's murmur2 partitioner, so records of one "
              "graph may be out of order; librdkafka clients (kcat, Python, Go) need "
              "partitioner=murmur2_random. Said once; see "
              "headrace_records_misrouted_total"}});
}

void WorkerMetrics::OnPartitionsOwned(std::size_t count) {
  instruments_->partitions.Set(static_cast<double>(count));
  health_.Set(WorkerHealth::kGroup, true, "");
  log::Info("partitions_owned", {{"count", count}});
}

void WorkerMetrics::OnKafka(const Status& status) {
  instruments_->kafka_up.Set(status.ok() ? 1 : 0);
  health_.Set(WorkerHealth::kKafka, status.ok(), status.ok() ? "" : status.error().message);
}

void WorkerMetrics::OnInFlight(const InFlight& in_flight) {
  instruments_->in_flight.Set(static_cast<double>(in_flight.items));
  instruments_->in_flight_bytes.Set(static_cast<double>(in_flight.bytes));
  instruments_->lanes.Set(static_cast<double>(in_flight.lanes));
  instruments_->in_store.Set(static_cast<double>(in_flight.items_in_store));
  health_.Tick();
}

void WorkerMetrics::OnOutcomeStoreReachable(bool reachable) {
  instruments_->redis_up.Set(reachable ? 1 : 0);
  health_.Note(WorkerHealth::kRedis, reachable);
}

void WorkerMetrics::OnApplied(std::size_t outcomes) {
  instruments_->applied.Increment(static_cast<double>(outcomes));
}

void WorkerMetrics::OnRewound(const std::string&, std::int32_t) {
  instruments_->rewound.Increment();
}

void WorkerMetrics::OnForeignRecord(const std::string&, std::int32_t) {
  instruments_->foreign.Increment();
}

void WorkerMetrics::OnUnknownVersion(const std::string&, std::int32_t) {
  instruments_->unknown_version.Increment();
}

std::string WorkerMetrics::Expose() const {
  return prometheus::TextSerializer().Serialize(instruments_->registry.Collect());
}

}  // namespace headrace::worker
