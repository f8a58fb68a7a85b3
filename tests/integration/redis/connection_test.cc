#include "common/redis/connection.h"

#include <chrono>

#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

using std::chrono::milliseconds;

class ConnectionToServer : public RedisTest {
 protected:
  void Use(const std::string& user_info, const std::string& database = "0") {
    settings_.url =
        "redis://" + user_info + "127.0.0.1:" + std::to_string(server_->port()) + "/" + database;
    raw_ = Connect();
  }

  Error FirstFailure() {
    auto reply = raw_->Call({"PING"});
    EXPECT_FALSE(reply.ok());
    return reply.ok() ? Error{} : reply.error();
  }

  static bool Says(const Error& error, const std::string& text) {
    return error.message.find(text) != std::string::npos;
  }
};

TEST_P(ConnectionToServer, PasswordOfTheDefaultUser) {
  Launch({"--requirepass", "s3cret/@"}, "s3cret/@");
  Use(":s3cret%2F%40@");
  EXPECT_EQ(Ask({"PING"}).text, "PONG");
}

TEST_P(ConnectionToServer, AccessListUser) {
  Launch({"--user", "headrace", "on", ">s3cret", "~hr:*", "+@all", "--user", "default", "on",
          "nopass", "~*", "+@all"});
  Use("headrace:s3cret@");
  EXPECT_EQ(Ask({"SET", "hr:x", "1"}).text, "OK");
  EXPECT_FALSE(raw_->Call({"SET", "other", "1"}).ok());
}

TEST_P(ConnectionToServer, WrongAndMissingPasswordsAreNamedButNotShown) {
  Launch({"--requirepass", "s3cret"}, "s3cret");
  Use(":hunter2@");
  const Error wrong = FirstFailure();
  EXPECT_EQ(wrong.code, ErrorCode::kInvalid);
  EXPECT_TRUE(Says(wrong, "redis.url")) << wrong.message;
  EXPECT_FALSE(Says(wrong, "hunter2")) << wrong.message;
  Use("");
  const Error missing = FirstFailure();
  EXPECT_EQ(missing.code, ErrorCode::kInvalid);
  EXPECT_TRUE(Says(missing, "wants a password")) << missing.message;
}

TEST_P(ConnectionToServer, DatabaseOfTheUrl) {
  Use("", "3");
  Ask({"SET", "k", "three"});
  Use("", "0");
  EXPECT_TRUE(Ask({"GET", "k"}).IsNil());
  Use("", "3");
  EXPECT_EQ(Ask({"GET", "k"}).text, "three");
  Use("", "99");
  EXPECT_TRUE(Says(FirstFailure(), "database 99"));
}

TEST_P(ConnectionToServer, ServerThatMayEvictIsRefused) {
  Launch({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  Use("");
  const Error error = FirstFailure();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_TRUE(Says(error, "allkeys-lru")) << error.message;
  EXPECT_TRUE(Says(error, "noeviction")) << error.message;
}

TEST_P(ConnectionToServer, EvictingPolicyWithoutALimitDoesNoHarm) {
  Launch({"--maxmemory-policy", "allkeys-lru"});
  Use("");
  EXPECT_EQ(Ask({"PING"}).text, "PONG");
}

TEST_P(ConnectionToServer, ClusterIsRefusedByName) {
  Launch({"--cluster-enabled", "yes"});
  Use("");
  const Error error = FirstFailure();
  EXPECT_EQ(error.code, ErrorCode::kInvalid);
  EXPECT_TRUE(Says(error, "Redis Cluster")) << error.message;
}

TEST_P(ConnectionToServer, AbsentServerIsNamedWithARemedyInTime) {
  const int port = support::FreePort();
  settings_.url = "redis://user:hunter2@127.0.0.1:" + std::to_string(port);
  raw_ = Connect();
  const auto start = std::chrono::steady_clock::now();
  const Error error = FirstFailure();
  EXPECT_LT(std::chrono::steady_clock::now() - start, settings_.connect_timeout);
  EXPECT_EQ(error.code, ErrorCode::kTransient);
  EXPECT_TRUE(Says(error, "127.0.0.1:" + std::to_string(port))) << error.message;
  EXPECT_TRUE(Says(error, "HEADRACE_REDIS_URL")) << error.message;
  EXPECT_FALSE(Says(error, "hunter2")) << error.message;
}

TEST_P(ConnectionToServer, SilentServerIsGivenUpInTime) {
  settings_.command_timeout = milliseconds(200);
  Use("");
  EXPECT_EQ(Ask({"PING"}).text, "PONG");
  const auto start = std::chrono::steady_clock::now();
  auto reply = raw_->Call({"BLPOP", "nothing", "30"});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, ErrorCode::kTransient);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_P(ConnectionToServer, ComesBackAfterARestart) {
  const int port = server_->port();
  EXPECT_EQ(Ask({"PING"}).text, "PONG");
  server_->Kill();
  EXPECT_EQ(FirstFailure().code, ErrorCode::kTransient);
  EXPECT_EQ(FirstFailure().code, ErrorCode::kTransient);
  Launch({}, "", port);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool back = false;
  while (!back && std::chrono::steady_clock::now() < deadline) back = raw_->Call({"PING"}).ok();
  EXPECT_TRUE(back);
}

TEST_P(ConnectionToServer, LongPipelineAnswersInOrder) {
  std::vector<Command> commands;
  for (int i = 0; i < 3'500; ++i) commands.push_back({"ECHO", std::to_string(i)});
  const auto replies = raw_->Pipeline(commands);
  ASSERT_TRUE(replies.ok());
  ASSERT_EQ(replies->size(), 3'500U);
  for (std::size_t i = 0; i < replies->size(); ++i) {
    ASSERT_EQ((*replies)[i].text, std::to_string(i));
  }
}

TEST_P(ConnectionToServer, UserWhoMayNotAskForInfoIsServed) {
  Launch({"--user", "default", "on", "nopass", "~*", "+@all", "-info", "-config"});
  Use("");
  EXPECT_EQ(Ask({"PING"}).text, "PONG");
}

HEADRACE_ON_EVERY_SERVER(ConnectionToServer);

}  // namespace
}  // namespace headrace::redis
