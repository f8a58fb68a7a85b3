#include "common/model/schemas.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/model/outcome.h"
#include "common/model/refusal_codes.h"
#include "tests/unit/common/model/item_texts.h"

namespace headrace {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kItemFields[] = {
    "type",        "data",       "data_type", "content", "role",
    "name",        "thread_id",  "graph_id",  "user_id", "source_description",
    "document_id", "created_at", "metadata"};

std::string WithMember(std::string_view field, const Json& value) {
  const std::string member = Json(field).dump() + ":" + value.dump();
  const bool of_message = field == "thread_id" || field == "content" || field == "role" ||
                          field == "name" || field == "user_id";
  return of_message ? MessageWithout(field, member) : EpisodeWithout(field, member);
}

std::optional<Refusal> Parse(const std::string& json) {
  ItemParser parser{ItemLimits()};
  Item item;
  return parser.Parse(json, item);
}

TEST(ItemJsonSchema, NamesEveryFieldAndNoOther) {
  const Json schema = Json::parse(ItemJsonSchema(ItemLimits()));
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["type"], "object");
  EXPECT_EQ(schema["required"], Json::array({"type"}));
  EXPECT_EQ(schema["properties"].size(), std::size(kItemFields));
  for (const std::string_view field : kItemFields) {
    SCOPED_TRACE(field);
    EXPECT_TRUE(schema["properties"].contains(std::string(field)));
  }
}

TEST(ItemJsonSchema, LengthsAreThoseOfTheParser) {
  const Json schema = Json::parse(ItemJsonSchema(ItemLimits()));
  int checked = 0;
  for (const auto& [field, rules] : schema["properties"].items()) {
    if (!rules.contains("maxLength")) continue;
    SCOPED_TRACE(field);
    ++checked;
    const auto chars_max = rules["maxLength"].get<std::size_t>();
    EXPECT_FALSE(Parse(WithMember(field, std::string(chars_max, 'x'))).has_value());
    EXPECT_EQ(Parse(WithMember(field, std::string(chars_max + 1, 'x')))->code, codes::kTooLong);
    const auto empty = Parse(WithMember(field, ""));
    EXPECT_EQ(empty.has_value(), rules.value("minLength", 0) > 0);
  }
  EXPECT_EQ(checked, 8);
}

TEST(ItemJsonSchema, EnumerationsAreThoseOfTheParser) {
  const Json schema = Json::parse(ItemJsonSchema(ItemLimits()));
  for (const std::string_view field : {"data_type", "role"}) {
    const Json& values = schema["properties"][std::string(field)]["enum"];
    ASSERT_GE(values.size(), 4u);
    for (const Json& value : values) {
      SCOPED_TRACE(std::string(field) + " " + value.dump());
      const auto refusal = Parse(WithMember(field, value));
      if (value.is_null()) {
        EXPECT_EQ(refusal->code, codes::kMissingField);
      } else {
        EXPECT_FALSE(refusal.has_value());
      }
    }
    EXPECT_EQ(Parse(WithMember(field, "else"))->code, codes::kUnknownValue);
  }
}

TEST(ItemJsonSchema, RequiredFieldsAreThoseOfTheParser) {
  const Json schema = Json::parse(ItemJsonSchema(ItemLimits()));
  ASSERT_EQ(schema["allOf"].size(), 2u);
  for (const Json& branch : schema["allOf"]) {
    const std::string type = branch["if"]["properties"]["type"]["const"];
    const Members& members = type == "graph_episode" ? EpisodeMembers() : MessageMembers();
    ASSERT_FALSE(branch["then"]["required"].empty());
    for (const std::string field : branch["then"]["required"]) {
      SCOPED_TRACE(type + " " + field);
      EXPECT_EQ(Parse(ItemText(members, field, ""))->pointer, "/" + field);
      EXPECT_EQ(Parse(ItemText(members, field, "\"" + field + "\":null"))->pointer, "/" + field);
      EXPECT_TRUE(branch["then"]["properties"].contains(field));
    }
    // Type, what the branch requires and one destination: with these the parser is content.
    const std::size_t destinations = branch["then"].contains("oneOf") ? 1 : 0;
    EXPECT_EQ(members.size(), 1 + branch["then"]["required"].size() + destinations);
    EXPECT_FALSE(Parse(ItemText(members, "", "")).has_value());
  }
}

TEST(ItemJsonSchema, FollowsTheLimits) {
  ItemLimits limits;
  limits.data_chars_max = 77;
  limits.metadata_keys_max = 3;
  const Json schema = Json::parse(ItemJsonSchema(limits));
  EXPECT_EQ(schema["properties"]["data"]["maxLength"], 77);
  EXPECT_EQ(schema["properties"]["metadata"]["maxProperties"], 3);
}

TEST(OutcomeJsonSchema, NamesEveryMemberOfARecord) {
  const Json schema = Json::parse(OutcomeJsonSchema());
  const OutcomeRecord record{.batch = BatchId::Random(),
                             .project = "p",
                             .upstream = true,
                             .succeeded = {{0, 0}},
                             .skipped = {{1, 1}},
                             .canceled = {{2, 2}},
                             .failed = {{.index = 3, .error = {.code = "c", .message = "m"}}}};
  const Json full = Json::parse(EncodeOutcomeRecord(record).substr(1));
  EXPECT_EQ(schema["properties"].size(), full.size());
  for (const auto& [name, value] : full.items()) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(schema["properties"].contains(name));
  }
  const Json& failed = schema["properties"]["failed"]["items"]["properties"];
  for (const auto& [name, value] : full["failed"][0].items()) EXPECT_TRUE(failed.contains(name));
}

TEST(OutcomeJsonSchema, RequiredMembersAreThoseOfTheDecoder) {
  const Json schema = Json::parse(OutcomeJsonSchema());
  const OutcomeRecord record{.batch = BatchId::Random(), .project = "p"};
  const Json smallest = Json::parse(EncodeOutcomeRecord(record).substr(1));
  EXPECT_EQ(schema["required"].size(), smallest.size());
  for (const std::string member : schema["required"]) {
    SCOPED_TRACE(member);
    Json without = smallest;
    EXPECT_EQ(without.erase(member), 1u);
    EXPECT_FALSE(DecodeOutcomeRecord(kOutcomeVersion + without.dump()).ok());
  }
}

}  // namespace
}  // namespace headrace
