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
constexpr std::size_t kSuspectsAtOnce = 500;

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
      meter_({ports_.flow, ports_.backlog, ports_.clock}, partitions_,
             plan_.settings.stall_alert_after),
      store_pool_(ports_.store, ports_.wakeup),
      reporter_(ports_.producer, {.outcomes_topic = plan_.outcomes_topic,
                                  .dead_letters_topic = plan_.dead_letters_topic}),
      claims_(ports_.store, plan_.admission.cluster_id + "/" + plan_.admission.topic),
      gate_(ports_.outcomes, partitions_),
      admission_(plan_.admission, ports_.directory),
      settlement_({held_, lanes_, reporter_, partitions_, admission_.payloads(), ports_.observer,
                   meter_.flow(), ports_.clock},
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
                    ports_.observer, meter_, ports_.clock},
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
  meter_.BeginRound();
  Enter(LoopPhase::kFetching);
  const Result<bool> fetched = intake_->Fetch(held_);
  if (!failed_.ok()) return failed_.error();
  if (!fetched.ok()) {
    if (Status watched = Watch(fetched.error()); !watched.ok()) return watched.error();
  }
  Enter(LoopPhase::kSettling);
  Result<bool> settled = SettleCompleted(/*flush=*/false);
  if (!settled.ok()) return settled;
  CommitIfDue();
  const Result<bool> passed = PassGate();
  if (!passed.ok()) return passed;
  Enter(LoopPhase::kDispatching);
  const bool dispatched = Dispatch();
  TellPace();
  ports_.observer.OnInFlight({.items = held_.items + held_.reported,
                              .reported = held_.reported,
                              .bytes = held_.bytes,
                              .lanes = lanes_.lanes(),
                              .items_in_store = store_pool_.items_in_flight(),
                              .suspects = partitions_.suspects_held(),
                              .intake_paused = intake_->paused()});
  if (meter_.EndRound()) meter_.Tell(Stand());
  return (fetched.ok() && *fetched) || *settled || *passed || dispatched;
}

Result<bool> WorkerLoop::SettleCompleted(bool flush) {
  std::vector<CompletedChunk>& completed = scratch_.completed;
  completed.clear();
  store_pool_.Collect(completed, ports_.clock.Now());
  const bool any_completed = !completed.empty();
  const auto is_stray = [this](const WorkItem& item) {
    return item.assignment != partitions_.assignment(item.source);
  };
  bool strays = false;
  for (CompletedChunk& chunk : completed) {
    for (const WorkItem& item : chunk.items) {
      if (item.caution == Caution::kAlone) NoteSurvival(item);
    }
    if (chunk.result.error && chunk.result.error->error_class == StoreErrorClass::kFenced) {
      claims_.Renew(chunk.items);
    }
    strays = strays || (chunk.result.error && std::ranges::any_of(chunk.items, is_stray));
    if (Status settled = settlement_.Settle(chunk); !settled.ok()) {
      return settled.error();
    }
  }
  // What went back into its lane for a retry, but was revoked meanwhile, is another worker's now,
  // or has come again since.
  if (strays) Forget(lanes_.RemoveWaiting(is_stray));
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

// At once, lest a death from another cause is blamed on it.
void WorkerLoop::NoteSurvival(const WorkItem& item) {
  if (Suspects* suspects = partitions_.FindSuspects(item.source)) suspects->Survived(item.offset);
  pulse_.next_commit = {};
}

Result<bool> WorkerLoop::PassGate() {
  std::vector<WorkItem> to_try, ended;
  gate_.Settle(to_try, ended);
  for (WorkItem& item : to_try) {
    if (item.caution != Caution::kGiveUp) {
      lanes_.Add(std::move(item));
    } else if (Status given_up = settlement_.GiveUp(item); !given_up.ok()) {
      return given_up.error();
    }
  }
  for (const WorkItem& item : ended) {
    // Its outcome is acknowledged already: that is what the answer says.
    partitions_.Complete(item.source, item.offset);
    --held_.items;
    held_.bytes -= item.bytes();
  }
  return !to_try.empty() || !ended.empty();
}

bool WorkerLoop::Dispatch() {
  // Once for all chunks: where a chunk is one item, clocks would cost as much as the lanes do.
  const SteadyTime now = ports_.clock.Now();
  if (!alone_turn_.MayBegin(store_pool_.chunks_in_flight() == 0, now)) return false;
  const Timestamp wall_now = ports_.clock.WallNow();
  const bool has_suspects = partitions_.suspects_held() > 0;
  bool dispatched = false;
  bool one_waits = false;
  ChunkLimits limits = LimitsOf(store_pool_.traits(), plan_.settings);
  limits.alone = alone_turn_.is_due();
  while (true) {
    limits.items = store_pool_.Room(now);
    if (has_suspects) limits.items = std::min(limits.items, RoomForSuspects());
    pulse_.store_has_room = limits.items > 0;
    if (!pulse_.store_has_room) break;
    std::vector<WorkItem>& chunk = scratch_.chunk;
    one_waits = lanes_.TakeInto(chunk, limits, now);
    if (chunk.empty()) break;
    if (has_suspects && !NoteTries(chunk)) {
      lanes_.PutBack(std::exchange(chunk, {}), now + kCommitRetry);
      break;
    }
    for (WorkItem& item : chunk) {
      const bool tried = item.first_try != Timestamp{};
      if (tried) --held_.waiting_retry;
      if (item.attempts > 0) continue;
      if (!tried) meter_.flow().queued.Add(wall_now - item.write.accepted_at);
      item.first_try = wall_now;
      item.judged_at = now;
    }
    claims_.Stamp(chunk);
    store_pool_.Submit(chunk, now);
    dispatched = true;
    if (limits.alone) return true;
  }
  if (!limits.alone) {
    alone_turn_.OthersBegun(one_waits, now);
  } else if (!one_waits) {
    alone_turn_.End();
  }
  return dispatched || (one_waits && (store_pool_.chunks_in_flight() == 0));
}

// A crash should make few items go alone.
std::size_t WorkerLoop::RoomForSuspects() const {
  return kSuspectsAtOnce - std::min(kSuspectsAtOnce, store_pool_.items_in_flight());
}

// False when the tries of the chunk's suspects could not be committed.
bool WorkerLoop::NoteTries(const std::vector<WorkItem>& chunk) {
  bool saved = true;
  for (const WorkItem& item : chunk) {
    if (item.caution == Caution::kNone) continue;
    Suspects* suspects = partitions_.FindSuspects(item.source);
    suspects->NoteTry(item.offset, item.caution);
    saved = saved && suspects->saved();
  }
  return saved || CommitNow({});
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

bool WorkerLoop::CommitNow(const std::set<TopicPartition>& left) {
  const std::vector<PartitionPosition> due = partitions_.NextCommit(left);
  if (due.empty()) return true;
  Enter(LoopPhase::kCommitting);
  if (Status committed = consumer_->Commit(due); !committed.ok()) {
    ++meter_.flow().commit_failures;
    // The frontier stays uncommitted and is tried again; a crash meanwhile only repeats work.
    log::Debug("commit_failed", {{"error", committed.error().message}});
    pulse_.next_mark = ports_.clock.Now() + kCommitRetry;
    return false;
  }
  partitions_.MarkCommitted(due);
  Watch({}).IgnoreError();
  return true;
}

// The last commit of partitions that another worker will own.
void WorkerLoop::CommitLeaving(const std::set<TopicPartition>& partitions) {
  const bool drained = store_pool_.chunks_in_flight() == 0 && reporter_.idle();
  CommitNow(drained ? partitions : std::set<TopicPartition>());
}

// Brings what has been begun to its end, without beginning anything.
void WorkerLoop::Quiesce(milliseconds budget) {
  const SteadyTime deadline = ports_.clock.Now() + budget;
  while (!(store_pool_.chunks_in_flight() == 0 && reporter_.idle()) &&
         ports_.clock.Now() < deadline) {
    const Result<bool> settled = SettleCompleted(/*flush=*/true);
    if (!settled.ok()) {
      failed_ = settled.error();  // ends the loop at its next tick; a delivery fails only once
      return;
    }
    if (!*settled) ports_.wakeup.Wait(milliseconds(5));
  }
}

void WorkerLoop::ForgetWaiting(const std::set<TopicPartition>& partitions) {
  Forget(
      lanes_.RemoveWaiting([&](const WorkItem& item) { return partitions.contains(item.source); }));
  Forget(gate_.Remove(partitions));
}

void WorkerLoop::Forget(std::span<const WorkItem> items) {
  for (const WorkItem& item : items) {
    --held_.items;
    held_.bytes -= item.bytes();
    if (item.first_try != Timestamp{}) --held_.waiting_retry;
  }
}

void WorkerLoop::OnAssigned(std::vector<PartitionPosition>& positions) {
  partitions_.Own(positions);
  for (const PartitionPosition& position : positions) LogSuspects(position);
  claims_.Own(positions);
  meter_.OnAssigned(positions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
  intake_->OnAssigned(positions);
}

void WorkerLoop::LogSuspects(const PartitionPosition& position) {
  const std::int64_t end = partitions_.FindSuspects(position.partition)->end();
  // Negative where there is no commit; nobody can have begun anything then.
  if (end <= std::max<std::int64_t>(position.offset, 0)) return;
  log::Warn("suspect_items", {{"partition", position.partition.partition},
                              {"from_offset", position.offset},
                              {"to_offset", end},
                              {"reason", "the former owner ended without a farewell"}});
}

// Drain first, fence second: what has been begun ends and is committed while the partition is still
// ours; after Forget a late completion may still report its outcome, but never moves an offset.
void WorkerLoop::OnRevoked(std::span<const TopicPartition> partitions) {
  if (partitions_.owned().empty()) return;
  Enter(LoopPhase::kRevoking);
  const std::set<TopicPartition> leaving(partitions.begin(), partitions.end());
  ForgetWaiting(leaving);
  Quiesce(std::min(plan_.settings.drain_timeout, plan_.settings.session_timeout / 2));
  ForgetWaiting(leaving);  // what was begun and must be tried again
  CommitLeaving(leaving);
  partitions_.Forget(partitions);
  claims_.Forget(partitions);
  meter_.OnGone(RebalanceKind::kRevoked, partitions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
}

void WorkerLoop::OnLost(std::span<const TopicPartition> partitions) {
  ForgetWaiting({partitions.begin(), partitions.end()});
  partitions_.Forget(partitions);
  claims_.Forget(partitions);
  meter_.OnGone(RebalanceKind::kLost, partitions);
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

Standing WorkerLoop::Stand() const {
  const double items = static_cast<double>(std::max(held_.items, held_.reported)) /
                       static_cast<double>(plan_.settings.in_flight_items_max);
  const double bytes = static_cast<double>(held_.bytes) /
                       static_cast<double>(plan_.settings.in_flight_bytes_max / 2);
  return {.waiting_retry = held_.waiting_retry,
          .slots_busy = store_pool_.chunks_in_flight(),
          .slots_allowed = store_pool_.pace().state().chunks_max,
          .slots = store_pool_.traits().chunks_in_flight_max,
          .saturation = std::max(items, bytes)};
}

void WorkerLoop::Enter(LoopPhase phase) {
  if (ports_.beat != nullptr) ports_.beat->Enter(phase);
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
