#include "common/graph/store_url.h"

#include <gtest/gtest.h>

#include "common/graph/make_store.h"
#include "tests/fakes/scratch_dir.h"

namespace headrace::graph {
namespace {

using std::chrono::milliseconds;

TEST(StoreUrl, SplitsSchemeLocationAndRehearsal) {
  auto url = ParseStoreUrl(
      "sqlite:/var/lib/a%20b%3F.db?delay=5ms&fail-on=a%26b&crash-on=%22x%22&"
      "rate=200&rate-file=a%3Fb");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->scheme, "sqlite");
  EXPECT_EQ(url->location, "/var/lib/a b?.db");
  EXPECT_EQ(url->rehearsal.delay, milliseconds(5));
  EXPECT_EQ(url->rehearsal.fail_on, "a&b");
  EXPECT_EQ(url->rehearsal.crash_on, "\"x\"");
  EXPECT_EQ(url->rehearsal.rate, 200u);
  EXPECT_EQ(url->rehearsal.rate_file, "a?b");
}

TEST(StoreUrl, RehearsesNothingUnlessAsked) {
  for (const char* text : {"null:", "null:?", "sqlite:x.db?delay=0"}) {
    SCOPED_TRACE(text);
    auto url = ParseStoreUrl(text);
    ASSERT_TRUE(url.ok());
    EXPECT_FALSE(url->rehearsal.any());
  }
}

TEST(StoreUrl, RefusesWhatDoesNotExistAndNamesWhatDoes) {
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {
      {"", "SCHEME:LOCATION"},
      {"headrace.db", "SCHEME:LOCATION"},
      {":headrace.db", "SCHEME:LOCATION"},
      {"neo5j:host", "sqlite:PATH, postgresql://"},
      {"neo5j:host", "ndjson:DIR, null:"},
      {"sqlite:", "sqlite:PATH"},
      {"sqlite:a.db?rotate-bytes=1MiB", "there is no parameter \"rotate-bytes\""},
      {"ndjson:", "ndjson:DIR"},
      {"ndjson:d?rotate-bytes=0", "256MiB"},
      {"ndjson:d?rotate-bytes=much", "256MiB"},
      {"ndjson:d?rotate-bytes=4095", "from 4KiB to 1024GiB"},
      {"ndjson:d?rotate-bytes=1025GiB", "from 4KiB to 1024GiB"},
      {"ndjson:d?rotate_bytes=1MiB", "rotate-bytes=SIZE for ndjson:DIR"},
      {"null:somewhere", "null:"},
      {"sqlite:a.db?delay", "needs a value"},
      {"sqlite:a.db?delay=soon", "5ms"},
      {"sqlite:a.db?fail-on=", "needs a text"},
      {"sqlite:a.db?fail_on=x", "delay=DURATION, fail-on=TEXT, crash-on=TEXT, rate=NUMBER"},
      {"null:?rate=", "from 1 to"},
      {"null:?rate=0", "from 1 to"},
      {"null:?rate=-1", "from 1 to"},
      {"null:?rate=5/s", "from 1 to"},
      {"null:?rate=4000000000", "from 1 to"},
      {"null:?rate-file=x", "rate-file needs a rate"},
      {"sqlite:a%2.db", "hexadecimal"},
      {"sqlite:a%zz.db", "hexadecimal"},
      {"sqlite:a%00.db", "hexadecimal"},
      {"sqlite:a.db?fail-on=%", "hexadecimal"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.text);
    const Status checked = CheckStoreUrl(one.text);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalid);
    EXPECT_NE(checked.error().message.find(one.says), std::string::npos) << checked.error().message;
    EXPECT_FALSE(OpenGraphStore(one.text).ok());
  }
}

TEST(StoreUrl, JudgesPostgresUrlsAsLibpqDoesAndTellsNoSecret) {
  struct Case {
    const char* text;
    const char* says;  // empty: it is good
  };
  const Case cases[] = {
      {"postgresql://h1:1,h2:2/db?target_session_attrs=primary&sslmode=verify-full", ""},
      {"postgresql://ana:geheim@h/db?schema=other&connections=8&timeout=5s&delay=1ms", ""},
      {"postgresql:///?service=headrace", ""},
      {"postgres://h/db?schema=other", ""},
      {"postgresql://h/db?options=-c%20lock_timeout%3D1s", ""},
      {"postgresql:", "postgresql://"},
      {"postgresql://ana:geheim@h/db?sslmod=require", "there is no parameter \"sslmod\""},
      {"postgresql://ana:geheim@h/db?schema=x&conections=2",
       "there is no parameter \"conections\""},
      {"postgresql://h/db?password=a&geheim=b", "libpq cannot read it"},
      {"postgresql://h:/db?sslmode", "libpq cannot read it"},
      {"postgresql://[::1]:5432,h2/db", ""},
      {"postgresql://ana:a:b#c@h/db", ""},
      {"postgresql://ana:geheim@h/db?connections=0", "connections is a whole number"},
      {"postgresql://ana:geheim@h/db?connections=1.5", "connections is a whole number"},
      {"postgresql://ana:geheim@h/db?timeout=1ms", "timeout is a duration"},
      {"postgresql://ana:geheim@h/db?schema=", "schema is a name"},
      {"postgresql://h/db?target_session_attrs=any", ""},
      {"postgresql://ana:geheim@h/db?target_session_attrs=prefer-standby", "workers write"},
      {"postgresql://ana:geheim@h/db?target_session_attrs=read-only", "workers write"},
      {"postgresql://ana:geheim%zz@h/db", "hexadecimal"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.text);
    const Status checked = CheckStoreUrl(one.text);
    ASSERT_EQ(checked.ok(), *one.says == 0);
    if (checked.ok()) continue;
    EXPECT_NE(checked.error().message.find(one.says), std::string::npos) << checked.error().message;
    EXPECT_EQ(checked.error().message.find("geheim"), std::string::npos);
  }
}

// Each would make libpq take a part of the password for something else, and quote it.
TEST(StoreUrl, RefusesAPasswordThatIsNotPercentEncodedAndQuotesNoneOfIt) {
  for (const char* text :
       {"postgresql://ana:geheim/1234@h/db", "postgresql://ana:1234/geheim@h/db",
        "postgresql://ana:1234@geheim@h/db", "postgresql://ana@geheim:1234@h/db",
        "postgresql://ana:geheim?1234@h/db", "postgresql://ana:geheim?x=y@h/db",
        "postgresql://ana:1234?geheim@h/db", "postgresql://ana:1234?geheim=x@h/db",
        "postgresql://ana:1234?geheim%zz@h/db", "postgresql://ana:1234?geheim=%zz@h/db",
        "postgresql://h,geheim:geheim/db", "postgresql://[::1]:geheim/db"}) {
    SCOPED_TRACE(text);
    const Status checked = CheckStoreUrl(text);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(checked.error().message.find("geheim"), std::string::npos) << checked.error().message;
    EXPECT_NE(checked.error().message.find("percent"), std::string::npos)
        << checked.error().message;
  }
}

TEST(MakeStore, OpensWhatTheUrlNames) {
  const testing::ScratchDir dir;
  for (const std::string& url :
       {std::string("null:"), "sqlite:" + dir.File("graph.db"),
        "sqlite:" + dir.File("graph.db") + "?delay=1ms",
        "ndjson:" + dir.File("archive") + "?rotate-bytes=1MiB&delay=1ms"}) {
    SCOPED_TRACE(url);
    EXPECT_TRUE(CheckStoreUrl(url).ok());
    EXPECT_TRUE(OpenGraphStore(url).ok());
  }
}

TEST(MakeStore, SaysThatAFileIsNoDirectory) {
  const testing::ScratchDir dir;
  ASSERT_TRUE(OpenGraphStore("sqlite:" + dir.File("file")).ok());
  const auto opened = OpenGraphStore("ndjson:" + dir.File("file"));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("Not a directory"), std::string::npos)
      << opened.error().message;
}

}  // namespace
}  // namespace headrace::graph
