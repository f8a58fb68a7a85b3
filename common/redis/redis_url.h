// The redis:// URL, taken apart.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headrace::redis {

struct RedisAddress {
  std::string host;
  int port = 6379;
  std::string user;      // empty: the server's default user
  std::string password;  // empty: no AUTH
  int database = 0;
  bool tls = false;

  // "host:port", with brackets around an IPv6 address. Never user or password.
  std::string HostAndPort() const;
};

// redis://[[user]:password@]host[:port][/database]; rediss:// asks for TLS. User and password are
// percent-decoded. kInvalid with a sentence that never quotes the URL, because it holds a secret.
Result<RedisAddress> ParseRedisUrl(std::string_view url);

}  // namespace headrace::redis
