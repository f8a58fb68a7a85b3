#include "worker/pipeline.h"

#include <algorithm>
#include <utility>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{50};
constexpr milliseconds kReportWait{5};  // an outcome waits no longer for company

RetrySettings RetriesOf(const WorkerSettings& settings) {
  return {.backoff = settings.retry_backoff,
          .backoff_max = settings.retry_backoff_max,
          .attempts_max = settings.retry_attempts_max,
          .age_max = settings.retry_age_max};
}

}  // namespace

Pipeline::Pipeline(const WorkerPorts& ports, const WorkerPlan& plan, const Parts& parts)
    : ports_(ports),
      plan_(plan),
      parts_(parts),
      // Calls of the realtime channel are in order among themselves, whatever counts them.
      lanes_(plan.settings.channel == Channel::kRealtime ? LaneOrder::kLane : LaneOrder::kBatch),
      store_(ports.store, ports.wakeup),
      reporter_(ports.producer, {.outcomes_topic = plan.outcomes_topic,
                                 .dead_letters_topic = plan.dead_letters_topic}),
      gate_(ports.outcomes, parts.partitions),
      settlement_({held_, lanes_, reporter_, parts.payloads, ports.observer, parts.meter.flow(),
                   ports.clock},
                  RetryRule(RetriesOf(plan.settings), plan.seed), plan.admission.topic),
      dispatcher_({held_, lanes_, store_, parts.partitions, parts.claims, parts.commits,
                   parts.meter.flow(), ports.clock},
                  plan.settings.lane_chunk_items_max) {}

std::size_t Pipeline::Add(WorkItem&& item) {
  ++held_.items;
  held_.bytes += item.bytes();
  return gate_.Passes(item) ? lanes_.Add(std::move(item)) : 0;
}

Status Pipeline::Refuse(const WorkItem& item, const Record& record, ItemError error) {
  ++held_.items;
  return settlement_.Refuse(item, record, std::move(error));
}

Result<bool> Pipeline::Turn() {
  if (!failed_.ok()) return failed_.error();
  EnterPhase(ports_.beat, LoopPhase::kSettling);
  const Result<bool> settled = Settle(/*flush=*/false);
  if (!settled.ok()) return settled;
  parts_.commits.CommitIfDue(gate_.waits_for_mark());
  const Result<bool> passed = PassGate();
  if (!passed.ok()) return passed;
  EnterPhase(ports_.beat, LoopPhase::kDispatching);
  const bool dispatched = dispatcher_.Dispatch();
  TellPace();
  return *settled || *passed || dispatched;
}

Result<bool> Pipeline::Settle(bool flush) {
  round_.completed.clear();
  store_.Collect(round_.completed, ports_.clock.Now());
  const bool any_completed = !round_.completed.empty();
  if (Status settled = SettleChunks(); !settled.ok()) return settled.error();
  round_.done.clear();
  if (Status pumped = reporter_.Pump(ports_.clock.Now(), flush, round_.done); !pumped.ok()) {
    return pumped.error();
  }
  for (const DoneItem& item : round_.done) {
    parts_.partitions.Complete(item.source, item.offset);
    settlement_.failed().Acknowledged(item);
    --held_.reported;
  }
  EndCopies();
  return any_completed || !round_.done.empty();
}

Status Pipeline::SettleChunks() {
  const auto is_stray = [this](const WorkItem& item) {
    const OwnedPartition* owned = parts_.partitions.Find(item.source);
    return owned == nullptr || item.assignment != owned->assignment;
  };
  bool strays = false;
  for (CompletedChunk& chunk : round_.completed) {
    for (const WorkItem& item : chunk.items) {
      if (item.caution == Caution::kAlone) NoteSurvival(item);
    }
    if (chunk.result.error && chunk.result.error->error_class == StoreErrorClass::kFenced) {
      parts_.claims.Renew(chunk.items);
    }
    strays = strays || (chunk.result.error && std::ranges::any_of(chunk.items, is_stray));
    if (Status settled = settlement_.Settle(chunk); !settled.ok()) return settled;
  }
  // What went back into its lane for a retry, but was revoked meanwhile, is another worker's now,
  // or has come again since.
  if (strays) Drop(lanes_.RemoveWaiting(is_stray));
  store_.Recycle(round_.completed);
  return {};
}

// At once, lest a death from another cause is blamed on it.
void Pipeline::NoteSurvival(const WorkItem& item) {
  if (OwnedPartition* owned = parts_.partitions.Find(item.source)) {
    owned->suspects.Survived(item.offset);
  }
  parts_.commits.Hasten();
}

Result<bool> Pipeline::PassGate() {
  std::vector<WorkItem> to_try, ended;
  gate_.Settle(to_try, ended);
  for (WorkItem& item : to_try) {
    if (item.caution != Caution::kGiveUp) {
      lanes_.Add(std::move(item));
    } else if (Status given_up = settlement_.GiveUp(item); !given_up.ok()) {
      return given_up.error();
    }
  }
  EndUntried(ended);
  return !to_try.empty() || !ended.empty();
}

// Of items that failed, and whose outcome Kafka has now.
void Pipeline::EndCopies() {
  std::vector<ItemRef> failed = settlement_.failed().TakeAcknowledged();
  if (failed.empty() || !gate_.MayBeOutdated()) return;
  std::ranges::sort(failed, {}, OrderOf);
  const auto is_copy = [&](const WorkItem& item) {
    return std::ranges::binary_search(failed, OrderOf(item.write.ref), {}, OrderOf);
  };
  gate_.End(is_copy);
  EndUntried(lanes_.RemoveWaiting(is_copy));
}

// Their outcome is in Kafka already.
void Pipeline::EndUntried(std::span<const WorkItem> items) {
  for (const WorkItem& item : items) parts_.partitions.Complete(item.source, item.offset);
  Drop(items);
}

void Pipeline::Drain(milliseconds budget) {
  const SteadyTime deadline = ports_.clock.Now() + budget;
  while (!idle() && ports_.clock.Now() < deadline) {
    const Result<bool> settled = Settle(/*flush=*/true);
    if (!settled.ok()) {
      failed_ = settled.error();
      return;
    }
    if (!*settled) ports_.wakeup.Wait(kReportWait);
  }
}

void Pipeline::Forget(const std::set<TopicPartition>& partitions) {
  Drop(
      lanes_.RemoveWaiting([&](const WorkItem& item) { return partitions.contains(item.source); }));
  Drop(gate_.Remove(partitions));
}

void Pipeline::Drop(std::span<const WorkItem> items) {
  for (const WorkItem& item : items) {
    --held_.items;
    held_.bytes -= item.bytes();
    if (item.first_try != Timestamp{}) --held_.waiting_retry;
  }
}

void Pipeline::TellPace() {
  const bool throttled = store_.pace().throttled();
  if (!throttled && round_.told_throttled == false) return;
  round_.told_throttled = throttled;
  ports_.observer.OnPace(store_.pace().state());
}

milliseconds Pipeline::IdleTime() const {
  milliseconds wait = reporter_.idle() ? kIdleWait : kReportWait;
  if (const auto due = dispatcher_.NextDue()) {
    const auto until = std::chrono::ceil<milliseconds>(*due - ports_.clock.Now());
    wait = std::clamp(until, milliseconds(0), wait);
  }
  return wait;
}

InFlight Pipeline::in_flight() const {
  return {.items = held_.items + held_.reported,
          .reported = held_.reported,
          .bytes = held_.bytes,
          .lanes = lanes_.lanes(),
          .items_in_store = store_.items_in_flight(),
          .suspects = parts_.partitions.suspects_held()};
}

Standing Pipeline::Stand() const {
  const double items = static_cast<double>(std::max(held_.items, held_.reported)) /
                       static_cast<double>(plan_.settings.in_flight_items_max);
  const double bytes = static_cast<double>(held_.bytes) /
                       static_cast<double>(plan_.settings.in_flight_bytes_max / 2);
  return {.waiting_retry = held_.waiting_retry,
          .slots_busy = store_.chunks_in_flight(),
          .slots_allowed = store_.pace().state().chunks_max,
          .slots = store_.traits().chunks_in_flight_max,
          .saturation = std::max(items, bytes)};
}

}  // namespace headrace::worker
