// Dead letters: failed and refused records, kept with the reason in headers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/model/ids.h"
#include "common/model/outcome.h"
#include "common/ports/event_log.h"

namespace headrace::worker {

// Key and value are those of the item's record, unchanged, so that a letter can be sent again.
struct DeadLetter {
  std::string_view key;
  std::string_view value;
  std::string_view project;
  ItemRef ref;
  ItemError error;
  Timestamp first_try{};
  Timestamp last_try{};
  std::string_view origin_topic;
  TopicPartition source;
  std::int64_t offset = 0;
};

// Headers: headrace-item-id (with the round), -project, -code, -message, -attempts, -first-try,
// -last-try (RFC 3339) and -origin (topic/partition/offset).
Status ProduceDeadLetter(EventProducer& producer, std::string_view topic, const DeadLetter& letter,
                         std::uint64_t token);

}  // namespace headrace::worker
