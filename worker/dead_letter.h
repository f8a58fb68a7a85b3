// Dead letters: failed and refused records, kept with the reason in headers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/model/item_header.h"
#include "common/model/outcome.h"
#include "common/ports/event_log.h"

namespace headrace::worker {

// Key and value are those of the item's record, unchanged, so that a letter can be sent again
// (`headrace dead-letters replay`); its id header is the item's, with all that the item was sent
// with.
struct DeadLetter {
  std::string_view key;
  std::string_view value;
  std::string_view project;
  ItemIdHeader id;
  Uuid episode;  // under which the store would have it
  ItemError error;
  Timestamp first_try{};  // zero: not known
  Timestamp last_try{};
  std::string_view origin_topic;
  TopicPartition source;
  std::int64_t offset = 0;
};

// Headers: headrace-item-id (with the round), -episode, -project, -code, -message, -attempts,
// -last-try, -first-try if it is known (RFC 3339) and -origin (topic/partition/offset).
Status ProduceDeadLetter(EventProducer& producer, std::string_view topic, const DeadLetter& letter,
                         std::uint64_t token);

}  // namespace headrace::worker
