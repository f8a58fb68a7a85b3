#include "worker/worker_loop.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/log.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{50};
constexpr milliseconds kCommitRetry{100};  // while items wait for one
constexpr std::size_t kLedgerSpanMax = 1u << 20;

ChunkLimits LimitsOf(const StoreTraits& traits, const WorkerSettings& settings) {
  return {.items = traits.chunk_items_max,
          .lanes = traits.chunk_lanes_max,
          .lane_items = settings.lane_chunk_items_max};
}

}  // namespace

WorkerLoop::WorkerLoop(WorkerPorts ports, WorkerPlan plan)
    : ports_(std::move(ports)),
      plan_(std::move(plan)),
      // Calls of the realtime channel are in order among themselves, whatever counts them.
      lanes_(plan_.settings.channel == Channel::kRealtime ? LaneOrder::kLane : LaneOrder::kBatch),
      partitions_(kLedgerSpanMax),
      store_pool_(ports_.store, ports_.wakeup),
      reporter_(ports_.producer, {.outcomes_topic = plan_.outcomes_topic,
                                  .dead_letters_topic = plan_.dead_letters_topic}),
      gate_(ports_.outcomes, partitions_),
      admission_(plan_.admission, ports_.directory),
      settlement_({held_, lanes_, reporter_, partitions_, admission_.payloads(), ports_.observer,
                   ports_.clock},
                  RetryRule({.backoff = plan_.settings.retry_backoff,
                             .backoff_max = plan_.settings.retry_backoff_max,
                             .attempts_max = plan_.settings.retry_attempts_max,
                             .age_max = plan_.settings.retry_age_max},
                            plan_.seed),
                  plan_.admission.topic) {}

Status WorkerLoop::Run(const std::function<bool()>& should_stop) {
  if (Status joined = Join(); !joined.ok()) return joined;
  while (!should_stop()) {
    const Result<bool> worked = Step();
    if (!worked.ok()) return worked.error();
    if (!*worked) Sleep();
  }
  Finish();
  return {};
}

Status WorkerLoop::Join() {
  auto consumer = ports_.open_consumer(*this);
  if (!consumer.ok()) return std::move(consumer).error();
  consumer_ = std::move(*consumer);
  intake_.emplace(
      Intake::Parts{*consumer_, admission_, partitions_, gate_, lanes_, settlement_,
                    ports_.observer, ports_.clock},
      // The other half of the bytes is the consumer's prefetch; see ItemsReader.
      IntakeLimits{plan_.settings.in_flight_items_max, plan_.settings.in_flight_bytes_max / 2});
  ports_.observer.OnPace(store_pool_.pace().state());
  return {};
}

Result<bool> WorkerLoop::Step() {
  Result<bool> worked = Tick();
  if (!worked.ok()) Leave();
  return worked;
}

void WorkerLoop::Finish() {
  // What waits in lanes is not begun; the next owner finds it behind the committed frontier.
  ForgetWaiting(partitions_.owned());
  Quiesce(plan_.settings.drain_timeout);
  CommitLeaving(partitions_.owned());
  Leave();
}

// Leaves the group. Nothing is owned any more when the consumer's farewell calls OnRevoked.
void WorkerLoop::Leave() {
  const std::set<TopicPartition> owned = partitions_.owned();
  partitions_.Forget(std::vector<TopicPartition>(owned.begin(), owned.end()));
  consumer_.reset();
}

Result<bool> WorkerLoop::Tick() {
  const Result<bool> fetched = intake_->Fetch(held_);
  if (!fetched.ok()) {
    if (Status watched = Watch(fetched.error()); !watched.ok()) return watched.error();
  }
  Result<bool> settled = SettleCompleted(/*flush=*/false);
  if (!settled.ok()) return settled;
  CommitIfDue();
  const bool passed = PassGate();
  const bool dispatched = Dispatch();
  TellPace();
  ports_.observer.OnInFlight({.items = held_.items + held_.reported,
                              .reported = held_.reported,
                              .bytes = held_.bytes,
                              .lanes = lanes_.lanes(),
                              .items_in_store = store_pool_.items_in_flight(),
                              .intake_paused = intake_->paused()});
  return (fetched.ok() && *fetched) || *settled || passed || dispatched;
}

Result<bool> WorkerLoop::SettleCompleted(bool flush) {
  std::vector<CompletedChunk>& completed = scratch_.completed;
  completed.clear();
  store_pool_.Collect(completed, ports_.clock.Now());
  const bool any_completed = !completed.empty();
  std::set<TopicPartition> foreign;
  for (CompletedChunk& chunk : completed) {
    for (const WorkItem& item : chunk.items) {
      if (!partitions_.owns(item.source)) foreign.insert(item.source);
    }
    if (Status settled = settlement_.Settle(chunk); !settled.ok()) {
      return settled.error();
    }
  }
  // What went back into its lane for a retry, but was revoked meanwhile, is another worker's now.
  if (!foreign.empty()) ForgetWaiting(foreign);
  store_pool_.Recycle(completed);
  std::vector<DoneItem>& done = scratch_.done;
  done.clear();
  if (Status pumped = reporter_.Pump(ports_.clock.Now(), flush, done); !pumped.ok()) {
    return pumped.error();
  }
  for (const DoneItem& item : done) {
    partitions_.Complete(item.source, item.offset);
    --held_.reported;
  }
  return any_completed || !done.empty();
}

bool WorkerLoop::PassGate() {
  std::vector<WorkItem> to_try, ended;
  gate_.Settle(to_try, ended);
  for (WorkItem& item : to_try) lanes_.Add(std::move(item));
  for (const WorkItem& item : ended) {
    // Its outcome is acknowledged already: that is what the answer says.
    partitions_.Complete(item.source, item.offset);
    --held_.items;
    held_.bytes -= item.bytes();
  }
  return !to_try.empty() || !ended.empty();
}

bool WorkerLoop::Dispatch() {
  bool dispatched = false;
  // Once for all chunks: where a chunk is one item, clocks would cost as much as the lanes do.
  const SteadyTime now = ports_.clock.Now();
  const Timestamp wall_now = ports_.clock.WallNow();
  ChunkLimits limits = LimitsOf(store_pool_.traits(), plan_.settings);
  while (true) {
    limits.items = store_pool_.Room(now);
    pulse_.store_has_room = limits.items > 0;
    if (!pulse_.store_has_room) break;
    std::vector<WorkItem>& chunk = scratch_.chunk;
    lanes_.TakeInto(chunk, limits, now);
    if (chunk.empty()) break;
    for (WorkItem& item : chunk) {
      if (item.attempts > 0) continue;
      item.first_try = wall_now;
      item.judged_at = now;
    }
    store_pool_.Submit(chunk, now);
    dispatched = true;
  }
  return dispatched;
}

void WorkerLoop::CommitIfDue() {
  const SteadyTime now = ports_.clock.Now();
  if (now < pulse_.next_commit) {
    if (gate_.waits_for_mark() && now >= pulse_.next_mark) CommitNow({});
    return;
  }
  pulse_.next_commit = now + plan_.settings.commit_interval;
  CommitNow({});
  // A poll that brings nothing does not prove that a broker is back.
  if (!pulse_.kafka_ok && consumer_->EndOffsets(0).ok()) Watch({}).IgnoreError();
}

void WorkerLoop::CommitNow(const std::set<TopicPartition>& left) {
  const std::vector<PartitionPosition> due = partitions_.NextCommit(left);
  if (due.empty()) return;
  if (Status committed = consumer_->Commit(due); !committed.ok()) {
    // The frontier stays uncommitted and is tried again; a crash meanwhile only repeats work.
    log::Debug("commit_failed", {{"error", committed.error().message}});
    pulse_.next_mark = ports_.clock.Now() + kCommitRetry;
    return;
  }
  partitions_.MarkCommitted(due);
  Watch({}).IgnoreError();
}

// The last commit of partitions that another worker will own.
void WorkerLoop::CommitLeaving(const std::set<TopicPartition>& partitions) {
  const bool drained = store_pool_.idle() && reporter_.idle();
  CommitNow(drained ? partitions : std::set<TopicPartition>());
}

// Brings what has been begun to its end, without beginning anything.
void WorkerLoop::Quiesce(milliseconds budget) {
  const SteadyTime deadline = ports_.clock.Now() + budget;
  while (!(store_pool_.idle() && reporter_.idle()) && ports_.clock.Now() < deadline) {
    const Result<bool> settled = SettleCompleted(/*flush=*/true);
    if (!settled.ok()) return;  // the same failure ends the loop at its next tick
    if (!*settled) ports_.wakeup.Wait(milliseconds(5));
  }
}

void WorkerLoop::ForgetWaiting(const std::set<TopicPartition>& partitions) {
  std::vector<WorkItem> waiting = lanes_.RemoveWaiting(partitions);
  std::vector<WorkItem> gated = gate_.Remove(partitions);
  for (const auto* items : {&waiting, &gated}) {
    for (const WorkItem& item : *items) {
      --held_.items;
      held_.bytes -= item.bytes();
    }
  }
}

void WorkerLoop::OnAssigned(std::vector<PartitionPosition>& positions) {
  partitions_.Own(positions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
  intake_->ForgetPartitionCount();
}

// Drain first, fence second: what has been begun ends and is committed while the partition is still
// ours; after Forget a late completion may still report its outcome, but never moves an offset.
void WorkerLoop::OnRevoked(std::span<const TopicPartition> partitions) {
  if (partitions_.owned().empty()) return;
  ForgetWaiting({partitions.begin(), partitions.end()});
  Quiesce(std::min(plan_.settings.drain_timeout, plan_.settings.session_timeout / 2));
  CommitLeaving({partitions.begin(), partitions.end()});
  partitions_.Forget(partitions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
}

void WorkerLoop::OnLost(std::span<const TopicPartition> partitions) {
  ForgetWaiting({partitions.begin(), partitions.end()});
  partitions_.Forget(partitions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
}

// Tells the observer how Kafka is; passes on only what ends the worker.
Status WorkerLoop::Watch(const Status& status) {
  if (status.ok() != pulse_.kafka_ok) ports_.observer.OnKafka(status);
  pulse_.kafka_ok = status.ok();
  if (!status.ok() && status.error().code != ErrorCode::kTransient) return status;
  return {};
}

void WorkerLoop::TellPace() {
  const bool throttled = store_pool_.pace().throttled();
  if (!throttled && !pulse_.throttled) return;
  pulse_.throttled = throttled;
  ports_.observer.OnPace(store_pool_.pace().state());
}

// Empty when only an answer of the store, or a new item, can bring the next chunk.
std::optional<SteadyTime> WorkerLoop::NextDispatch() const {
  if (pulse_.store_has_room) return lanes_.NextDue();
  const SteadyTime opens = store_pool_.pace().opens_at();
  return opens > ports_.clock.Now() ? std::optional(opens) : std::nullopt;
}

void WorkerLoop::Sleep() {
  milliseconds wait = kIdleWait;
  if (!reporter_.idle()) wait = milliseconds(5);  // an outcome waits no longer for company
  if (const auto due = NextDispatch()) {
    const auto until = std::chrono::ceil<milliseconds>(*due - ports_.clock.Now());
    wait = std::clamp(until, milliseconds(0), wait);
  }
  ports_.wakeup.Wait(wait);
}

}  // namespace headrace::worker
