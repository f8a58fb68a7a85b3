#include "common/model/json_grammar.h"

#include <algorithm>

namespace headrace {
namespace {

// A pointer may not carry a key of any length into logs and answers.
constexpr std::size_t kPointerKeyBytesMax = 128;

bool IsJsonSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool TakeDigits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count > 0;
}

bool TakeOneOf(std::string_view& text, std::string_view choices) {
  if (text.empty() || choices.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string PointerTo(std::string parent, std::string_view key) {
  if (key.size() > kPointerKeyBytesMax) return parent;
  parent.push_back('/');
  for (const char c : key) {
    if (c == '~' || c == '/') {
      parent.append(c == '~' ? "~0" : "~1");
    } else {
      parent.push_back(c);
    }
  }
  return parent;
}

std::string_view TrimJsonEnd(std::string_view text) {
  while (!text.empty() && IsJsonSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\n\r\f\v") == std::string_view::npos;
}

bool IsJsonNumber(std::string_view text) {
  TakeOneOf(text, "-");
  if (!TakeOneOf(text, "0") && !TakeDigits(text)) return false;
  if (TakeOneOf(text, ".") && !TakeDigits(text)) return false;
  if (TakeOneOf(text, "eE")) {
    TakeOneOf(text, "+-");
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

}  // namespace headrace
