#include "common/graph/postgres_url.h"

#include <libpq-fe.h>

#include <charconv>
#include <string>

#include "common/base/units.h"

namespace headrace::graph {
namespace {

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

Status TakeSchema(const std::string& text, PostgresSettings& settings) {
  if (text.empty() || text.size() > kNameBytesMax) {
    return Invalid("schema is a name of 1 to 63 bytes");
  }
  settings.schema = text;
  return {};
}

// libpq's own sentences may quote a part of the URL, and that part may be a secret.
Status CheckConninfo(const std::string& conninfo) {
  char* why = nullptr;
  PQconninfoOption* const options = PQconninfoParse(conninfo.c_str(), &why);
  const bool good = options != nullptr;
  PQconninfoFree(options);
  PQfreemem(why);
  if (good) return {};
  return Invalid(
      "libpq cannot read it; it looks like postgresql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE"
      " with its own parameters (sslmode, target_session_attrs, service, ...) and schema=NAME,"
      " connections=NUMBER and timeout=DURATION; what is special in a URL is percent-encoded");
}

}  // namespace

Result<PostgresSettings> PostgresSettingsOf(const StoreUrl& url) {
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
      settings.conninfo += separator + parameter.raw;
      separator = '&';
    }
    if (!taken.ok()) return std::move(taken).error().Prefix("store URL");
  }
  if (Status checked = CheckConninfo(settings.conninfo); !checked.ok()) {
    return std::move(checked).error().Prefix("store URL");
  }
  return settings;
}

}  // namespace headrace::graph
