#include "worker/partition_book.h"

#include <algorithm>
#include <limits>

namespace headrace::worker {

namespace {

constexpr std::int64_t kEverything = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kReservedMin = 1'000;

// What the position says of the former owner. A commit without a note was made by another tool (a
// group that was reset), or could not be read: then everything may be a repeat.
CommitNote FormerNote(const PartitionPosition& position) {
  const bool none = position.offset < 0 && position.offset != PartitionPosition::kFromCommit;
  if (none) return {.high_water = 0, .clean = true};
  const CommitNote unknown{.high_water = kEverything, .clean = true};
  return ParseCommitNote(position.metadata).value_or(unknown);
}

}  // namespace

void PartitionBook::Own(std::span<const PartitionPosition> positions) {
  last_owned_ = nullptr;
  for (const PartitionPosition& position : positions) {
    // Logical positions (from the start, from the commit) are negative; the ledger takes its place
    // from the first record then.
    const std::int64_t start = position.offset >= 0 ? position.offset : 0;
    const CommitNote former = FormerNote(position);
    partitions_.erase(position.partition);
    partitions_.emplace(
        position.partition,
        Owned{.ledger = OffsetLedger(start, ledger_span_max_),
              .assignment = ++assignments_,
              .committed = start,
              .repeats_end = former.high_water,
              .reserved_end = start,
              .read_end = position.offset >= 0 ? std::optional(start) : std::nullopt,
              .suspects = former.clean ? Suspects() : Suspects(former.high_water, former.tries)});
  }
}

void PartitionBook::Forget(std::span<const TopicPartition> partitions) {
  last_owned_ = nullptr;
  for (const TopicPartition& partition : partitions) partitions_.erase(partition);
}

std::set<TopicPartition> PartitionBook::owned() const {
  std::set<TopicPartition> owned;
  for (const auto& [partition, entry] : partitions_) owned.insert(partition);
  return owned;
}

PartitionBook::Owned* PartitionBook::FindOwned(TopicPartition partition) {
  if (last_owned_ != nullptr && last_ == partition) return last_owned_;
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return nullptr;
  last_ = partition;
  last_owned_ = &found->second;
  return last_owned_;
}

OffsetLedger* PartitionBook::Find(TopicPartition partition) {
  Owned* owned = FindOwned(partition);
  return owned == nullptr ? nullptr : &owned->ledger;
}

void PartitionBook::Complete(TopicPartition partition, std::int64_t offset) {
  Owned* owned = FindOwned(partition);
  if (owned == nullptr) return;
  owned->ledger.Complete(offset);
  owned->suspects.Ended(offset);
}

Suspects* PartitionBook::FindSuspects(TopicPartition partition) {
  Owned* owned = FindOwned(partition);
  return owned == nullptr ? nullptr : &owned->suspects;
}

std::size_t PartitionBook::suspects_held() const {
  std::size_t held = 0;
  for (const auto& [partition, owned] : partitions_) held += owned.suspects.held();
  return held;
}

std::uint32_t PartitionBook::assignment(TopicPartition partition) {
  const Owned* owned = FindOwned(partition);
  return owned == nullptr ? 0 : owned->assignment;
}

std::int64_t PartitionBook::repeats_end(TopicPartition partition) {
  const Owned* owned = FindOwned(partition);
  return owned == nullptr ? 0 : owned->repeats_end;
}

std::int64_t PartitionBook::reserved_end(TopicPartition partition) {
  const Owned* owned = FindOwned(partition);
  return owned == nullptr ? kEverything : owned->reserved_end;
}

void PartitionBook::BoundRepeats(std::span<const std::int64_t> ends) {
  for (auto& [partition, owned] : partitions_) {
    const auto number = static_cast<std::size_t>(partition.partition);
    if (owned.repeats_end == kEverything && number < ends.size()) owned.repeats_end = ends[number];
  }
}

std::vector<PartitionPosition> PartitionBook::NextCommit(const std::set<TopicPartition>& left) {
  std::vector<PartitionPosition> positions;
  for (auto& [partition, owned] : partitions_) {
    const bool is_left = left.contains(partition);
    const bool waits_for_mark = owned.ledger.high_water() > owned.reserved_end;
    const bool has_note = owned.offered_end.has_value();  // which says that we go on
    const bool due = owned.ledger.frontier() > owned.committed || waits_for_mark ||
                     !owned.suspects.saved() || (is_left && has_note);
    if (!due) continue;
    const CommitNote note = NextNote(owned, is_left);
    owned.read_end = owned.ledger.high_water();
    owned.offered_end = note.high_water;
    positions.push_back({partition, owned.ledger.frontier(), FormatCommitNote(note)});
  }
  return positions;
}

// While we go on a mark is never taken back, because a commit that failed for us may have reached
// Kafka. When we leave it is: what was read is known then. In both cases the next owner must go on
// doubting what we were told to doubt and have not read.
CommitNote PartitionBook::NextNote(const Owned& owned, bool left) {
  const std::int64_t read = owned.ledger.high_water();
  CommitNote note{.high_water = std::max(read, owned.repeats_end),
                  .tries = owned.suspects.TriesFrom(owned.ledger.frontier())};
  if (left) {
    note.clean = owned.ledger.frontier() >= owned.suspects.end();
  } else {
    const std::int64_t ahead = std::max(kReservedMin, 2 * (read - owned.read_end.value_or(read)));
    note.high_water = std::max({note.high_water, read + ahead, owned.offered_end.value_or(0)});
  }
  return note;
}

void PartitionBook::MarkCommitted(std::span<const PartitionPosition> positions) {
  for (const PartitionPosition& position : positions) {
    Owned* owned = FindOwned(position.partition);
    if (owned == nullptr) continue;
    owned->committed = position.offset;
    owned->reserved_end = owned->offered_end.value_or(owned->reserved_end);
    owned->suspects.MarkSaved();
  }
}

}  // namespace headrace::worker
