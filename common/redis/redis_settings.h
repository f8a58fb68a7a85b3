#pragma once

#include <chrono>
#include <string>

namespace headrace::redis {

struct RedisSettings {
  // redis://[user:password@]host[:port][/database]; rediss:// for TLS where hiredis has it.
  std::string url = "redis://127.0.0.1:6379/0";
  std::string prefix = "hr:";
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds command_timeout{5'000};
  std::chrono::hours batch_ttl{30 * 24};  // keys of a batch expire this long after it ended
  int errors_per_batch_max = 1'000;       // kept whole; all are counted by code
};

}  // namespace headrace::redis
