// Items as JSON text for tests: a valid one with a member more, or with one exchanged.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headrace {

using Members = std::vector<std::pair<std::string_view, std::string_view>>;

// Its data is valid for every data_type.
inline const Members& EpisodeMembers() {
  static const Members members{{"type", "\"graph_episode\""},
                               {"data", "\"1\""},
                               {"data_type", "\"text\""},
                               {"graph_id", "\"g\""}};
  return members;
}

inline const Members& MessageMembers() {
  static const Members members{{"type", "\"thread_message\""},
                               {"thread_id", "\"t\""},
                               {"content", "\"c\""},
                               {"role", "\"user\""}};
  return members;
}

// `members` but `left_out`, then the JSON member `added` unless it is empty.
inline std::string ItemText(const Members& members, std::string_view left_out,
                            std::string_view added) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (name == left_out) continue;
    if (text.size() > 1) text.push_back(',');
    text.append("\"").append(name).append("\":").append(value);
  }
  if (!added.empty()) text.append(",").append(added);
  return text.append("}");
}

inline std::string EpisodeWithout(std::string_view left_out, std::string_view added) {
  return ItemText(EpisodeMembers(), left_out, added);
}
inline std::string EpisodeWith(std::string_view added) { return EpisodeWithout("", added); }
inline std::string MessageWithout(std::string_view left_out, std::string_view added) {
  return ItemText(MessageMembers(), left_out, added);
}
inline std::string MessageWith(std::string_view added) { return MessageWithout("", added); }

// An episode of data_type json; `data` is the JSON string with its quotes.
inline std::string JsonEpisode(std::string_view data) {
  return std::string(R"({"type":"graph_episode","graph_id":"g","data_type":"json","data":)")
      .append(data)
      .append("}");
}

}  // namespace headrace
