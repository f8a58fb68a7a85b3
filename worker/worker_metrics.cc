#include "worker/worker_metrics.h"

#include <array>
#include <utility>

#include "common/base/log.h"
#include "worker/metric_families.h"
#include "worker/store_answer.h"

namespace headrace::worker {
namespace {

std::string Detail(const StoreError& error) {
  return error.message + " (intake stops when the worker is full; no item fails)";
}

}  // namespace

struct WorkerMetrics::Instruments {
  using Counters = MetricFamilies::Counters;

  explicit Instruments(MetricFamilies& families) : to(families) {}

  prometheus::Gauge& NewIntakePaused(const char* reason) {
    return paused_family.Add({{"reason", reason}});
  }
  // Made beforehand: looking a label up for every chunk would cost a lock and a hash.
  using ByAnswer = std::array<prometheus::Counter*, kStoreAnswers.size()>;
  ByAnswer NewByAnswer(const char* name, const char* help) {
    Counters& family = to.NewCounters(name, help);
    ByAnswer counters{};
    for (std::size_t i = 0; i < counters.size(); ++i) {
      counters[i] = &family.Add({{"result", kStoreAnswers[i]}});
    }
    return counters;
  }

  MetricFamilies& to;
  Counters& finished_family = to.NewCounters("headrace_items_finished_total", "Items by outcome");
  // By ItemState.
  std::array<prometheus::Counter*, 5> finished = [this] {
    std::array<prometheus::Counter*, 5> counters{};
    for (const ItemState state :
         {ItemState::kSucceeded, ItemState::kFailed, ItemState::kSkipped, ItemState::kCanceled}) {
      counters[static_cast<std::size_t>(state)] =
          &finished_family.Add({{"outcome", std::string(ItemStateName(state))}});
    }
    return counters;
  }();
  Counters& dead_letters = to.NewCounters("headrace_dead_letters_total", "Dead letters by reason");
  const ByAnswer chunks =
      NewByAnswer("headrace_store_chunks_total", "Chunks by the store's answer");
  const ByAnswer attempts = NewByAnswer("headrace_item_attempts_total",
                                        "Tries of items, by the answer that the store gave them");
  prometheus::Counter& duplicates =
      to.NewCounter("headrace_store_duplicates_total", "Items that the store had already");
  prometheus::Counter& misrouted =
      to.NewCounter("headrace_records_misrouted_total",
                    "Records in another partition than murmur2 of their key says");
  prometheus::Gauge& last_success =
      to.NewGauge("headrace_last_success_timestamp_seconds", "When the store last applied an item");
  prometheus::Gauge& in_flight =
      to.NewGauge("headrace_items_in_flight", "Items in lanes, store and reporter");
  prometheus::Gauge& in_flight_bytes =
      to.NewGauge("headrace_in_flight_bytes", "Payload bytes of the items in flight");
  prometheus::Gauge& lanes = to.NewGauge("headrace_lanes", "Graphs with items in flight");
  prometheus::Gauge& in_store =
      to.NewGauge("headrace_store_items_in_flight", "Items that the store is working on");
  prometheus::Gauge& suspects = to.NewGauge(
      "headrace_suspect_items", "Items in flight that may have ended a worker's process before");
  prometheus::Gauge& hot_partitions =
      to.NewGauge("headrace_hot_partitions",
                  "Partitions that are not read for a while, because a graph of theirs gets more "
                  "than can be done in its order");
  prometheus::Gauge& partitions =
      to.NewGauge("headrace_kafka_assigned_partitions", "Partitions that this worker owns");
  prometheus::Gauge& kafka_up = to.NewGauge("headrace_kafka_up", "1 while the brokers answer");
  prometheus::Gauge& store_up = to.NewGauge("headrace_store_up", "0 while the store is down");
  prometheus::Gauge& chunks_max = to.NewGauge("headrace_store_concurrency_limit",
                                              "Chunks that the store may be working on at once");
  prometheus::Gauge& pace = to.NewGauge("headrace_store_pace_items_per_second",
                                        "Items a second that this worker sends to a store that "
                                        "throttles; +Inf while it does not");
  MetricFamilies::Gauges& paused_family =
      to.NewGauges("headrace_intake_paused",
                   "1 while no records are taken in, because the worker is full and this is why");
  // By IntakePause; the first is never used.
  std::array<prometheus::Gauge*, 4> intake_paused{nullptr, &NewIntakePaused("full"),
                                                  &NewIntakePaused("store_throttled"),
                                                  &NewIntakePaused("store_down")};
};

WorkerMetrics::WorkerMetrics(MetricsRegistry& registry, WorkerHealth& health)
    : health_(health), instruments_(std::make_unique<Instruments>(registry.families())) {}
WorkerMetrics::~WorkerMetrics() = default;

void WorkerMetrics::OnOutcome(ItemState state, std::size_t items) {
  instruments_->finished[static_cast<std::size_t>(state)]->Increment(static_cast<double>(items));
}

void WorkerMetrics::OnDeadLetter(const ItemError& error) {
  instruments_->dead_letters.Add({{"reason", error.code}}).Increment();
}

void WorkerMetrics::OnChunkDone(const ChunkResult& result, std::size_t items) {
  if (result.error && result.error->error_class == StoreErrorClass::kFatal) {
    // Here and not in OnStore, which hears nothing of a store that was down before.
    health_.SetFailed(WorkerHealth::kStore, Detail(*result.error));
  }
  if (result.error && result.error->error_class == StoreErrorClass::kThrottled) {
    NoteThrottling(*result.error);
  }
  const std::size_t answer = AnswerOf(result);
  instruments_->chunks[answer]->Increment();
  instruments_->duplicates.Increment(result.duplicates);
  const std::size_t failed = result.error ? 0 : result.failures.size();
  instruments_->attempts[answer]->Increment(static_cast<double>(items - failed));
  instruments_->attempts[AnswerOf(StoreErrorClass::kItem)]->Increment(static_cast<double>(failed));
  if (!result.error && failed < items) instruments_->last_success.SetToCurrentTime();
}

void WorkerMetrics::OnStore(bool up, const std::optional<StoreError>& error) {
  store_is_up_ = up;
  instruments_->store_up.Set(up ? 1 : 0);
  health_.Set(WorkerHealth::kStore, up, error ? Detail(*error) : "");
}

void WorkerMetrics::OnPace(const PaceState& pace) {
  instruments_->chunks_max.Set(static_cast<double>(pace.chunks_max));
  instruments_->pace.Set(pace.items_per_second);
  throttled_ = pace.throttled;
  if (throttled_ || throttled_for_.empty()) return;
  throttled_for_.clear();
  log::Info("store_throttles_no_more");
}

// Once for each reason: a disk may become full after a budget was used up.
void WorkerMetrics::NoteThrottling(const StoreError& error) {
  if (std::exchange(throttled_for_, error.code) == error.code) return;
  log::Warn("store_throttles",
            {{"code", error.code},
             {"reason", error.message},
             {"detail",
              "the store refuses what is too much for it; this worker goes as fast as it is let, "
              "see headrace_store_pace_items_per_second (no item fails)"}});
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
  instruments_->hot_partitions.Set(static_cast<double>(in_flight.hot_partitions));
  NoteIntake(!in_flight.intake_paused ? IntakePause::kNone
             : !store_is_up_          ? IntakePause::kStoreDown
             : throttled_             ? IntakePause::kThrottled
                                      : IntakePause::kFull);
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

}  // namespace headrace::worker
