#include "common/model/graph_key.h"

#include <gtest/gtest.h>

#include "common/model/item.h"

namespace headrace {
namespace {

TEST(GraphKey, ReadsBackWhatItWrote) {
  for (const std::string_view text :
       {"default/g/kb", "a-1/u/alice", "p/g/with/slashes/g/", "p/u/\xC3\xA9\xF0\x9F\x98\x80"}) {
    SCOPED_TRACE(text);
    const auto key = GraphKey::Parse(text);
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(key->ToString(), text);
  }
  EXPECT_EQ(GraphKey::Parse("p/g/a/b")->id, "a/b");
  EXPECT_EQ(GraphKey::Parse("p/u/a")->kind, GraphKind::kUser);
}

TEST(GraphKey, SaysThatARecordHasNoKey) {
  EXPECT_EQ(GraphKey::Parse("").error().message.find("the record has no key; "), 0u);
}

TEST(GraphKey, RefusesOtherKeysWithAnExample) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "kb"sv, "/g/kb"sv, "Default/g/kb"sv, "p_1/g/kb"sv, "p/x/kb"sv, "p/g"sv, "p/g/"sv,
        "p/gkb"sv, "p//kb"sv, "p/g/\xFF"sv, "p/g/a\0b"sv}) {
    SCOPED_TRACE(text);
    const auto key = GraphKey::Parse(text);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code, ErrorCode::kInvalid);
    EXPECT_NE(key.error().message.find("project/g/<graph_id>"), std::string::npos);
  }
}

TEST(DestinationOf, FollowsTheTypeOfTheItem) {
  Item item;
  item.graph_id = "kb";
  EXPECT_EQ(DestinationOf(item, "p")->ToString(), "p/g/kb");
  item.graph_id.clear();
  item.user_id = "alice";
  EXPECT_EQ(DestinationOf(item, "p")->ToString(), "p/u/alice");
  item.type = ItemType::kThreadMessage;
  item.thread_id = "t1";
  EXPECT_EQ(DestinationOf(item, "p")->ToString(), "p/u/alice");
  item.user_id.clear();
  ASSERT_FALSE(DestinationOf(item, "p").ok());
  EXPECT_EQ(DestinationOf(item, "p").error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace headrace
