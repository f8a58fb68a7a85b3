#include "common/model/item_parser.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/model/refusal_codes.h"
#include "tests/unit/common/model/item_texts.h"

namespace headrace {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

TEST(ItemParser, TakesEveryFieldOfAnEpisode) {
  ItemParser parser{ItemLimits()};
  Item item;
  const auto refusal = parser.Parse(
      R"( {"type":"graph_episode", "data":"a\nb \ud83d\ude00", "data_type":"message",
          "graph_id":"kb", "source_description":"src", "document_id":"doc",
          "created_at":"2024-06-15T10:30:00+02:00", "metadata" : {"k": [1, "x"]} , "later":[{}]} )",
      item);
  ASSERT_FALSE(refusal.has_value()) << refusal->message;
  EXPECT_EQ(item.type, ItemType::kGraphEpisode);
  EXPECT_EQ(item.content, "a\nb \xF0\x9F\x98\x80");
  EXPECT_EQ(item.data_type, DataType::kMessage);
  EXPECT_EQ(item.graph_id, "kb");
  EXPECT_EQ(item.source_description, "src");
  EXPECT_EQ(item.document_id, "doc");
  EXPECT_EQ(item.metadata, R"({"k": [1, "x"]})");
  EXPECT_EQ(item.created_at, Timestamp(std::chrono::seconds(1'718'440'200)));
  EXPECT_FALSE(item.role.has_value());
}

TEST(ItemParser, TakesEveryFieldOfAMessage) {
  ItemParser parser{ItemLimits()};
  Item item;
  const auto refusal = parser.Parse(
      R"({"metadata":{},"t\u0079pe":"thread_message","thread_id":"t","content":"hi","role":"tool",
          "name":"Al","user_id":"u"})",
      item);
  ASSERT_FALSE(refusal.has_value()) << refusal->message;
  EXPECT_EQ(item.type, ItemType::kThreadMessage);
  EXPECT_EQ(item.content, "hi");
  EXPECT_EQ(item.thread_id, "t");
  EXPECT_EQ(item.role, Role::kTool);
  EXPECT_EQ(item.name, "Al");
  EXPECT_EQ(item.user_id, "u");
  EXPECT_EQ(item.metadata, "{}");
  EXPECT_FALSE(item.created_at.has_value());
}

TEST(ItemParser, LeavesNothingOfTheItemBefore) {
  ItemParser parser{ItemLimits()};
  Item item;
  ASSERT_FALSE(parser.Parse(EpisodeWith(R"("created_at":"2024-06-15T10:30:00Z",
      "metadata":{"a":1},"source_description":"s","document_id":"d")"),
                            item));
  ASSERT_FALSE(parser.Parse(MessageWith(R"("user_id":"u","name":"n")"), item));
  EXPECT_TRUE(item.graph_id.empty());
  EXPECT_TRUE(item.source_description.empty());
  EXPECT_TRUE(item.document_id.empty());
  EXPECT_TRUE(item.metadata.empty());
  EXPECT_FALSE(item.created_at.has_value());
  ASSERT_FALSE(parser.Parse(EpisodeWith(""), item));
  EXPECT_TRUE(item.user_id.empty());
  EXPECT_TRUE(item.thread_id.empty());
  EXPECT_TRUE(item.name.empty());
  EXPECT_FALSE(item.role.has_value());
}

TEST(ItemParser, DropsFieldsOfTheOtherType) {
  ItemParser parser{ItemLimits()};
  Item item;
  ASSERT_FALSE(
      parser.Parse(EpisodeWith(R"("thread_id":"t","content":"c","role":"user","name":"n")"), item));
  EXPECT_EQ(item.content, "1");
  EXPECT_TRUE(item.thread_id.empty());
  EXPECT_TRUE(item.name.empty());
  EXPECT_FALSE(item.role.has_value());
  ASSERT_FALSE(parser.Parse(MessageWith(R"("data":"x","data_type":"json","graph_id":"g",
      "source_description":"s","document_id":"d")"),
                            item));
  EXPECT_EQ(item.content, "c");
  EXPECT_TRUE(item.graph_id.empty());
  EXPECT_TRUE(item.source_description.empty());
  EXPECT_TRUE(item.document_id.empty());
}

TEST(ItemParser, AcceptsWhatZepAccepts) {
  ItemParser parser{ItemLimits()};
  const std::pair<std::string_view, std::string> cases[] = {
      {"episode", EpisodeWith("")},
      {"message", MessageWith("")},
      {"nulls", EpisodeWith(R"("user_id":null,"created_at":null,"metadata":null,"role":null)")},
      {"unknown fields", EpisodeWith(R"("x":{"y":[1e999,-0,"\u0000",{"type":1}]},"":null)")},
      {"big integer unknown", EpisodeWith(R"("x":123456789012345678901234567890)")},
      {"metadata values", EpisodeWith(R"("metadata":{"a":"s","b":1.5,"c":true,"d":null,
          "e":["s",-1,false],"f":123456789012345678901234567890})")},
      {"empty optional texts", EpisodeWith(R"("name":"","source_description":"")")},
      {"white space", "\t\r\n " + EpisodeWith("") + " \n"},
      {"escaped slash", EpisodeWith(R"("name":"\/\b\f\r\t\"\\")")},
  };
  for (const auto& [name, json] : cases) {
    SCOPED_TRACE(name);
    Item item;
    const auto refusal = parser.Parse(json, item);
    EXPECT_FALSE(refusal.has_value()) << refusal->code << ": " << refusal->message;
  }
}

struct Bad {
  std::string_view name;
  std::string json;
  std::string_view code;
  std::string pointer;
  // The text that stands at the offset, empty for an offence without a place.
  std::string_view at = {};
};

void ExpectRefused(const std::vector<Bad>& cases) {
  ItemParser parser{ItemLimits()};
  for (const Bad& c : cases) {
    SCOPED_TRACE(c.name);
    Item item;
    const auto refusal = parser.Parse(c.json, item);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->code, c.code) << refusal->message;
    EXPECT_EQ(refusal->pointer, c.pointer);
    EXPECT_FALSE(refusal->message.empty());
    ASSERT_LE(refusal->byte_offset, c.json.size());
    if (c.at.empty()) continue;
    EXPECT_EQ(std::string_view(c.json).substr(refusal->byte_offset, c.at.size()), c.at)
        << "offset " << refusal->byte_offset;
  }
}

TEST(ItemParser, RefusesTextThatIsNotJson) {
  ExpectRefused({
      {"empty", "", codes::kInvalidJson, ""},
      {"space", "  \n", codes::kInvalidJson, ""},
      {"word", "nope", codes::kInvalidJson, ""},
      {"open object", R"({"type":"graph_episode")", codes::kInvalidJson, ""},
      {"open string", R"({"type":"graph_)", codes::kInvalidJson, ""},
      {"trailing garbage", EpisodeWith("") + " x", codes::kInvalidJson, "", "x"},
      {"second object", EpisodeWith("") + "{}", codes::kInvalidJson, "", "{}"},
      {"trailing comma", R"({"type":"graph_episode",})", codes::kInvalidJson, "", "}"},
      {"no colon", R"({"type" "graph_episode"})", codes::kInvalidJson, ""},
      {"single quotes", "{'type':1}", codes::kInvalidJson, "", "'type"},
      {"bad literal", EpisodeWith(R"("x":nul)"), codes::kInvalidJson, ""},
      {"bad null", EpisodeWith(R"("name":nulL)"), codes::kInvalidJson, ""},
      {"bad number", EpisodeWith(R"("x":01)"), codes::kInvalidJson, "", "1"},
      {"bad escape", EpisodeWith(R"("x":"\q")"), codes::kInvalidJson, "", "q"},
      {"bad escape in a key", EpisodeWith(R"("\x":1)"), codes::kInvalidJson, ""},
      {"raw line feed", EpisodeWith("\"x\":\"a\nb\""), codes::kInvalidJson, "", "\nb"},
      {"colon after a value", EpisodeWith(R"("x":"y":1)"), codes::kInvalidJson, "", ":1"},
      {"colon in an array", EpisodeWith(R"("x":["y":1])"), codes::kInvalidJson, "", ":1"},
      {"unbalanced inside", EpisodeWith(R"("x":[1})"), codes::kInvalidJson, "", "}"},
      {"broken in metadata", EpisodeWith(R"("metadata":{"a":tru})"), codes::kInvalidJson, ""},
      {"byte order mark", "\xEF\xBB\xBF" + EpisodeWith(""), codes::kInvalidJson, ""},
      {"array", "[1]", codes::kWrongType, ""},
      {"string", "\"x\"", codes::kWrongType, ""},
      {"null", "null", codes::kWrongType, ""},
  });
}

TEST(ItemParser, RefusesTextThatIsNotUnicode) {
  ExpectRefused({
      {"bad byte", EpisodeWith("\"x\":\"a\xFFz\""), codes::kInvalidUtf8, "", "\xFFz"},
      {"overlong", EpisodeWith("\"x\":\"\xC0\x80\""), codes::kInvalidUtf8, "", "\xC0"},
      {"raw surrogate", EpisodeWith("\"x\":\"\xED\xA0\x80\""), codes::kInvalidUtf8, "", "\xED"},
      {"cut off", "{\"x\":\"\xE2\x82", codes::kInvalidUtf8, "", "\xE2"},
      {"lone high", EpisodeWith(R"("name":"a\ud800b")"), codes::kInvalidUtf8, "", "\\ud800b"},
      {"lone low", EpisodeWith(R"("name":"a\udc00b")"), codes::kInvalidUtf8, "", "\\udc00b"},
      {"two highs", EpisodeWith(R"("x":"\ud83d\ud83d\ude00")"), codes::kInvalidUtf8, ""},
      {"lone low in a key", EpisodeWith(R"("a\udc00":1)"), codes::kInvalidUtf8, "", "\\udc00"},
      {"in metadata", EpisodeWith(R"("metadata":{"k":"\udfff"})"), codes::kInvalidUtf8, "",
       "\\udfff"},
  });
}

TEST(ItemParser, RefusesNulWhereItIsKept) {
  ExpectRefused({
      {"raw", EpisodeWith("\"name\":\"a\0b\""s), codes::kNulByte, "", "\0b"sv},
      {"escaped", EpisodeWith(R"("name":"a\u0000b")"), codes::kNulByte, "/name", "\"a\\u0000"},
      {"in an id", R"({"type":"graph_episode","data":"d","data_type":"text","graph_id":"\u0000"})",
       codes::kNulByte, "/graph_id", "\"\\u0000"},
      {"metadata value", EpisodeWith(R"("metadata":{"k":"\u0000"})"), codes::kNulByte,
       "/metadata/k", "\"\\u0000"},
      {"metadata element", EpisodeWith(R"("metadata":{"k":[1,"\u0000"]})"), codes::kNulByte,
       "/metadata/k/1"},
      {"metadata key", EpisodeWith(R"("metadata":{"k\u0000":1})"), codes::kNulByte, "/metadata"},
  });
}

TEST(ItemParser, RefusesFieldsOfTheWrongKind) {
  ExpectRefused({
      {"type", R"({"type":1})", codes::kWrongType, "/type", "1}"},
      {"data", EpisodeWithout("data", R"("data":{"a":1})"), codes::kWrongType, "/data", "{\"a\""},
      {"irrelevant field", EpisodeWith(R"("thread_id":[])"), codes::kWrongType, "/thread_id", "[]"},
      {"metadata", EpisodeWith(R"("metadata":"{}")"), codes::kWrongType, "/metadata", "\"{}\""},
      {"duplicate", EpisodeWith(R"("data":"e")"), codes::kDuplicateField, "/data", "\"e\""},
      {"duplicate null", EpisodeWith(R"("name":null,"name":"x")"), codes::kDuplicateField, "/name"},
      {"escaped duplicate", EpisodeWith(R"("d\u0061ta":"e")"), codes::kDuplicateField, "/data"},
      {"unknown type", R"({"type":"episode"})", codes::kUnknownValue, "/type", "\"episode\""},
      {"case matters", R"({"type":"Graph_Episode"})", codes::kUnknownValue, "/type"},
      {"fact triple", EpisodeWithout("data_type", R"("data_type":"fact_triple")"),
       codes::kUnknownValue, "/data_type"},
      {"unknown role", MessageWithout("role", R"("role":"robot")"), codes::kUnknownValue, "/role"},
      {"irrelevant role", EpisodeWith(R"("role":"robot")"), codes::kUnknownValue, "/role"},
      {"no zone", EpisodeWith(R"("created_at":"2024-06-15T10:30:00")"), codes::kInvalidTimestamp,
       "/created_at", "\"2024"},
      {"empty time", EpisodeWith(R"("created_at":"")"), codes::kInvalidTimestamp, "/created_at"},
      {"time as number", EpisodeWith(R"("created_at":1718447400)"), codes::kWrongType,
       "/created_at"},
  });
}

TEST(ItemParser, RefusesMissingAndEmptyFields) {
  std::vector<Bad> cases{
      {"type", R"({"data":"d"})", codes::kMissingField, "/type"},
      {"null type", R"({"type":null})", codes::kMissingField, "/type"},
      {"null data", EpisodeWithout("data", R"("data":null)"), codes::kMissingField, "/data"},
      {"no destination", EpisodeWithout("graph_id", ""), codes::kDestination, ""},
      {"two destinations", EpisodeWith(R"("user_id":"u")"), codes::kDestination, "/user_id",
       "\"u\""},
      {"empty data", EpisodeWithout("data", R"("data":"")"), codes::kEmptyField, "/data"},
      {"empty content", MessageWithout("content", R"("content":"")"), codes::kEmptyField,
       "/content"},
      {"empty thread", MessageWithout("thread_id", R"("thread_id":"")"), codes::kEmptyField,
       "/thread_id"},
      {"empty user", MessageWith(R"("user_id":"")"), codes::kEmptyField, "/user_id"},
      {"empty document", EpisodeWith(R"("document_id":"")"), codes::kEmptyField, "/document_id"},
      {"empty graph", EpisodeWithout("graph_id", R"("graph_id":"")"), codes::kEmptyField,
       "/graph_id", "\"\""},
  };
  for (const std::string_view field : {"data", "data_type"}) {
    cases.push_back(
        {field, EpisodeWithout(field, ""), codes::kMissingField, "/" + std::string(field)});
  }
  for (const std::string_view field : {"thread_id", "content", "role"}) {
    cases.push_back(
        {field, MessageWithout(field, ""), codes::kMissingField, "/" + std::string(field)});
  }
  ExpectRefused(cases);
}

TEST(ItemParser, RefusesMetadataThatStoresCannotFilter) {
  const auto metadata = [](std::string_view members) {
    return EpisodeWith(std::string("\"metadata\":{").append(members).append("}"));
  };
  ExpectRefused({
      {"eleven keys",
       metadata(R"("a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":2)"),
       codes::kInvalidMetadata, "/metadata", "2}"},
      {"object", metadata(R"("a":{"b":1})"), codes::kInvalidMetadata, "/metadata/a", "{\"b\""},
      {"empty array", metadata(R"("a":[])"), codes::kInvalidMetadata, "/metadata/a", "[]"},
      {"null element", metadata(R"("a":[1,null])"), codes::kInvalidMetadata, "/metadata/a/1",
       "null"},
      {"nested array", metadata(R"("a":[[1]])"), codes::kInvalidMetadata, "/metadata/a/0", "[1]"},
      {"object in array", metadata(R"("a":[{}])"), codes::kInvalidMetadata, "/metadata/a/0", "{}"},
      {"infinite", metadata(R"("a":1e400)"), codes::kInvalidMetadata, "/metadata/a", "1e400"},
      {"blank key", metadata(R"("  ":1)"), codes::kInvalidMetadata, "/metadata"},
      {"empty key", metadata(R"("":1)"), codes::kInvalidMetadata, "/metadata"},
      {"duplicate key", metadata(R"("a":1,"a":2)"), codes::kDuplicateField, "/metadata/a", "2}"},
      {"escaped pointer", metadata(R"("a/b~c":[])"), codes::kInvalidMetadata, "/metadata/a~1b~0c"},
      {"long key", metadata("\"" + std::string(500, 'k') + "\":[]"), codes::kInvalidMetadata,
       "/metadata"},
  });
}

TEST(ItemParser, ChecksDataThatSaysItIsJson) {
  ItemParser parser{ItemLimits()};
  const auto with = [](std::string_view data) { return JsonEpisode(nlohmann::json(data).dump()); };
  Item item;
  for (const std::string_view data : {"{}", "[1]", " {\"a\": [null]} ", "1", "\"x\"", "null",
                                      "123456789012345678901234567890", "{\"a\":1,\"a\":2}"}) {
    SCOPED_TRACE(data);
    EXPECT_FALSE(parser.Parse(with(data), item).has_value());
    EXPECT_EQ(item.content, data);
  }
  for (const std::string_view data :
       {" ", "{", "hello", "1,2", "1],[2", "]", "[", "{}{}", "{'a':1}", "nul", "\"\\ud800\"",
        "\"\\x\"", "01", "{\"a\":1,}"}) {
    SCOPED_TRACE(data);
    const auto refusal = parser.Parse(with(data), item);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->code, codes::kInvalidData);
    EXPECT_EQ(refusal->pointer, "/data");
  }
  // As text it may be anything.
  EXPECT_FALSE(parser.Parse(EpisodeWithout("data", R"("data":"{")"), item).has_value());
}

struct LengthCase {
  std::string_view field;
  std::size_t chars_max;
  bool of_message;
};

TEST(ItemParser, CountsCodePointsAtEveryLimit) {
  const ItemLimits limits;
  const LengthCase cases[] = {
      {"data", limits.data_chars_max, false},
      {"content", limits.content_chars_max, true},
      {"source_description", limits.source_description_chars_max, false},
      {"document_id", limits.document_id_chars_max, false},
      {"name", limits.name_chars_max, true},
      {"graph_id", limits.id_chars_max, false},
      {"thread_id", limits.id_chars_max, true},
      {"user_id", limits.id_chars_max, true},
  };
  ItemParser parser(limits);
  for (const LengthCase& c : cases) {
    for (const std::string_view character :
         {"x", "\xC3\xA9", "\xF0\x9F\x98\x80", "\\u00e9", "\\ud83d\\ude00", "e\\u0301"}) {
      SCOPED_TRACE(std::string(c.field).append(" of ").append(character));
      const std::size_t each = character == "e\\u0301" ? 2 : 1;
      std::string text;
      for (std::size_t i = 0; i < c.chars_max / each; ++i) text.append(character);
      const auto json = [&](const std::string& value) {
        const std::string member = "\"" + std::string(c.field) + "\":\"" + value + "\"";
        return c.of_message ? MessageWithout(c.field, member) : EpisodeWithout(c.field, member);
      };
      Item item;
      EXPECT_FALSE(parser.Parse(json(text), item).has_value());
      const auto refusal = parser.Parse(json(text + "x"), item);
      ASSERT_TRUE(refusal.has_value());
      EXPECT_EQ(refusal->code, codes::kTooLong);
      EXPECT_EQ(refusal->pointer, "/" + std::string(c.field));
      EXPECT_NE(refusal->message.find(std::to_string(c.chars_max)), std::string::npos);
      EXPECT_NE(refusal->message.find(std::to_string(c.chars_max + 1)), std::string::npos);
    }
  }
}

TEST(ItemParser, ChecksLengthsOfFieldsThatItDrops) {
  ItemParser parser{ItemLimits()};
  Item item;
  const auto refusal =
      parser.Parse(MessageWith("\"source_description\":\"" + std::string(501, 'x') + "\""), item);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, codes::kTooLong);
  EXPECT_EQ(refusal->pointer, "/source_description");
}

TEST(ItemParser, TakesLimitsAsParameters) {
  ItemLimits limits;
  limits.data_chars_max = 3;
  limits.metadata_keys_max = 1;
  ItemParser parser(limits);
  Item item;
  EXPECT_FALSE(parser.Parse(EpisodeWithout("data", R"("data":"abc")"), item).has_value());
  EXPECT_EQ(parser.Parse(EpisodeWithout("data", R"("data":"abcd")"), item)->code, codes::kTooLong);
  EXPECT_EQ(parser.Parse(EpisodeWith(R"("metadata":{"a":1,"b":2})"), item)->code,
            codes::kInvalidMetadata);
}

}  // namespace
}  // namespace headrace
