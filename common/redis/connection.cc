#include "common/redis/connection.h"

#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "common/base/log.h"
#include "common/redis/redis_url.h"

#ifdef HEADRACE_REDIS_TLS
#include "common/redis/tls.h"
#endif

namespace headrace::redis {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kBackoffMin{100};
constexpr milliseconds kBackoffMax{2'000};
constexpr std::size_t kSliceCommands = 1'000;
constexpr std::size_t kSliceBytes = 4u << 20;

struct ContextDeleter {
  void operator()(redisContext* context) const { redisFree(context); }
};
using ContextPtr = std::unique_ptr<redisContext, ContextDeleter>;

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, ReplyDeleter>;

timeval ToTimeval(milliseconds duration) {
  timeval value{};
  value.tv_sec = duration.count() / 1000;
  value.tv_usec = (duration.count() % 1000) * 1000;
  return value;
}

Reply ToReply(const redisReply& from) {
  Reply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = Reply::Kind::kString;
      reply.text.assign(from.str, static_cast<std::size_t>(from.len));
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kError;
      reply.text.assign(from.str, static_cast<std::size_t>(from.len));
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      for (std::size_t i = 0; i < from.elements; ++i) {
        reply.items.push_back(ToReply(*from.element[i]));
      }
      break;
    default:
      break;
  }
  return reply;
}

// The value of `name` in the text that INFO answers; empty when it is not there.
std::string_view InfoField(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::size_t end = std::min(info.find('\n'), info.size() - 1);
    std::string_view line = info.substr(0, end);
    info.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') {
      return line.substr(name.size() + 1);
    }
  }
  return {};
}

bool PassesByItself(std::string_view error) {
  static constexpr std::array<std::string_view, 10> kCodes = {
      "LOADING", "BUSY",     "READONLY", "MASTERDOWN", "MISCONF",
      "OOM",     "TRYAGAIN", "NOSCRIPT", "NOREPLICAS", "ERR max number of clients"};
  return std::ranges::any_of(kCodes,
                             [&](std::string_view code) { return error.starts_with(code); });
}

}  // namespace

struct Connection::Impl {
  RedisAddress address;
  RedisSettings settings;
  ContextPtr context;
#ifdef HEADRACE_REDIS_TLS
  std::unique_ptr<TlsClient> tls;
#endif
  std::optional<Error> last_failure;
  Clock::time_point retry_at{};
  milliseconds backoff = kBackoffMin;
  bool warned = false;  // about durability or missing permission; once is enough
};

Result<std::unique_ptr<Connection>> Connection::Open(const RedisSettings& settings) {
  auto address = ParseRedisUrl(settings.url);
  if (!address.ok()) return std::move(address).error().Prefix("redis.url");
  auto impl = std::make_unique<Impl>();
  impl->address = std::move(*address);
  impl->settings = settings;
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

Result<Reply> Connection::Call(const Command& command) {
  if (Status status = EnsureConnected(); !status.ok()) return std::move(status).error();
  auto reply = Exchange(command);
  if (reply.ok() && reply->kind == Reply::Kind::kError) return ErrorOf(*reply);
  return reply;
}

Result<std::vector<Reply>> Connection::Pipeline(std::span<const Command> commands) {
  if (Status status = EnsureConnected(); !status.ok()) return std::move(status).error();
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  std::size_t next = 0;
  while (next < commands.size()) {
    std::size_t bytes = 0;
    const std::size_t end = std::min(commands.size(), next + kSliceCommands);
    for (; next < end && bytes < kSliceBytes; ++next) {
      for (const std::string& argument : commands[next]) bytes += argument.size();
      if (Status status = Append(commands[next]); !status.ok()) return std::move(status).error();
    }
    while (replies.size() < next) {
      auto reply = ReadReply();
      if (!reply.ok()) return std::move(reply).error();
      replies.push_back(std::move(*reply));
    }
  }
  return replies;
}

Error Connection::ErrorOf(const Reply& reply) const {
  // After a failover the address may lead to another server: connect anew to find out.
  if (reply.text.starts_with("READONLY")) impl_->context.reset();
  std::string message = "Redis at " + impl_->address.HostAndPort() + ": " + reply.text;
  return PassesByItself(reply.text) ? Transient(std::move(message)) : Invalid(std::move(message));
}

Status Connection::EnsureConnected() {
  if (impl_->context != nullptr) return {};
  if (impl_->last_failure && Clock::now() < impl_->retry_at) return *impl_->last_failure;
  Status status = Connect();
  if (status.ok()) {
    impl_->last_failure.reset();
    impl_->backoff = kBackoffMin;
    return status;
  }
  impl_->context.reset();
  impl_->last_failure = status.error();
  impl_->retry_at = Clock::now() + impl_->backoff;
  impl_->backoff = std::min(impl_->backoff * 2, kBackoffMax);
  return status;
}

Status Connection::Connect() {
  const RedisAddress& address = impl_->address;
  impl_->context.reset(redisConnectWithTimeout(address.host.c_str(), address.port,
                                               ToTimeval(impl_->settings.connect_timeout)));
  if (impl_->context == nullptr) return Transient("Redis: out of memory while connecting");
  if (impl_->context->err != 0) {
    return Transient("cannot connect to Redis at " + address.HostAndPort() + ": " +
                     impl_->context->errstr +
                     "; is Redis running? set redis.url / HEADRACE_REDIS_URL");
  }
  redisEnableKeepAlive(impl_->context.get());
  // Greeting a server that accepts but does not answer must not take longer than connecting.
  redisSetTimeout(impl_->context.get(), ToTimeval(impl_->settings.connect_timeout));
  if (Status status = StartTls(); !status.ok()) return status;
  if (Status status = Authenticate(); !status.ok()) return status;
  if (Status status = CheckServer(); !status.ok()) return status;
  redisSetTimeout(impl_->context.get(), ToTimeval(impl_->settings.command_timeout));
  return {};
}

Status Connection::Authenticate() {
  const RedisAddress& address = impl_->address;
  if (!address.password.empty()) {
    Command auth{"AUTH"};
    if (!address.user.empty()) auth.push_back(address.user);
    auth.push_back(address.password);
    auto reply = Exchange(auth);
    if (!reply.ok()) return std::move(reply).error();
    if (reply->kind == Reply::Kind::kError) {
      return ErrorOf(*reply).Prefix("user or password in redis.url is refused");
    }
  }
  auto reply = Exchange({"SELECT", std::to_string(address.database)});
  if (!reply.ok()) return std::move(reply).error();
  if (reply->kind != Reply::Kind::kError) return {};
  if (reply->text.starts_with("NOAUTH")) {
    return Invalid("Redis at " + address.HostAndPort() +
                   " wants a password: put it into redis.url / HEADRACE_REDIS_URL "
                   "(redis://user:password@host)");
  }
  return ErrorOf(*reply).Prefix("database " + std::to_string(address.database) + " of redis.url");
}

Status Connection::CheckServer() {
  const std::string where = "Redis at " + impl_->address.HostAndPort();
  auto reply = Exchange({"INFO"});
  if (!reply.ok()) return std::move(reply).error();
  if (reply->kind == Reply::Kind::kError) {
    if (PassesByItself(reply->text)) return ErrorOf(*reply);
    if (!impl_->warned) {
      log::Warn("redis_not_checked", {{"address", impl_->address.HostAndPort()},
                                      {"reason", reply->text},
                                      {"hint", "maxmemory-policy must be noeviction"}});
    }
    impl_->warned = true;
    return {};
  }
  const std::string_view info = reply->text;
  if (InfoField(info, "loading") == "1") return Transient(where + " is still loading its data");
  if (InfoField(info, "cluster_enabled") == "1") {
    return Invalid(where +
                   " is a Redis Cluster node, which this version cannot use; point redis.url at a "
                   "server without cluster mode");
  }
  const std::string_view policy = InfoField(info, "maxmemory_policy");
  const std::string_view maxmemory = InfoField(info, "maxmemory");
  if (!policy.empty() && policy != "noeviction" && maxmemory != "0") {
    return Invalid(where + " may evict keys (maxmemory-policy " + std::string(policy) +
                   "), which would lose counters; set maxmemory-policy noeviction");
  }
  if (InfoField(info, "aof_enabled") == "0" && !impl_->warned) {
    log::Warn("redis_without_aof",
              {{"address", impl_->address.HostAndPort()},
               {"effect", "after a crash of Redis the counters are rebuilt from Kafka"},
               {"hint", "set appendonly yes"}});
    impl_->warned = true;
  }
  return {};
}

Status Connection::StartTls() {
#ifdef HEADRACE_REDIS_TLS
  if (!impl_->address.tls) return {};
  const std::string where = "Redis at " + impl_->address.HostAndPort();
  if (impl_->tls == nullptr) {
    auto tls = TlsClient::Open();
    if (!tls.ok()) return std::move(tls).error().Prefix(where);
    impl_->tls = std::move(*tls);
  }
  if (Status started = impl_->tls->Start(impl_->context.get(), impl_->address.host);
      !started.ok()) {
    return std::move(started).error().Prefix(where);
  }
#endif
  return {};
}

Error Connection::Broken(const std::string& what) {
  std::string message = "lost Redis at " + impl_->address.HostAndPort() + " while " + what;
  if (impl_->context != nullptr && impl_->context->errstr[0] != '\0') {
    message.append(": ").append(impl_->context->errstr);
  }
  impl_->context.reset();
  return Transient(std::move(message));
}

Result<Reply> Connection::Exchange(const Command& command) {
  if (Status status = Append(command); !status.ok()) return std::move(status).error();
  return ReadReply();
}

Status Connection::Append(const Command& command) {
  std::vector<const char*> arguments;
  std::vector<std::size_t> lengths;
  arguments.reserve(command.size());
  lengths.reserve(command.size());
  for (const std::string& argument : command) {
    arguments.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  if (redisAppendCommandArgv(impl_->context.get(), static_cast<int>(arguments.size()),
                             arguments.data(), lengths.data()) != REDIS_OK) {
    return Broken("preparing a command");
  }
  return {};
}

Result<Reply> Connection::ReadReply() {
  void* raw = nullptr;
  if (redisGetReply(impl_->context.get(), &raw) != REDIS_OK || raw == nullptr) {
    return Broken("waiting for an answer");
  }
  const ReplyPtr reply(static_cast<redisReply*>(raw));
  return ToReply(*reply);
}

}  // namespace headrace::redis
