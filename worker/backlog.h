// What the items topic holds that the loop has not read: asked of Kafka beside the loop, because
// what the loop's own consumer knows stands still while the worker is full or paused.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/base/clock.h"

namespace headrace::worker {

// The first record at or after an offset that was asked about.
struct FirstUnread {
  std::int64_t asked = 0;
  std::int64_t offset = 0;  // its offset; without a record, how far there is none
  std::optional<Timestamp> appended;
};

struct Backlog {
  std::vector<std::int64_t> ends;             // by partition; empty while unknown
  std::map<std::int32_t, FirstUnread> first;  // by partition
};

class BacklogSource {
 public:
  virtual ~BacklogSource() = default;
  // What is known by now. Neither call waits.
  virtual Backlog Known() = 0;
  // Replaces the questions: partitions, with the offset from which on the first record is wanted.
  virtual void Ask(std::map<std::int32_t, std::int64_t> questions) = 0;
};

}  // namespace headrace::worker
