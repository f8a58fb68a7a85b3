#include "common/model/item.h"

#include <array>

namespace headrace {
namespace {

constexpr std::array<std::string_view, 2> kItemTypes{"graph_episode", "thread_message"};
constexpr std::array<std::string_view, 3> kDataTypes{"text", "json", "message"};
constexpr std::array<std::string_view, 6> kRoles{"norole", "system",   "assistant",
                                                 "user",   "function", "tool"};

}  // namespace

std::string_view ItemTypeName(ItemType type) {
  return kItemTypes.at(static_cast<std::size_t>(type));
}
std::string_view DataTypeName(DataType type) {
  return kDataTypes.at(static_cast<std::size_t>(type));
}
std::string_view RoleName(Role role) { return kRoles.at(static_cast<std::size_t>(role)); }

Result<GraphKey> DestinationOf(const Item& item, std::string_view project) {
  const bool to_graph = item.type == ItemType::kGraphEpisode && !item.graph_id.empty();
  const std::string& id = to_graph ? item.graph_id : item.user_id;
  if (id.empty()) {
    return Invalid(item.type == ItemType::kThreadMessage
                       ? "a thread message needs user_id here: it says whose graph the thread is in"
                       : "the episode names neither graph_id nor user_id");
  }
  return GraphKey{.project = std::string(project),
                  .kind = to_graph ? GraphKind::kGraph : GraphKind::kUser,
                  .id = id};
}

}  // namespace headrace
