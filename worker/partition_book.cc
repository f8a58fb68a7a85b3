#include "worker/partition_book.h"

#include <algorithm>
#include <limits>

namespace headrace::worker {

namespace {

constexpr std::int64_t kEverything = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kReservedMin = 1'000;

// What the position says of the former owner. A commit without a note was made by another tool (a
// group that was reset): then everything may be a repeat.
CommitNote FormerNote(const PartitionPosition& position) {
  if (position.offset < 0) return {.high_water = 0, .clean = true};
  const CommitNote unknown{.high_water = kEverything, .clean = true};
  return ParseCommitNote(position.metadata).value_or(unknown);
}

}  // namespace

void PartitionBook::Own(std::span<const PartitionPosition> positions) {
  last_owned_ = nullptr;
  for (const PartitionPosition& position : positions) {
    // Negative where it is from the start; the ledger takes its place from the first record then.
    const std::int64_t start = position.offset >= 0 ? position.offset : 0;
    const CommitNote former = FormerNote(position);
    Forget({&position.partition, 1});
    partitions_.emplace(
        position.partition,
        Entry{.owned = {.ledger = OffsetLedger(start, ledger_span_max_),
                        .assignment = ++assignments_,
                        .repeats_end = former.high_water,
                        .reserved_end = start,
                        .suspects =
                            former.clean ? Suspects() : Suspects(former.high_water, former.tries)},
              .committed = start,
              .doubted = !former.clean,
              .read_end = position.offset >= 0 ? std::optional(start) : std::nullopt});
    ExcuseOwnTries(position.partition, former);
  }
}

// Nobody begins anything before a commit of its own has reserved it. So where the last note is
// ours, nobody else has begun anything since we wrote it; and we live, whatever was under way when
// the partition was lost.
void PartitionBook::ExcuseOwnTries(TopicPartition partition, const CommitNote& former) {
  const auto gone = gone_.extract(partition);
  const bool is_ours = !former.writer.empty() && former.writer == writer_;
  if (gone.empty() || former.clean || !is_ours) return;
  const Suspects& before = gone.mapped();
  Entry& entry = partitions_.at(partition);
  entry.owned.suspects = Suspects(before.end(), before.TriesFrom(0, Suspects::Of::kFormerOwners));
  entry.offered_end = former.high_water;
}

void PartitionBook::Forget(std::span<const TopicPartition> partitions) {
  last_owned_ = nullptr;
  for (const TopicPartition& partition : partitions) {
    auto entry = partitions_.extract(partition);
    if (!entry.empty()) gone_[partition] = std::move(entry.mapped().owned.suspects);
  }
}

std::set<TopicPartition> PartitionBook::owned() const {
  std::set<TopicPartition> owned;
  for (const auto& [partition, entry] : partitions_) owned.insert(partition);
  return owned;
}

OwnedPartition* PartitionBook::Find(TopicPartition partition) {
  if (last_owned_ != nullptr && last_ == partition) return last_owned_;
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return nullptr;
  last_ = partition;
  last_owned_ = &found->second.owned;
  return last_owned_;
}

void PartitionBook::Complete(TopicPartition partition, std::int64_t offset) {
  OwnedPartition* owned = Find(partition);
  if (owned == nullptr) return;
  // An item ends twice where a chunk of our earlier assignment had it too.
  if (owned->ledger.Complete(offset)) owned->suspects.Ended(offset);
}

std::size_t PartitionBook::suspects_held() const {
  std::size_t held = 0;
  for (const auto& [partition, entry] : partitions_) held += entry.owned.suspects.held();
  return held;
}

void PartitionBook::BoundRepeats(std::span<const std::int64_t> ends) {
  for (auto& [partition, entry] : partitions_) {
    const auto number = static_cast<std::size_t>(partition.partition);
    std::int64_t& repeats_end = entry.owned.repeats_end;
    if (repeats_end == kEverything && number < ends.size()) repeats_end = ends[number];
  }
}

void PartitionBook::BoundSuspects(const std::set<TopicPartition>& partitions,
                                  std::span<const std::int64_t> ends) {
  for (const TopicPartition& partition : partitions) {
    const auto number = static_cast<std::size_t>(partition.partition);
    if (number >= ends.size()) continue;
    Suspects& suspects = Find(partition)->suspects;
    suspects = Suspects(std::min(suspects.end(), ends[number]), suspects.TriesFrom(0));
  }
}

std::vector<PartitionPosition> PartitionBook::NextCommit(const std::set<TopicPartition>& left) {
  std::vector<PartitionPosition> positions;
  for (auto& [partition, entry] : partitions_) {
    const bool is_left = left.contains(partition);
    if (!IsDue(entry, is_left)) continue;
    const CommitNote note = NextNote(entry, is_left);
    const OffsetLedger& ledger = entry.owned.ledger;
    entry.read_end = ledger.high_water();
    entry.offered_end = note.high_water;
    positions.push_back({partition, ledger.frontier(), FormatCommitNote(note)});
  }
  return positions;
}

bool PartitionBook::IsDue(const Entry& entry, bool left) {
  const OwnedPartition& owned = entry.owned;
  const bool waits_for_mark = owned.ledger.high_water() > owned.reserved_end;
  // There is a note which says that its owner goes on.
  const bool cleared = entry.doubted && owned.ledger.frontier() >= owned.suspects.end();
  const bool has_note = entry.offered_end.has_value() || cleared;
  return owned.ledger.frontier() > entry.committed || waits_for_mark || !owned.suspects.saved() ||
         (left && has_note);
}

// While we go on a mark is never taken back, because a commit that failed for us may have reached
// Kafka. When we leave it is: what was read is known then. In both cases the next owner must go on
// doubting what we were told to doubt and have not read.
CommitNote PartitionBook::NextNote(const Entry& entry, bool left) const {
  const OwnedPartition& owned = entry.owned;
  const std::int64_t read = owned.ledger.high_water();
  const std::int64_t frontier = owned.ledger.frontier();
  const Suspects::Of whom = left ? Suspects::Of::kFormerOwners : Suspects::Of::kEverybody;
  CommitNote note{.high_water = std::max(read, owned.repeats_end),
                  .writer = writer_,
                  .tries = owned.suspects.TriesFrom(frontier, whom)};
  if (left) {
    note.clean = frontier >= owned.suspects.end();
  } else {
    const std::int64_t ahead = std::max(kReservedMin, 2 * (read - entry.read_end.value_or(read)));
    note.high_water = std::max({note.high_water, read + ahead, entry.offered_end.value_or(0)});
  }
  return note;
}

void PartitionBook::MarkCommitted(std::span<const PartitionPosition> positions) {
  for (const PartitionPosition& position : positions) {
    const auto found = partitions_.find(position.partition);
    if (found == partitions_.end()) continue;
    Entry& entry = found->second;
    entry.committed = position.offset;
    entry.owned.reserved_end = entry.offered_end.value_or(entry.owned.reserved_end);
    entry.owned.suspects.MarkSaved();
  }
}

}  // namespace headrace::worker
