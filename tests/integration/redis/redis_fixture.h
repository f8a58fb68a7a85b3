// What the tests against a real server share.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/redis/connection.h"
#include "common/redis/redis_settings.h"
#include "tests/support/redis_server.h"

namespace headrace::redis {

// Starts one server of the binary that the parameter names, and connects to it.
class RedisTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    Launch({});
    settings_.url = server_->url();
    raw_ = Connect();
  }

  void Launch(std::vector<std::string> arguments, std::string password = "", int port = 0) {
    auto server =
        support::RedisServer::Start({GetParam(), std::move(arguments), std::move(password), port});
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
  }

  std::unique_ptr<Connection> Connect() {
    auto connection = Connection::Open(settings_);
    EXPECT_TRUE(connection.ok());
    return std::move(*connection);
  }

  Reply Ask(const Command& command) {
    auto reply = raw_->Call(command);
    EXPECT_TRUE(reply.ok()) << reply.error().message;
    return reply.ok() ? std::move(*reply) : Reply{};
  }

  std::map<std::string, std::string> Hash(const std::string& key) {
    std::map<std::string, std::string> fields;
    const Reply reply = Ask({"HGETALL", key});
    for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
      fields[reply.items[i].text] = reply.items[i + 1].text;
    }
    return fields;
  }

  RedisSettings settings_;
  std::unique_ptr<support::RedisServer> server_;
  std::unique_ptr<Connection> raw_;
};

// "redis_server", "valkey_server": gtest takes no other characters.
inline std::string BinaryName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(info.param.rfind('/') + 1);
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

#define HEADRACE_ON_EVERY_SERVER(Suite)                                                           \
  INSTANTIATE_TEST_SUITE_P(Servers, Suite, testing::ValuesIn(headrace::support::RedisBinaries()), \
                           headrace::redis::BinaryName)

}  // namespace headrace::redis
