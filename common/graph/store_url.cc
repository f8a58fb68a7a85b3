#include "common/graph/store_url.h"

#include <optional>
#include <utility>

#include "common/base/units.h"

namespace headrace::graph {
namespace {

std::optional<unsigned> HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A') + 10;
  return std::nullopt;
}

// Empty when a percent sign is not followed by two hexadecimal digits, or names the NUL byte, which
// neither a path nor an item can hold.
std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const auto high = HexDigit(text[at + 1]);
    const auto low = HexDigit(text[at + 2]);
    if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
    decoded.push_back(static_cast<char>(*high * 16 + *low));
    at += 2;
  }
  return decoded;
}

Status TakeText(std::string_view name, std::string value, std::string& field) {
  if (value.empty()) return Invalid(std::string(name) + " needs a text");
  field = std::move(value);
  return {};
}

Status TakeParameter(std::string_view parameter, RehearsalSettings& rehearsal) {
  const std::size_t equals = parameter.find('=');
  const std::string name(parameter.substr(0, equals));
  if (name != "delay" && name != "fail-on" && name != "crash-on") {
    return Invalid("there is no parameter \"" + name +
                   "\"; there are delay=DURATION, fail-on=TEXT and crash-on=TEXT");
  }
  if (equals == std::string_view::npos) return Invalid(name + " needs a value: " + name + "=…");
  auto value = PercentDecoded(parameter.substr(equals + 1));
  if (!value) return Invalid(name + ": a percent sign must be followed by two hexadecimal digits");
  if (name == "fail-on") return TakeText(name, std::move(*value), rehearsal.fail_on);
  if (name == "crash-on") return TakeText(name, std::move(*value), rehearsal.crash_on);
  const auto delay = ParseDuration(*value);
  if (!delay) return Invalid("delay is a duration such as 5ms or 2s");
  rehearsal.delay = *delay;
  return {};
}

Status TakeQuery(std::string_view query, RehearsalSettings& rehearsal) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    if (!parameter.empty()) {
      if (Status taken = TakeParameter(parameter, rehearsal); !taken.ok()) return taken;
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return {};
}

}  // namespace

Result<StoreUrl> ParseStoreUrl(std::string_view text) {
  const std::size_t question = text.find('?');
  const std::string_view address = text.substr(0, question);
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Invalid("a store URL looks like SCHEME:LOCATION, for example sqlite:headrace.db");
  }
  StoreUrl url;
  url.scheme = address.substr(0, colon);
  auto location = PercentDecoded(address.substr(colon + 1));
  if (!location) {
    return Invalid("store URL: a percent sign must be followed by two hexadecimal digits");
  }
  url.location = std::move(*location);
  if (question != std::string_view::npos) {
    if (Status taken = TakeQuery(text.substr(question + 1), url.rehearsal); !taken.ok()) {
      return std::move(taken).error().Prefix("store URL");
    }
  }
  return url;
}

}  // namespace headrace::graph
