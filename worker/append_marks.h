// When the records of one partition were appended, remembered sparsely.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "common/base/clock.h"

namespace headrace::worker {

// Pure. A mark is kept only where the append time has moved by the resolution, so a record costs a
// comparison. When there are too many marks the resolution doubles: the answer's error stays a
// small part of the time that the marks span. Append times may go backwards (producers' clocks).
class AppendMarks {
 public:
  static constexpr std::chrono::microseconds kFinest{100'000};
  static constexpr std::size_t kMarksMax = 512;

  // Offsets must rise.
  void Note(std::int64_t offset, Timestamp appended) {
    const auto moved = appended - last_;
    if (moved < resolution_ && -moved < resolution_) return;
    Add(offset, appended);
  }

  // When the record at `offset` was appended, to within twice the resolution; empty for an offset
  // below the first that was noted. Marks that lie before it are forgotten: ask in rising order.
  std::optional<Timestamp> At(std::int64_t offset);

  std::chrono::microseconds resolution() const { return resolution_; }
  std::size_t size() const { return marks_.size(); }

 private:
  struct Mark {
    std::int64_t offset;
    Timestamp appended;
  };
  void Add(std::int64_t offset, Timestamp appended);
  void Thin();

  std::deque<Mark> marks_;
  // Far from every real time, so that the first record is always kept.
  Timestamp last_{Timestamp::duration(-(std::int64_t{1} << 60))};
  std::chrono::microseconds resolution_ = kFinest;
};

}  // namespace headrace::worker
