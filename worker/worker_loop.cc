#include "worker/worker_loop.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "common/base/log.h"

namespace headrace::worker {

WorkerLoop::WorkerLoop(WorkerPorts ports, WorkerPlan plan)
    : ports_(std::move(ports)),
      plan_(std::move(plan)),
      partitions_(plan_.ledger_span_max, plan_.writer),
      claims_(ports_.store, plan_.admission.cluster_id + "/" + plan_.admission.topic),
      meter_({ports_.flow, ports_.backlog, ports_.clock}, partitions_,
             plan_.settings.stall_alert_after),
      kafka_(ports_.observer),
      commits_({partitions_, kafka_, meter_, ports_.clock, ports_.beat},
               plan_.settings.commit_interval),
      admission_(plan_.admission, ports_.directory),
      pipeline_(ports_, plan_, {partitions_, claims_, commits_, admission_.payloads(), meter_}) {}

Status WorkerLoop::Run(const std::function<bool()>& should_stop) {
  if (Status joined = Join(); !joined.ok()) return joined;
  while (!should_stop()) {
    const Result<bool> worked = Step();
    if (!worked.ok()) return worked.error();
    if (!*worked) ports_.wakeup.Wait(pipeline_.IdleTime());
  }
  Finish();
  return {};
}

Status WorkerLoop::Join() {
  auto consumer = ports_.open_consumer(*this);
  if (!consumer.ok()) return std::move(consumer).error();
  consumer_ = std::move(*consumer);
  commits_.Use(consumer_.get());
  intake_.emplace(
      Intake::Parts{*consumer_, admission_, partitions_, pipeline_, ports_.observer, meter_,
                    ports_.clock},
      // The other half of the bytes is the consumer's prefetch; see ItemsReader.
      IntakeLimits{plan_.settings.in_flight_items_max, plan_.settings.in_flight_bytes_max / 2});
  return {};
}

Result<bool> WorkerLoop::Step() {
  Result<bool> worked = Tick();
  if (!worked.ok()) Leave();
  return worked;
}

Result<bool> WorkerLoop::Tick() {
  meter_.BeginRound();
  if (ports_.beat != nullptr) ports_.beat->BeginRound();
  const Result<bool> fetched = intake_->Fetch();
  if (!fetched.ok()) {
    if (Status watched = kafka_.Note(fetched.error()); !watched.ok()) return watched.error();
  }
  const Result<bool> moved = pipeline_.Turn();
  if (!moved.ok()) return moved;
  InFlight in_flight = pipeline_.in_flight();
  in_flight.intake_paused = intake_->paused();
  in_flight.hot_partitions = intake_->hot_partitions();
  ports_.observer.OnInFlight(in_flight);
  if (meter_.EndRound()) meter_.Tell(pipeline_.Stand());
  return (fetched.ok() && *fetched) || *moved;
}

void WorkerLoop::Finish() {
  // What waits in lanes is not begun; the next owner finds it behind the committed frontier.
  const SteadyTime deadline = ports_.clock.Now() + plan_.settings.drain_timeout;
  const std::set<TopicPartition> owned = partitions_.owned();
  pipeline_.Drain(plan_.settings.drain_timeout);
  CommitLeaving(owned, deadline);
  Leave();
}

// Nothing is owned any more when the consumer's farewell calls OnRevoked.
void WorkerLoop::Leave() {
  const std::set<TopicPartition> owned = partitions_.owned();
  partitions_.Forget(std::vector<TopicPartition>(owned.begin(), owned.end()));
  commits_.Use(nullptr);
  consumer_.reset();
}

// The last commit of partitions that another worker will own. It also says that this process lives,
// which is as true when the store still works on something: that is repeated, and blamed on nobody.
void WorkerLoop::CommitLeaving(const std::set<TopicPartition>& partitions, SteadyTime deadline) {
  if (!pipeline_.idle()) {
    log::Warn("left_before_the_store_was_done",
              {{"items", static_cast<std::int64_t>(pipeline_.in_flight().items_in_store)},
               {"detail", "the next owner tries them again, and the store absorbs what it has"}});
  }
  commits_.CommitLast(partitions, deadline, ports_.wakeup);
}

void WorkerLoop::OnAssigned(std::vector<PartitionPosition>& positions) {
  partitions_.Own(positions);
  FindSuspects(positions);
  claims_.Own(positions);
  meter_.OnAssigned(positions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
  intake_->OnAssigned(positions);
}

// The marks of a worker that died lie ahead of the log. Only what is in the log by now can have
// ended it; where Kafka cannot say how much that is, more is suspected than need be.
void WorkerLoop::FindSuspects(std::span<const PartitionPosition> positions) {
  std::set<TopicPartition> doubted;
  for (const PartitionPosition& position : positions) {
    const std::int64_t end = partitions_.Find(position.partition)->suspects.end();
    // Negative where there is no commit; nobody can have begun anything then.
    if (end > std::max<std::int64_t>(position.offset, 0)) doubted.insert(position.partition);
  }
  if (doubted.empty()) return;
  const auto ends = consumer_->EndOffsets(0);
  if (ends.ok()) partitions_.BoundSuspects(doubted, *ends);
  std::int64_t items = 0;
  for (const PartitionPosition& position : positions) {
    const std::int64_t end = partitions_.Find(position.partition)->suspects.end();
    items += std::max<std::int64_t>(end - std::max<std::int64_t>(position.offset, 0), 0);
  }
  if (items == 0) return;
  log::Warn("suspect_items", {{"partitions", static_cast<std::int64_t>(doubted.size())},
                              {"items_at_most", items},
                              {"reason", "a former owner ended without a farewell"}});
}

// Drain first, fence second: what has been begun ends and is committed while the partition is still
// ours; after Disown a late completion may still report its outcome, but never moves an offset.
void WorkerLoop::OnRevoked(std::span<const TopicPartition> partitions) {
  if (partitions_.owned().empty()) return;
  EnterPhase(ports_.beat, LoopPhase::kRevoking);
  const std::set<TopicPartition> leaving(partitions.begin(), partitions.end());
  const auto budget = std::min(plan_.settings.drain_timeout, plan_.settings.session_timeout / 2);
  const SteadyTime deadline = ports_.clock.Now() + budget;
  pipeline_.Drain(budget);
  pipeline_.Forget(leaving);  // what was not begun, and what was and must be tried again
  CommitLeaving(leaving, deadline);
  Disown(RebalanceKind::kRevoked, partitions);
}

void WorkerLoop::OnLost(std::span<const TopicPartition> partitions) {
  pipeline_.Forget({partitions.begin(), partitions.end()});
  Disown(RebalanceKind::kLost, partitions);
}

void WorkerLoop::Disown(RebalanceKind kind, std::span<const TopicPartition> partitions) {
  partitions_.Forget(partitions);
  claims_.Forget(partitions);
  meter_.OnGone(kind, partitions);
  ports_.observer.OnPartitionsOwned(partitions_.owned().size());
}

}  // namespace headrace::worker
