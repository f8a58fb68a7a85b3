// Which items of a partition may have ended their worker's process, and what follows for each.
//
// When a worker died without a farewell, any item that it may have begun is suspect (those below
// its reserved mark, see PartitionBook). A suspect is tried only after the try was noted in the
// commit of its partition. So whoever finds a noted try, and no outcome, knows that the process
// ended with the item in the store: the item then runs alone. One that was noted as running alone
// has killed a process by itself; it is not tried again. Three deaths at most, wherever they
// happen. Who leaves alive takes its own notes back: none of its tries ended it. So does who lost
// the partition and has it again, when nobody else had it meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "worker/offset_set.h"

namespace headrace::worker {

enum class Caution : std::uint8_t {
  kNone,    // no process can have ended by it, or it was not begun at all
  kNote,    // its try is noted first
  kAlone,   // tried once with a note: now nothing else is in the store
  kGiveUp,  // tried alone: fails
};

struct NotedTries {
  OffsetSet in_company;
  OffsetSet alone;
  friend bool operator==(const NotedTries&, const NotedTries&) = default;
};

// Pure; one for each partition. Owned by the loop thread.
class Suspects {
 public:
  Suspects() = default;  // there are none
  // Everything below `end`; `tries` noted by former owners.
  Suspects(std::int64_t end, NotedTries tries)
      : end_(end), inherited_(std::move(tries)), tries_(inherited_) {}

  std::int64_t end() const { return end_; }
  // Called once for each item that is taken in.
  Caution Take(std::int64_t offset);
  // An item that Take gave up and that has not ended yet.
  bool GivesUp(std::int64_t offset) const { return tries_.alone.Contains(offset); }
  // The item is about to be tried: to be committed before it is.
  void NoteTry(std::int64_t offset, Caution caution);
  // It came back from being tried alone, whatever came of it.
  void Survived(std::int64_t offset);
  // Its outcome is acknowledged.
  void Ended(std::int64_t offset);

  enum class Of {
    kEverybody,     // as of the last NoteTry or Survived
    kFormerOwners,  // what is left when this process leaves alive
  };
  // From `offset` on; saved: a commit has those of everybody.
  NotedTries TriesFrom(std::int64_t offset, Of whom = Of::kEverybody) const;
  bool saved() const { return saved_; }
  void MarkSaved() { saved_ = true; }
  std::size_t held() const { return held_; }  // taken in, not ended

 private:
  std::int64_t end_ = 0;
  NotedTries inherited_;
  NotedTries tries_;
  bool saved_ = true;
  std::size_t held_ = 0;
};

}  // namespace headrace::worker
