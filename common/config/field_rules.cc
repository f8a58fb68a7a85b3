#include "common/config/field_rules.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace headrace::config {
namespace {

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsPrintable(char c) { return c > ' ' && c < 0x7f; }

bool IsPort(std::string_view text, int min) {
  int port = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= min && port <= 65'535;
}

bool IsHost(std::string_view text) {
  if (text.empty()) return false;
  if (text.front() == '[') return text.size() > 2 && text.back() == ']';
  return std::all_of(text.begin(), text.end(), [](char c) { return IsPrintable(c) && c != ':'; });
}

bool IsHostAndPort(std::string_view text, int port_min) {
  const std::size_t colon = text.rfind(':');
  return colon != text.npos && IsHost(text.substr(0, colon)) &&
         IsPort(text.substr(colon + 1), port_min);
}

}  // namespace

bool IsBrokerList(std::string_view text) {
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view broker = text.substr(0, comma);
    while (!broker.empty() && broker.front() == ' ') broker.remove_prefix(1);
    if (!IsHostAndPort(broker, 1)) return false;
    if (comma == text.npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool IsListenAddress(std::string_view text) { return IsHostAndPort(text, 0); }

bool IsProjectName(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return IsLowerOrDigit(c) || c == '-';
  });
}

bool IsTopicPrefix(std::string_view text) {
  return text.size() <= 200 && std::all_of(text.begin(), text.end(), [](char c) {
           return IsLowerOrDigit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
         });
}

bool IsKeyPrefix(std::string_view text) {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return IsPrintable(c) && c != '{' && c != '}';
         });
}

}  // namespace headrace::config
