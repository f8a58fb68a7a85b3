// Which offsets of one partition are finished, and how far the group may commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace headrace::worker {

// A ring buffer of one byte an offset. Work finishes out of order; only the contiguous finished
// frontier is ever committed, so that a crash repeats work but never skips it. Offsets that Kafka
// leaves out (compaction, transaction markers) count as finished. Owned by the loop thread.
class OffsetLedger {
 public:
  // `start`: the offset that reading starts at. Memory grows with the span in use, up to
  // `span_max` bytes (rounded up to a power of two).
  OffsetLedger(std::int64_t start, std::size_t span_max);

  // Whether an offset still fits between the frontier and the end of the ring.
  bool HasRoom(std::int64_t offset) const;
  // Notes a delivered record. False for an offset below high_water(): it was delivered before.
  bool Add(std::int64_t offset);
  // False when it was complete already, or lies outside [frontier, high_water): none of ours.
  bool Complete(std::int64_t offset);

  // The next offset to read after a restart: everything below is finished.
  std::int64_t frontier() const { return frontier_; }
  // One past the last delivered offset.
  std::int64_t high_water() const { return high_water_; }
  std::size_t pending() const { return pending_; }

 private:
  enum Slot : std::uint8_t { kFinished = 0, kPending = 1 };

  Slot& At(std::int64_t offset) { return ring_[static_cast<std::size_t>(offset) & mask_]; }
  void Grow(std::int64_t offset);

  const std::size_t span_max_;
  std::vector<Slot> ring_;
  std::size_t mask_;
  std::int64_t frontier_;
  std::int64_t high_water_;
  std::size_t pending_ = 0;
};

}  // namespace headrace::worker
