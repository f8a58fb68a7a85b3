// Which servers are refused at the start, and that an absent one is not.
#include "common/redis/redis_outcome_store.h"
#include "tests/integration/redis/redis_fixture.h"

namespace headrace::redis {
namespace {

class OutcomeStoreStart : public RedisTest {
 protected:
  // What OpenRedisOutcomeStore says of the server in force; empty when it takes it.
  std::string Refusal() {
    settings_.url = server_->url();
    const auto store = OpenRedisOutcomeStore(settings_);
    if (store.ok()) return "";
    EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
    EXPECT_NE(store.error().message.find(std::to_string(server_->port())), std::string::npos);
    return store.error().message;
  }
};

TEST_P(OutcomeStoreStart, RefusesAServerThatMayEvict) {
  Launch({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  EXPECT_NE(Refusal().find("maxmemory-policy noeviction"), std::string::npos);
}

TEST_P(OutcomeStoreStart, RefusesAClusterNode) {
  Launch({"--cluster-enabled", "yes"});
  EXPECT_NE(Refusal().find("without cluster mode"), std::string::npos);
}

TEST_P(OutcomeStoreStart, RefusesAWrongPassword) {
  Launch({"--requirepass", "right"}, "right");
  EXPECT_NE(Refusal().find("wants a password"), std::string::npos);
}

TEST_P(OutcomeStoreStart, RefusesKeysOfAnotherSchemaUnlessThePrefixDiffers) {
  EXPECT_EQ(Refusal(), "");
  Ask({"HSET", "hr:meta", "schema", "1"});
  EXPECT_EQ(Refusal(), "");
  Ask({"HSET", "hr:meta", "schema", "99"});
  EXPECT_NE(Refusal().find("set redis.prefix"), std::string::npos);
  settings_.prefix = "other:";
  EXPECT_EQ(Refusal(), "");
}

TEST_P(OutcomeStoreStart, TakesAnAbsentServerAndFindsItLater) {
  const int port = server_->port();
  server_->Kill();
  auto store = OpenRedisOutcomeStore(settings_);
  ASSERT_TRUE(store.ok()) << store.error().message;
  EXPECT_EQ((*store)->ReadMark("t", 0).error().code, ErrorCode::kTransient);
  Launch({}, "", port);
  auto again = OpenRedisOutcomeStore(settings_);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE((*again)->ReadMark("t", 0).ok());
}

HEADRACE_ON_EVERY_SERVER(OutcomeStoreStart);

}  // namespace
}  // namespace headrace::redis
