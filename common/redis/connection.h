// One connection to one Redis or Valkey server. The only file pair that knows hiredis.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/redis/redis_settings.h"

namespace headrace::redis {

struct Reply {
  enum class Kind { kNil, kInteger, kString, kError, kArray };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  // of a string, a status or an error
  std::vector<Reply> items;

  bool IsNil() const { return kind == Kind::kNil; }
};

using Command = std::vector<std::string>;

// Connects with the first call and again with the next call after a failure, at most every
// `backoff` (0.1 s doubling to 2 s); calls in between answer the last failure at once. A command is
// never repeated by itself: after kTransient it may or may not have been executed.
//
// Every connect refuses (kInvalid) a server that Headrace must not write to: a Redis Cluster node,
// and one that may evict keys. Messages carry address and remedy and never the password.
//
// One thread calls everything. The process must ignore SIGPIPE.
class Connection {
 public:
  // kInvalid for a malformed URL. Does not touch the network.
  static Result<std::unique_ptr<Connection>> Open(const RedisSettings& settings);
  ~Connection();

  // An error reply of the server is an error here: kTransient where the same call may succeed
  // later (loading, out of memory, a replica after a failover), else kInvalid.
  Result<Reply> Call(const Command& command);
  // Sends all commands, then reads all replies, in slices, so that a long list needs little memory
  // on the server. Error replies stay replies.
  Result<std::vector<Reply>> Pipeline(std::span<const Command> commands);

  // What an error reply means to a caller.
  Error ErrorOf(const Reply& reply) const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);

  Status EnsureConnected();
  Status Connect();
  Status Authenticate();
  Status CheckServer();
  Status StartTls();
  Error Broken(const std::string& what);
  Result<Reply> Exchange(const Command& command);
  Status Append(const Command& command);
  Result<Reply> ReadReply();

  std::unique_ptr<Impl> impl_;
};

}  // namespace headrace::redis
