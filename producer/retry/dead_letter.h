// A record of the dead-letter topic, read back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/result.h"
#include "common/model/item_header.h"
#include "common/ports/event_log.h"

namespace headrace::retry {

// The views are the record's.
struct DeadLetter {
  ItemIdHeader id;
  std::optional<Uuid> episode;  // absent in letters of the first version
  std::string_view project;
  std::string_view code;
  std::string_view message;
  std::uint32_t attempts = 0;
  std::string_view first_try;
  std::string_view last_try;
  std::string_view origin;        // topic/partition/offset
  std::string_view origin_topic;  // its first part
};

// kInvalid for a record that is not a dead letter of ours.
Result<DeadLetter> ReadDeadLetter(const Record& record);

// An item of an implicit batch: its episode is not its id, and its batch does not say so.
bool IsUpstream(const DeadLetter& letter);
// An item out of an archive, of a batch whose items name their episodes.
bool IsArchived(const DeadLetter& letter);

// Why sending the letter's record again cannot help or cannot be done; empty when it can. The
// topics of items must be told.
std::string_view WhyNotReplayable(const DeadLetter& letter, std::string_view key,
                                  std::string_view items_batch, std::string_view items_realtime);

}  // namespace headrace::retry
