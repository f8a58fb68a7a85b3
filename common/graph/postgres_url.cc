#include "common/graph/postgres_url.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/units.h"

namespace headrace::graph {
namespace {

constexpr std::array<std::string_view, 3> kOurs{"schema", "connections", "timeout"};
constexpr std::size_t kConnectionsMax = 64;
constexpr std::size_t kNameBytesMax = 63;  // of PostgreSQL's identifiers
constexpr std::chrono::milliseconds kTimeoutMin{100};
constexpr std::chrono::milliseconds kTimeoutMax{3'600'000};

Status TakeConnections(std::string_view text, PostgresSettings& settings) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, settings.connections);
  if (parsed.ec == std::errc() && parsed.ptr == end && settings.connections >= 1 &&
      settings.connections <= kConnectionsMax) {
    return {};
  }
  return Invalid("connections is a whole number from 1 to " + std::to_string(kConnectionsMax));
}

Status TakeTimeout(std::string_view text, PostgresSettings& settings) {
  const auto timeout = ParseDuration(text);
  if (!timeout || *timeout < kTimeoutMin || *timeout > kTimeoutMax) {
    return Invalid("timeout is a duration from 100ms to 1h");
  }
  settings.timeout = *timeout;
  return {};
}

// Under the others no server would be found, or one that refuses each write.
Status CheckTarget(std::string_view text) {
  if (text != "read-only" && text != "standby" && text != "prefer-standby") return {};
  return Invalid("target_session_attrs is read-write, primary or any: workers write");
}

Status TakeSchema(const std::string& text, PostgresSettings& settings) {
  if (text.empty() || text.size() > kNameBytesMax) {
    return Invalid("schema is a name of 1 to 63 bytes");
  }
  settings.schema = text;
  return {};
}

bool IsPort(std::string_view text) {
  if (text.empty()) return true;  // libpq's default
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  return parsed.ec == std::errc() && parsed.ptr == end && port > 0;
}

bool ArePlaces(std::string_view hosts) {
  while (!hosts.empty()) {
    std::string_view place = hosts.substr(0, hosts.find(','));
    hosts.remove_prefix(std::min(hosts.size(), place.size() + 1));
    if (place.starts_with('[')) place.remove_prefix(std::min(place.find(']'), place.size()));
    const std::size_t colon = place.find(':');
    if (colon != place.npos && !IsPort(place.substr(colon + 1))) return false;
  }
  return true;
}

bool HasAt(const UrlParameter& parameter) { return parameter.raw.find('@') != std::string::npos; }

// A special character that stands in a password as it is makes libpq take a part of the password
// for a host, a port, a database or a parameter, which errors then quote.
Status CheckAuthority(const StoreUrl& url) {
  std::string_view rest = url.raw_location;
  rest.remove_prefix(std::min<std::size_t>(rest.size(), 2));  // "//"
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::size_t at = authority.find('@');
  const std::string_view hosts = at == rest.npos ? authority : authority.substr(at + 1);
  const bool one_at = rest.find('@', at == rest.npos ? 0 : at + 1) == rest.npos;
  // Before a slash libpq looks for an @ even behind the question mark.
  const bool open = authority.size() == rest.size() &&
                    std::any_of(url.parameters.begin(), url.parameters.end(), HasAt);
  if (one_at && !open && ArePlaces(hosts)) return {};
  return Invalid(
      "user, password, host and port cannot be told apart: percent-encode @ : / ? # % in user and"
      " password; a port is a number, and an IPv6 address stands in brackets");
}

bool KnowsLibpq(const PQconninfoOption* options, std::string_view name) {
  for (; options->keyword != nullptr; ++options) {
    if (name == options->keyword) return true;
  }
  return name == "ssl";  // of JDBC, which libpq reads in URLs
}

// The first name that libpq does not know; empty where it may be a part of a password.
std::string UnknownName(const StoreUrl& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known(PQconndefaults(),
                                                                           &PQconninfoFree);
  std::string unknown;
  for (const UrlParameter& parameter : url.parameters) {
    if (HasAt(parameter) || parameter.name.ends_with("password")) return "";
    const bool ours = std::find(kOurs.begin(), kOurs.end(), parameter.name) != kOurs.end();
    if (unknown.empty() && known && !ours && !KnowsLibpq(known.get(), parameter.name)) {
      unknown = parameter.name;
    }
  }
  return unknown;
}

// libpq's own sentences may quote a part of the URL, and that part may be a secret.
Status CheckConninfo(const StoreUrl& url, const std::string& conninfo) {
  char* why = nullptr;
  PQconninfoOption* const options = PQconninfoParse(conninfo.c_str(), &why);
  const bool good = options != nullptr;
  PQconninfoFree(options);
  PQfreemem(why);
  if (good) return {};
  const std::string unknown = UnknownName(url);
  return Invalid(
      (unknown.empty() ? "libpq cannot read it" : "there is no parameter \"" + unknown + '"') +
      "; it looks like postgresql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE with libpq's own"
      " parameters (sslmode, target_session_attrs, service, ...) and schema=NAME,"
      " connections=NUMBER and timeout=DURATION; what is special in a URL is percent-encoded");
}

}  // namespace

Result<PostgresSettings> PostgresSettingsOf(const StoreUrl& url) {
  if (Status checked = CheckAuthority(url); !checked.ok()) {
    return std::move(checked).error().Prefix("store URL");
  }
  PostgresSettings settings;
  settings.conninfo = url.scheme + ":" + url.raw_location;
  char separator = '?';
  for (const UrlParameter& parameter : url.parameters) {
    Status taken;
    if (parameter.name == "schema") {
      taken = TakeSchema(parameter.value, settings);
    } else if (parameter.name == "connections") {
      taken = TakeConnections(parameter.value, settings);
    } else if (parameter.name == "timeout") {
      taken = TakeTimeout(parameter.value, settings);
    } else {
      if (parameter.name == "target_session_attrs") taken = CheckTarget(parameter.value);
      settings.conninfo += separator + parameter.raw;
      separator = '&';
    }
    if (!taken.ok()) return std::move(taken).error().Prefix("store URL");
  }
  if (Status checked = CheckConninfo(url, settings.conninfo); !checked.ok()) {
    return std::move(checked).error().Prefix("store URL");
  }
  return settings;
}

}  // namespace headrace::graph
