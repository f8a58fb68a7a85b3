// An item: the unit of work, with all fields of Zep v3's BatchAddItem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/model/graph_key.h"

namespace headrace {

enum class ItemType : std::uint8_t { kGraphEpisode, kThreadMessage };
enum class DataType : std::uint8_t { kText, kJson, kMessage };
enum class Role : std::uint8_t { kNoRole, kSystem, kAssistant, kUser, kFunction, kTool };

std::string_view ItemTypeName(ItemType type);  // "graph_episode", "thread_message"
std::string_view DataTypeName(DataType type);
std::string_view RoleName(Role role);

// A parsed and validated item; it owns its strings. A field that does not belong to the item's
// type has been validated and dropped, as Zep does; only user_id of a thread message stays, because
// it says whose graph the thread belongs to.
struct Item {
  ItemType type = ItemType::kGraphEpisode;
  std::string content;                   // `data` of an episode, `content` of a message
  DataType data_type = DataType::kText;  // graph_episode
  std::optional<Role> role;              // thread_message
  std::string name;                      // thread_message: the speaker; empty when absent
  std::string thread_id;                 // thread_message
  std::string graph_id;                  // graph_episode: exactly one of graph_id and user_id
  std::string user_id;
  std::string source_description;       // graph_episode
  std::string document_id;              // graph_episode
  std::optional<Timestamp> created_at;  // event time
  std::string metadata;                 // the JSON object as the client sent it; empty when absent
};

// The graph that the item belongs to. kInvalid for a thread message without user_id: only a
// registry could say whose thread it is.
Result<GraphKey> DestinationOf(const Item& item, std::string_view project);

}  // namespace headrace
