// Looks at one topic from outside any group: how far its partitions reach, and what comes next at
// an offset.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/kafka/kafka_settings.h"

namespace headrace::kafka {

struct NextRecord {
  std::int64_t offset = 0;            // without a record: how far there is none
  std::optional<Timestamp> appended;  // empty: nothing to deliver up to `offset`
};

// A client of its own that fetches only while it is asked, and then little. One thread calls
// everything; each call may wait for a broker.
class PartitionProbe {
 public:
  static Result<std::unique_ptr<PartitionProbe>> Open(const KafkaSettings& settings,
                                                      const std::string& topic);
  ~PartitionProbe();

  // One past the last record, by partition.
  Result<std::vector<std::int64_t>> EndOffsets(std::chrono::milliseconds timeout);
  // The first record at or after `offset`; compacted and control records are none.
  Result<NextRecord> FirstFrom(std::int32_t partition, std::int64_t offset,
                               std::chrono::milliseconds timeout);

 private:
  struct Impl;
  explicit PartitionProbe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::kafka
