#include "common/redis/redis_url.h"

#include <gtest/gtest.h>

namespace headrace::redis {
namespace {

TEST(RedisUrl, TakesTheKnownForms) {
  struct Case {
    const char* url;
    RedisAddress expected;
  };
  const Case cases[] = {
      {"redis://localhost", {"localhost", 6379, "", "", 0, false}},
      {"redis://localhost/", {"localhost", 6379, "", "", 0, false}},
      {"redis://10.0.0.1:7000/3", {"10.0.0.1", 7000, "", "", 3, false}},
      {"redis://[::1]:7000/3", {"::1", 7000, "", "", 3, false}},
      {"redis://[fe80::1]", {"fe80::1", 6379, "", "", 0, false}},
      {"redis://:secret@h", {"h", 6379, "", "secret", 0, false}},
      {"redis://me:secret@h:1/2", {"h", 1, "me", "secret", 2, false}},
      {"redis://me:a%2Fb%40c%3a%25@h", {"h", 6379, "me", "a/b@c:%", 0, false}},
      {"redis://me:a@b@h", {"h", 6379, "me", "a@b", 0, false}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.url);
    const auto address = ParseRedisUrl(c.url);
    ASSERT_TRUE(address.ok()) << address.error().message;
    EXPECT_EQ(address->host, c.expected.host);
    EXPECT_EQ(address->port, c.expected.port);
    EXPECT_EQ(address->user, c.expected.user);
    EXPECT_EQ(address->password, c.expected.password);
    EXPECT_EQ(address->database, c.expected.database);
  }
}

TEST(RedisUrl, RefusesEverythingElseWithoutShowingTheSecret) {
  const char* const urls[] = {
      "",
      "localhost:6379",
      "http://me:hunter2@h",
      "redis://",
      "redis://me:hunter2@",
      "redis://hunter2@h",
      "redis://me:@h",
      "redis://me:hunter2%2@h",
      "redis://me:hunter2%zz@h",
      "redis://me:hunter2@h:0",
      "redis://me:hunter2@h:65536",
      "redis://me:hunter2@h:x",
      "redis://me:hunter2@h:",
      "redis://me:hunter2@[::1",
      "redis://me:hunter2@[::1]x",
      "redis://me:hunter2@[::1]:",
      "redis://me:hunter2@h/db",
      "redis://me:hunter2@h/-1",
      "redis://me:hunter2@h/1/2",
      "redis://me:hunter2@a b",
      "redis://me:hunter2\xc3\xa4@h",
  };
  for (const char* url : urls) {
    SCOPED_TRACE(url);
    const auto address = ParseRedisUrl(url);
    ASSERT_FALSE(address.ok());
    EXPECT_EQ(address.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(address.error().message.find("hunter2"), std::string::npos);
    EXPECT_NE(address.error().message.find("expected redis://"), std::string::npos);
  }
}

TEST(RedisUrl, TlsNeedsABuildThatHasIt) {
  const auto address = ParseRedisUrl("rediss://me:hunter2@h");
  if (address.ok()) {
    EXPECT_TRUE(address->tls);
  } else {
    EXPECT_NE(address.error().message.find("TLS"), std::string::npos);
    EXPECT_EQ(address.error().message.find("hunter2"), std::string::npos);
  }
}

TEST(RedisUrl, ShowsHostAndPortOnly) {
  EXPECT_EQ(ParseRedisUrl("redis://me:hunter2@h:1/2")->HostAndPort(), "h:1");
  EXPECT_EQ(ParseRedisUrl("redis://[::1]:1")->HostAndPort(), "[::1]:1");
}

}  // namespace
}  // namespace headrace::redis
