#include "worker/intake.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/model/murmur2.h"

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

// Few enough that a chunk which is done meanwhile does not wait long for its lanes' next one.
constexpr std::size_t kPollMax = 250;
// While we are full, or a record cannot be taken in yet, we do not poll, so librdkafka's bounded
// queue is the back-pressure. But the group cannot rebalance without our polling; so after a while
// the partitions are paused (which throws the local queue away and is not free) and polling goes
// on.
constexpr milliseconds kBeforePause{1'000};
// Judging a record whose batch is not known may hold up the loop for as long.
constexpr milliseconds kBetweenUnparks{1'000};
// A lane is hot when the worker is nearly full, a good part of that waits in this one lane, and it
// is enough for the lane not to become empty before more of it is read.
constexpr std::size_t kHotShare = 8;
constexpr std::size_t kHotItemsMin = 16;

bool IsNearlyFull(std::size_t held, std::size_t limit) { return held >= limit - limit / 4; }

}  // namespace

Intake::Intake(Parts parts, const IntakeLimits& limits)
    : parts_(parts), limits_(limits), hot_(parts.consumer, parts.partitions, parts.clock) {}

void Intake::OnAssigned(std::span<const PartitionPosition> positions) {
  partition_count_ = 0;
  for (const PartitionPosition& position : positions) {
    held_back_.erase(position.partition);
    stopped_.erase(position.partition);
    parked_.Drop(position.partition);
    hot_.Drop(position.partition);
  }
}

bool Intake::HasRoom() const {
  const Held& held = parts_.pipeline.held();
  return held.items + parked_.count() < limits_.items_max && held.reported < limits_.items_max &&
         held.bytes + parked_.bytes() < limits_.bytes_max;
}

Result<bool> Intake::Fetch() {
  hot_.Turn();
  if (!parked_.empty()) {
    const Result<bool> unparked = Unpark();
    if (!unparked.ok() || *unparked) return unparked;
  }
  return FetchMore();
}

Result<bool> Intake::FetchMore() {
  if (next_record_ < records_.size()) return TakeIn();
  if (!HasRoom()) {
    if (Status kept = KeepMembership(); !kept.ok()) return kept.error();
    return next_record_ < records_.size() ? TakeIn() : Result<bool>(false);
  }
  full_since_ = {};
  for (const TopicPartition& partition : held_back_) {
    if (!hot_.Holds(partition)) parts_.consumer.Resume(partition);
  }
  held_back_.clear();
  next_record_ = 0;
  const std::size_t room = limits_.items_max - parts_.pipeline.held().items - parked_.count();
  if (Status polled = parts_.consumer.Poll(milliseconds(0), std::min(room, kPollMax), records_);
      !polled.ok()) {
    return polled.error();
  }
  return TakeIn();
}

Status Intake::KeepMembership() {
  const SteadyTime now = parts_.clock.Now();
  if (full_since_ == SteadyTime{}) full_since_ = now;
  if (now - full_since_ < kBeforePause) return {};
  for (const TopicPartition& partition : parts_.partitions.owned()) {
    if (stopped_.contains(partition) || parked_.Holds(partition) || hot_.Holds(partition)) continue;
    if (!held_back_.insert(partition).second) continue;
    parts_.consumer.Pause(partition);
  }
  next_record_ = 0;
  // At most one record can slip in, of a partition that is assigned in this very call.
  return parts_.consumer.Poll(milliseconds(0), 1, records_);
}

Result<bool> Intake::TakeIn() {
  const std::size_t begin = next_record_;
  if (begin == records_.size()) return false;
  const bool counted = KnowsPartitionCount();
  const Timestamp now = parts_.clock.WallNow();
  Status status;
  for (; next_record_ < records_.size(); ++next_record_) {
    const Record& record = records_[next_record_];
    if (!parked_.empty() && parked_.Holds(record.source)) {
      parked_.Park(record);
    } else if (!counted || !Take(record, now, status)) {
      if (!HasWaited()) return next_record_ > begin;
      SetAside(record);
      ++next_record_;
      return true;  // the loop comes round before the next one is judged, which may take as long
    }
    if (!status.ok()) return std::move(status).error();
  }
  waiting_since_ = {};
  return true;
}

// False when the record must wait: for room, or until its batch is known.
bool Intake::Take(const Record& record, Timestamp now, Status& status) {
  OwnedPartition* owned = parts_.partitions.Find(record.source);
  // Revoked within the same poll, or stopped: not ours to read.
  if (owned == nullptr || stopped_.contains(record.source)) return true;
  if (!owned->ledger.HasRoom(record.offset)) return false;
  Verdict verdict = parts_.admission.Judge(record, now);
  if (verdict.kind == Verdict::Kind::kUndecided) return false;
  if (verdict.kind == Verdict::Kind::kUnknown) {
    Stop(record);
    return true;
  }
  if (!owned->ledger.Add(record.offset)) return true;  // delivered twice
  parts_.meter.lags().Note(record.source, record.offset, record.append_time);
  ++parts_.meter.flow().taken_in;
  status = Enter(record, std::move(verdict));
  return true;
}

bool Intake::HasWaited() {
  const SteadyTime now = parts_.clock.Now();
  if (waiting_since_ == SteadyTime{}) waiting_since_ = now;
  return now - waiting_since_ >= kBeforePause;
}

void Intake::SetAside(const Record& record) {
  log::Warn("partition_waits",
            {{"partition", record.source.partition},
             {"offset", record.offset},
             {"detail",
              "this record cannot be taken in yet: its batch is not known and the journal "
              "cannot be read, or too much before it is unfinished; other partitions go on"}});
  held_back_.erase(record.source);  // paused for a reason of its own
  hot_.Drop(record.source);
  parts_.consumer.Pause(record.source);
  parked_.Park(record);
  next_unpark_ = parts_.clock.Now() + kBetweenUnparks;
}

Result<bool> Intake::Unpark() {
  const SteadyTime now = parts_.clock.Now();
  if (now < next_unpark_) return false;
  const Timestamp wall_now = parts_.clock.WallNow();
  const bool counted = KnowsPartitionCount();
  bool any = false;
  Status status;
  for (const TopicPartition& partition : parked_.partitions()) {
    if (parts_.clock.Now() - now >= kBetweenUnparks) break;
    while (counted && parked_.Holds(partition) &&
           Take(parked_.Front(partition), wall_now, status)) {
      if (!status.ok()) return std::move(status).error();
      parked_.DropFront(partition);
      any = true;
    }
    const bool ours = parts_.partitions.Find(partition) != nullptr && !stopped_.contains(partition);
    if (parked_.Holds(partition) || !ours) continue;
    parts_.consumer.Resume(partition);
    log::Info("partition_goes_on", {{"partition", partition.partition}});
  }
  next_unpark_ = parts_.clock.Now() + kBetweenUnparks;
  return any;
}

// A broker may be unable to say it for a moment, above all when the topic is new. What was polled
// waits until then: a misrouted record that nobody noticed would break an order in silence.
bool Intake::KnowsPartitionCount() {
  if (partition_count_ > 0) return true;
  const auto ends = parts_.consumer.EndOffsets(0);
  if (!ends.ok()) return false;
  parts_.partitions.BoundRepeats(*ends);
  partition_count_ = static_cast<std::int32_t>(ends->size());
  return partition_count_ > 0;
}

Status Intake::Enter(const Record& record, Verdict&& verdict) {
  const std::int32_t expected = PartitionOf(record.key, partition_count_);
  if (expected != record.source.partition) parts_.observer.OnMisrouted(record, expected);
  OwnedPartition& owned = *parts_.partitions.Find(record.source);
  verdict.item.caution = owned.suspects.Take(record.offset);
  if (verdict.kind == Verdict::Kind::kRefused) {
    return parts_.pipeline.Refuse(verdict.item, record, std::move(*verdict.refusal));
  }
  verdict.item.assignment = owned.assignment;
  const std::size_t in_lane = parts_.pipeline.Add(std::move(verdict.item));
  if (IsHot(in_lane) && !parked_.Holds(record.source)) hot_.Note(record.source);
  return {};
}

bool Intake::IsHot(std::size_t in_lane) const {
  const Held& held = parts_.pipeline.held();
  return in_lane >= kHotItemsMin && in_lane >= held.items / kHotShare &&
         (IsNearlyFull(held.items, limits_.items_max) ||
          IsNearlyFull(held.bytes, limits_.bytes_max));
}

void Intake::Stop(const Record& record) {
  log::Error("partition_stopped",
             {{"partition", record.source.partition},
              {"offset", record.offset},
              {"detail",
               "a control record of a newer version; upgrade this worker, nothing is "
               "skipped meanwhile"}});
  stopped_.insert(record.source);
  hot_.Drop(record.source);
  parts_.consumer.Pause(record.source);
}

}  // namespace headrace::worker
