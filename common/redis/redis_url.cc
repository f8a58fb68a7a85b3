#include "common/redis/redis_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/base/hex.h"

namespace headrace::redis {
namespace {

constexpr std::string_view kForm = "redis://[user:password@]host[:port][/database]";

Error Malformed(std::string_view what) {
  return Invalid(std::string(what) + "; expected " + std::string(kForm));
}

std::optional<int> ParseNumber(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > max) {
    return std::nullopt;
  }
  return value;
}

Status ParseUserInfo(std::string_view text, RedisAddress& address) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Malformed("the user has no password");
  const auto user = PercentDecode(text.substr(0, colon));
  const auto password = PercentDecode(text.substr(colon + 1));
  if (!user || !password) return Malformed("a % in user or password is not followed by two digits");
  address.user = *user;
  address.password = *password;
  if (address.password.empty()) return Malformed("the password is empty");
  return {};
}

Status ParseHostAndPort(std::string_view text, RedisAddress& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Malformed("the [ of an IPv6 address is not closed");
    address.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (!text.empty() && text[0] != ':') return Malformed("something odd follows the address");
    if (!text.empty()) port = text.substr(1);
    if (text == ":") return Malformed("the port is empty");
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = text.substr(colon + 1);
      if (port.empty()) return Malformed("the port is empty");
    }
  }
  if (address.host.empty()) return Malformed("the host is missing");
  if (port.empty()) return {};
  const auto number = ParseNumber(port, 65'535);
  if (!number || *number == 0) return Malformed("the port is not a number from 1 to 65535");
  address.port = *number;
  return {};
}

}  // namespace

std::string RedisAddress::HostAndPort() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<RedisAddress> ParseRedisUrl(std::string_view url) {
  RedisAddress address;
  if (!std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7f; })) {
    return Malformed("it holds a space, or a character that must be percent-encoded");
  }
  if (url.starts_with("rediss://")) {
    address.tls = true;
    url.remove_prefix(9);
  } else if (url.starts_with("redis://")) {
    url.remove_prefix(8);
  } else {
    return Malformed("it does not start with redis:// or rediss://");
  }
#ifndef HEADRACE_REDIS_TLS
  if (address.tls) {
    return Invalid(
        "this build has no TLS for Redis (its hiredis is older than 1.0 or came without "
        "hiredis_ssl); use redis:// through a tunnel or a build on Debian 13");
  }
#endif
  // The last @: a password that was not encoded may hold another one.
  const std::size_t at = url.rfind('@');
  if (at != std::string_view::npos) {
    if (Status status = ParseUserInfo(url.substr(0, at), address); !status.ok()) {
      return std::move(status).error();
    }
    url.remove_prefix(at + 1);
  }
  const std::size_t slash = url.find('/');
  if (Status status = ParseHostAndPort(url.substr(0, slash), address); !status.ok()) {
    return std::move(status).error();
  }
  if (slash == std::string_view::npos || slash + 1 == url.size()) return address;
  const auto database = ParseNumber(url.substr(slash + 1), 1'000'000);
  if (!database) return Malformed("the database is not a number");
  address.database = *database;
  return address;
}

}  // namespace headrace::redis
