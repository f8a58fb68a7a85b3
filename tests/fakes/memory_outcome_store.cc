#include "tests/fakes/memory_outcome_store.h"

#include <algorithm>

namespace headrace::fakes {
namespace {

void Move(MemoryOutcomeStore::Batch& batch, std::uint32_t index, ItemState state,
          std::uint8_t round, const std::string& error_code) {
  MemoryOutcomeStore::Item& item = batch.items[index];
  if (IsTransition(item.state, item.round, state, round)) item = {state, round, error_code};
}

void MoveAll(MemoryOutcomeStore::Batch& batch, const std::vector<IndexRange>& ranges,
             ItemState state, std::uint8_t round) {
  for (const IndexRange& range : ranges) {
    for (std::uint32_t index = range.first; index <= range.last; ++index) {
      Move(batch, index, state, round, "");
    }
  }
}

std::string StatusOf(const BatchCount& count, const MemoryOutcomeStore::Batch& batch,
                     std::uint64_t final_count) {
  const auto of = [&](ItemState state) { return count.by_state[static_cast<std::size_t>(state)]; };
  if (batch.upstream) return "open";
  if (!batch.sealed) return "loading";
  if (count.retrying > 0) return "processing";
  if (final_count < count.item_count) return final_count == 0 ? "queued" : "processing";
  if (final_count > 0 && of(ItemState::kCanceled) == final_count) return "canceled";
  if (of(ItemState::kFailed) == 0) return "succeeded";
  return of(ItemState::kSucceeded) > 0 ? "partial" : "failed";
}

}  // namespace

Status MemoryOutcomeStore::ApplyOutcomes(std::span<const PlacedOutcome> outcomes) {
  MutexLock lock(mutex_);
  if (Status status = CheckReachable(); !status.ok()) return status;
  for (const PlacedOutcome& outcome : outcomes) {
    const OutcomeRecord& record = outcome.record;
    Batch& batch = contents_.batches[record.batch];
    if (batch.project.empty()) batch.project = record.project;
    batch.upstream = batch.upstream || record.upstream;
    MoveAll(batch, record.succeeded, ItemState::kSucceeded, record.round);
    for (const FailedItem& failed : record.failed) {
      Move(batch, failed.index, ItemState::kFailed, record.round, failed.error.code);
    }
    MoveAll(batch, record.skipped, ItemState::kSkipped, record.round);
    MoveAll(batch, record.canceled, ItemState::kCanceled, record.round);
  }
  return {};
}

Status MemoryOutcomeStore::ApplyFacts(std::span<const BatchFact> facts) {
  MutexLock lock(mutex_);
  if (Status status = CheckReachable(); !status.ok()) return status;
  for (const BatchFact& fact : facts) {
    Batch& batch = contents_.batches[fact.batch];
    batch.project = fact.project;
    batch.dispatched = std::max(batch.dispatched, fact.dispatched.value_or(0));
    if (fact.kind == BatchFactKind::kSealed) batch.sealed = true;
    batch.upstream = batch.upstream || fact.upstream;
    for (const IndexRange& range : fact.indexes) {
      for (std::uint32_t index = range.first; index <= range.last; ++index) {
        std::uint8_t& opened = batch.rounds_opened[index];
        opened = std::max(opened, fact.round);
      }
    }
    if (fact.kind == BatchFactKind::kRetryOpened) continue;  // its count is not the batch's
    if (fact.item_count && (fact.kind == BatchFactKind::kSealed || !batch.sealed)) {
      batch.declared = *fact.item_count;
    }
  }
  return {};
}

Result<bool> MemoryOutcomeStore::AdvanceMark(const ProjectionMark& mark,
                                             std::optional<std::int64_t> expected) {
  MutexLock lock(mutex_);
  if (Status status = CheckReachable(); !status.ok()) return std::move(status).error();
  if (failing_marks_ > 0) {
    --failing_marks_;
    return Transient("the outcome store cannot be reached");
  }
  const Place place(mark.topic, mark.partition);
  const auto stands = contents_.marks.find(place);
  const auto offset =
      stands == contents_.marks.end() ? std::nullopt : std::optional(stands->second);
  if (offset != expected) return false;
  contents_.marks[place] = mark.next_offset;
  const auto rebuilding = contents_.rebuilding.find(place);
  if (rebuilding != contents_.rebuilding.end() && mark.next_offset >= rebuilding->second) {
    contents_.rebuilding.erase(rebuilding);
  }
  return true;
}

Result<std::optional<std::int64_t>> MemoryOutcomeStore::ReadMark(const std::string& topic,
                                                                 std::int32_t partition) {
  MutexLock lock(mutex_);
  if (Status status = CheckReachable(); !status.ok()) return std::move(status).error();
  const auto found = contents_.marks.find({topic, partition});
  if (found == contents_.marks.end()) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(found->second);
}

Status MemoryOutcomeStore::SetRebuilding(const std::string& topic, std::int32_t partition,
                                         std::optional<std::int64_t> end_offset) {
  MutexLock lock(mutex_);
  if (Status status = CheckReachable(); !status.ok()) return status;
  contents_.rebuilding.erase({topic, partition});
  if (end_offset) contents_.rebuilding[{topic, partition}] = *end_offset;
  return {};
}

Result<std::vector<std::uint8_t>> MemoryOutcomeStore::ReadStates(const BatchId& batch,
                                                                 const IndexRange& range) {
  MutexLock lock(mutex_);
  if (Status status = CheckReachable(); !status.ok()) return std::move(status).error();
  std::vector<std::uint8_t> states(std::size_t{range.last} - range.first + 1, 0);
  const auto found = contents_.batches.find(batch);
  if (found == contents_.batches.end()) return states;
  for (const auto& [index, item] : found->second.items) {
    if (index < range.first || index > range.last) continue;
    states[index - range.first] =
        static_cast<std::uint8_t>(item.round << kStateBits | static_cast<int>(item.state));
  }
  return states;
}

MemoryOutcomeStore::Contents MemoryOutcomeStore::Save() const {
  MutexLock lock(mutex_);
  return contents_;
}

void MemoryOutcomeStore::Load(Contents contents) {
  MutexLock lock(mutex_);
  contents_ = std::move(contents);
}

void MemoryOutcomeStore::SetReachable(bool reachable) {
  MutexLock lock(mutex_);
  reachable_ = reachable;
}

void MemoryOutcomeStore::FailMarks(int count) {
  MutexLock lock(mutex_);
  failing_marks_ = count;
}

std::optional<BatchCount> MemoryOutcomeStore::Count(const Contents& contents,
                                                    const BatchId& batch) {
  const auto found = contents.batches.find(batch);
  if (found == contents.batches.end()) return std::nullopt;
  const Batch& stored = found->second;
  BatchCount count;
  count.project = stored.project;
  count.dispatched = stored.dispatched;
  for (const auto& [index, item] : stored.items) {
    ++count.by_state[static_cast<std::size_t>(item.state)];
    if (item.state == ItemState::kFailed) ++count.by_error_code[item.error_code];
  }
  for (const auto& [index, round] : stored.rounds_opened) {
    count.round = std::max(count.round, round);
    const auto item = stored.items.find(index);
    if (item != stored.items.end() && item->second.round < round) ++count.retrying;
  }
  const std::uint64_t final_count = stored.items.size();
  count.item_count = stored.sealed ? stored.declared : std::max(stored.declared, final_count);
  count.completed = stored.sealed && final_count == count.item_count && count.retrying == 0;
  count.status = StatusOf(count, stored, final_count);
  return count;
}

Status MemoryOutcomeStore::CheckReachable() const {
  if (!reachable_) return Transient("the outcome store cannot be reached");
  return {};
}

}  // namespace headrace::fakes
