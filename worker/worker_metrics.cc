#include "worker/worker_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <utility>

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

  prometheus::Gauge& NewIntakePaused(const char* reason) {
    return prometheus::BuildGauge()
        .Name("headrace_intake_paused")
        .Help("1 while no records are taken in, because the worker is full and this is why")
        .Labels(labels)
        .Register(registry)
        .Add({{"reason", reason}});
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
  prometheus::Gauge& suspects = NewGauge(
      "headrace_suspect_items", "Items in flight that may have ended a worker's process before");
  prometheus::Gauge& partitions =
      NewGauge("headrace_kafka_assigned_partitions", "Partitions that this worker owns");
  prometheus::Gauge& kafka_up = NewGauge("headrace_kafka_up", "1 while the brokers answer");
  prometheus::Gauge& store_up = NewGauge("headrace_store_up", "0 while the store is down");
  prometheus::Gauge& chunks_max = NewGauge("headrace_store_concurrency_limit",
                                           "Chunks that the store may be working on at once");
  prometheus::Gauge& pace = NewGauge("headrace_store_pace_items_per_second",
                                     "Items a second that this worker sends to a store that "
                                     "throttles; +Inf while it does not");
  // By IntakePause; the first is never used.
  std::array<prometheus::Gauge*, 4> intake_paused{nullptr, &NewIntakePaused("full"),
                                                  &NewIntakePaused("store_throttled"),
                                                  &NewIntakePaused("store_down")};
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
      case StoreErrorClass::kFenced:
        answer = "fenced";
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
  store_is_up_ = up;
  instruments_->store_up.Set(up ? 1 : 0);
  health_.Set(WorkerHealth::kStore, up, error ? Detail(*error) : "");
}

void WorkerMetrics::OnPace(const PaceState& pace) {
  instruments_->chunks_max.Set(static_cast<double>(pace.chunks_max));
  instruments_->pace.Set(pace.items_per_second);
  if (std::exchange(throttled_, pace.throttled) == pace.throttled) return;
  if (pace.throttled) {
    log::Warn("store_throttles",
              {{"detail",
                "the store refuses what is too much for it; this worker goes as fast as it is let, "
                "see headrace_store_pace_items_per_second (no item fails)"}});
  } else {
    log::Info("store_throttles_no_more");
  }
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
  instruments_->suspects.Set(static_cast<double>(in_flight.suspects));
  NoteIntake(!in_flight.intake_paused ? IntakePause::kNone
             : !store_is_up_          ? IntakePause::kStoreDown
             : throttled_             ? IntakePause::kThrottled
                                      : IntakePause::kFull);
  health_.Tick();
}

// A full worker is healthy, so only a store that is down is worth a line in the log.
void WorkerMetrics::NoteIntake(IntakePause pause) {
  const IntakePause before = intake_pause_;
  // Full as it is, it stays so for a moment when the store is back.
  const bool lingers = before == IntakePause::kStoreDown && pause != IntakePause::kNone;
  if (before == pause || lingers) return;
  intake_pause_ = pause;
  if (before != IntakePause::kNone) {
    instruments_->intake_paused[static_cast<std::size_t>(before)]->Set(0);
  }
  if (pause != IntakePause::kNone) {
    instruments_->intake_paused[static_cast<std::size_t>(pause)]->Set(1);
  }
  if (pause == IntakePause::kStoreDown) {
    log::Warn("intake_paused", {{"reason", "store_down"}});
  } else if (before == IntakePause::kStoreDown) {
    log::Info("intake_resumed");
  }
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
