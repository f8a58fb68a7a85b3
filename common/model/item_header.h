// The Kafka headers of an item record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/ids.h"

namespace headrace {

inline constexpr std::string_view kItemIdHeader = "headrace-item-id";
inline constexpr std::string_view kItemKeyHeader = "headrace-item-key";

// <uuid>[;r=<round>;a=<accepted, ms>;d=<incarnation>;e=<episode>;f=<flags>]: one header, because
// each costs a consumer about 0.2 us.
struct ItemIdHeader {
  ItemRef ref;
  std::optional<Timestamp> accepted_at;  // millisecond precision
  std::uint32_t incarnation = 0;         // of the destination, see GraphStore::Erase
  std::optional<Uuid> episode;  // where it is not the item's id: upstream items tried again, and
                                // items out of an archive
  bool again = false;           // f=again: sent before, so it may have ended already
  bool skip = false;            // f=skip: store the message, no extraction (ignore_roles)
};

std::string EncodeItemIdHeader(const ItemIdHeader& header);
// Unknown parameters are ignored, so that older workers read newer headers. kInvalid otherwise.
Result<ItemIdHeader> ParseItemIdHeader(std::string_view text);

// The accounting place of a record without an id: an implicit batch per project and 65,536 offsets
// of a partition. `cluster` is Kafka's cluster id.
ItemRef UpstreamItemRef(std::string_view cluster, std::string_view topic, std::int32_t partition,
                        std::int64_t offset, std::string_view project);
// The episode's identity: of its key when the producer gave one (re-sends are then harmless), else
// of its place in Kafka; append time tells a re-created topic from the old one.
Uuid UpstreamEpisodeUuid(std::string_view project, std::string_view graph_key,
                         std::string_view item_key);
Uuid UpstreamEpisodeUuid(std::string_view cluster, std::string_view topic, std::int32_t partition,
                         std::int64_t offset, Timestamp append_time);

}  // namespace headrace
