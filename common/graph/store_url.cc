#include "common/graph/store_url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "common/base/hex.h"
#include "common/base/units.h"

namespace headrace::graph {
namespace {

constexpr std::uint32_t kRateMax = 1'000'000;
constexpr const char* kBadPercent =
    "a percent sign must be followed by two hexadecimal digits, other than 00";

Status TakeText(std::string_view name, std::string value, std::string& field) {
  if (value.empty()) return Invalid(std::string(name) + " needs a text");
  field = std::move(value);
  return {};
}

Status TakeRate(std::string_view value, std::uint32_t& rate) {
  const char* end = value.data() + value.size();
  const auto [parsed, error] = std::from_chars(value.data(), end, rate);
  if (error != std::errc() || parsed != end || rate == 0 || rate > kRateMax) {
    return Invalid("rate is a number of items per second, from 1 to " + std::to_string(kRateMax));
  }
  return {};
}

constexpr std::array<std::string_view, 5> kNames{"delay", "fail-on", "crash-on", "rate",
                                                 "rate-file"};

Status TakeParameter(std::string_view parameter, StoreUrl& url) {
  const std::size_t equals = parameter.find('=');
  const std::string name(parameter.substr(0, equals));
  RehearsalSettings& rehearsal = url.rehearsal;
  const bool ours = std::find(kNames.begin(), kNames.end(), name) != kNames.end();
  if (ours && equals == std::string_view::npos) {
    return Invalid(name + " needs a value: " + name + "=…");
  }
  auto value = PercentDecode(equals == std::string_view::npos ? std::string_view()
                                                              : parameter.substr(equals + 1));
  // Of a password with a question mark in it this may be the rest, so that only our names are said.
  if (!value) return Invalid((ours ? name : "a parameter") + ": " + kBadPercent);
  if (name == "fail-on") return TakeText(name, std::move(*value), rehearsal.fail_on);
  if (name == "rate") return TakeRate(*value, rehearsal.rate);
  if (name == "rate-file") return TakeText(name, std::move(*value), rehearsal.rate_file);
  if (name == "crash-on") return TakeText(name, std::move(*value), rehearsal.crash_on);
  if (!ours) {
    url.parameters.push_back({name, std::move(*value), std::string(parameter)});
    return {};
  }
  const auto delay = ParseDuration(*value);
  if (!delay) return Invalid("delay is a duration such as 5ms or 2s");
  rehearsal.delay = *delay;
  return {};
}

Status TakeQuery(std::string_view query, StoreUrl& url) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    if (!parameter.empty()) {
      if (Status taken = TakeParameter(parameter, url); !taken.ok()) return taken;
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  if (url.rehearsal.rate == 0 && !url.rehearsal.rate_file.empty()) {
    return Invalid("rate-file needs a rate: rate=NUMBER");
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
  if (url.scheme == "postgres") url.scheme = "postgresql";  // libpq reads both
  url.raw_location = address.substr(colon + 1);
  auto location = PercentDecode(url.raw_location);
  if (!location) {
    return Invalid(std::string("store URL: ") + kBadPercent);
  }
  url.location = std::move(*location);
  if (question != std::string_view::npos) {
    if (Status taken = TakeQuery(text.substr(question + 1), url); !taken.ok()) {
      return std::move(taken).error().Prefix("store URL");
    }
  }
  return url;
}

Status RefuseParameters(const StoreUrl& url) {
  if (url.parameters.empty()) return {};
  return Invalid("store URL: there is no parameter \"" + url.parameters.front().name +
                 "\"; there are delay=DURATION, fail-on=TEXT, crash-on=TEXT, rate=NUMBER and "
                 "rate-file=PATH");
}

}  // namespace headrace::graph
