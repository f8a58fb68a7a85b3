// A private redis-server for one test program.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace headrace::support {

struct RedisServerOptions {
  std::string binary = "redis-server";  // found in PATH
  std::vector<std::string> arguments;   // after the fixture's own, e.g. {"--requirepass", "x"}
  std::string password;                 // for the fixture's own PING
  int port = 0;                         // 0: a free one
};

// Owns the process and its directory. Listens on 127.0.0.1 only.
class RedisServer {
 public:
  // Returns when the server answers.
  static Result<std::unique_ptr<RedisServer>> Start(const RedisServerOptions& options);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  int port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_) + "/0"; }
  // Kills the process (SIGKILL), as a crash does. Idempotent.
  void Kill();

 private:
  RedisServer(pid_t pid, int port, std::string directory);

  pid_t pid_;
  const int port_;
  const std::string directory_;
};

// A port of 127.0.0.1 that nobody listens on at the moment.
int FreePort();

// The servers to run a suite on: redis-server, and valkey-server from the variable VALKEY_SERVER,
// from PATH, or from where scripts/valkey puts it. A test fails if one of them is not there.
std::vector<std::string> RedisBinaries();

}  // namespace headrace::support
