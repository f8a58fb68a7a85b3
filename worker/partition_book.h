// The partitions that this worker owns: their ledgers, what may be begun, and what is due to be
// committed.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/ports/event_log.h"
#include "worker/commit_note.h"
#include "worker/offset_ledger.h"
#include "worker/suspects.h"

namespace headrace::worker {

struct OwnedPartition {
  OffsetLedger ledger;
  // Each Own of a partition is an assignment of its own, with a number that no other has, from 1.
  std::uint32_t assignment;
  // Records below this offset may be repeats: the partition's former owner may have begun them.
  std::int64_t repeats_end;
  // Items at or beyond this offset must not be begun yet; moved by commits that succeed.
  std::int64_t reserved_end;
  // No item at or beyond this offset was asked about.
  std::int64_t asked_end = 0;
  Suspects suspects{};
};

// Owned by the loop thread. A partition that was taken away is forgotten at once, so that a late
// completion cannot move an offset that another worker owns.
//
// Reserving. A worker that dies leaves items that it had begun, or even ended, after its last
// commit. For the next owner to know them, each commit names a mark up to which the worker may go
// before the commit after it; an item at or beyond the mark is not begun until a commit with a
// higher mark has succeeded. The mark lies twice as far ahead as was read since the last commit, so
// a partition in full flow needs no commits beside those that are due anyway.
class PartitionBook {
 public:
  // `writer`: see CommitNote.
  explicit PartitionBook(std::size_t ledger_span_max, std::string writer = {})
      : ledger_span_max_(ledger_span_max), writer_(std::move(writer)) {}

  void Own(std::span<const PartitionPosition> positions);
  void Forget(std::span<const TopicPartition> partitions);
  std::set<TopicPartition> owned() const;

  // Null for a partition that is not owned. Valid until Own or Forget.
  OwnedPartition* Find(TopicPartition partition);
  void Complete(TopicPartition partition, std::int64_t offset);
  std::size_t suspects_held() const;

  // Where it could not be known what the former owners had begun, it was nothing beyond the
  // partition's present end.
  void BoundRepeats(std::span<const std::int64_t> ends);
  // Of partitions that were just Owned: what was not in the log when their former owners were gone
  // cannot have ended those. `ends` of the log, by partition.
  void BoundSuspects(const std::set<TopicPartition>& partitions,
                     std::span<const std::int64_t> ends);

  // The next commit of everything whose frontier moved, whose items wait for a higher mark or whose
  // tries were noted, and of the partitions that are `left` by a process that goes on: nothing more
  // of them is begun before Own.
  std::vector<PartitionPosition> NextCommit(const std::set<TopicPartition>& left);
  void MarkCommitted(std::span<const PartitionPosition> positions);

 private:
  struct Entry {
    OwnedPartition owned;
    std::int64_t committed;
    bool doubted;                          // the former owner said no farewell
    std::optional<std::int64_t> read_end;  // at the last commit; empty: where reading starts
    // By the last commit that was tried: if it failed, Kafka may have it all the same.
    std::optional<std::int64_t> offered_end{};
  };

  void ExcuseOwnTries(TopicPartition partition, const CommitNote& former);
  static bool IsDue(const Entry& entry, bool left);
  CommitNote NextNote(const Entry& entry, bool left) const;

  const std::size_t ledger_span_max_;
  const std::string writer_;
  std::map<TopicPartition, Entry> partitions_;
  std::map<TopicPartition, Suspects> gone_;  // of partitions that were ours, as they were then
  std::uint32_t assignments_ = 0;
  // What was found last: records and outcomes of one partition come together.
  TopicPartition last_;
  OwnedPartition* last_owned_ = nullptr;
};

}  // namespace headrace::worker
