// What a hostile or broken client may send: size, nesting, damaged texts.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/model/item_parser.h"
#include "common/model/refusal_codes.h"
#include "tests/unit/common/model/item_texts.h"
#include "tests/unit/common/model/mutations.h"

namespace headrace {
namespace {

TEST(ItemParser, BoundsTheRecord) {
  ItemLimits limits;
  limits.record_bytes_max = 1000;
  ItemParser parser(limits);
  Item item;
  std::string json = EpisodeWith("");
  json.append(1000 - json.size(), ' ');
  EXPECT_FALSE(parser.Parse(json, item).has_value());
  const auto refusal = parser.Parse(json + " ", item);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, codes::kTooLarge);
  EXPECT_EQ(refusal->message, TooLargeMessage(limits));
  EXPECT_NE(refusal->message.find("1000 bytes"), std::string::npos);
}

TEST(ItemParser, SaysThatARecordHasNoValue) {
  ItemParser parser({});
  Item item;
  const auto refusal = parser.Parse("", item);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, codes::kInvalidJson);
  EXPECT_EQ(refusal->message, "the record has no value");
}

TEST(ItemParser, BoundsNestingEverywhere) {
  ItemParser parser{ItemLimits()};
  const auto nested = [](std::size_t levels, char open, char close) {
    return EpisodeWith("\"x\":" + std::string(levels, open) + std::string(levels, close));
  };
  Item item;
  EXPECT_FALSE(parser.Parse(nested(63, '[', ']'), item).has_value());
  const auto refusal = parser.Parse(nested(64, '[', ']'), item);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, codes::kTooDeep);
  EXPECT_EQ(refusal->pointer, "/x");
  EXPECT_EQ(refusal->byte_offset, nested(64, '[', ']').find("[") + 63);
}

TEST(ItemParser, SurvivesAHundredThousandLevels) {
  ItemParser parser{ItemLimits()};
  Item item;
  const std::string open(100'000, '[');
  const std::string close(100'000, ']');
  EXPECT_EQ(parser.Parse(EpisodeWith("\"x\":" + open + close), item)->code, codes::kTooDeep);
  EXPECT_EQ(parser.Parse(EpisodeWith("\"metadata\":{\"x\":" + open + close + "}"), item)->code,
            codes::kInvalidMetadata);
  EXPECT_EQ(parser.Parse(open, item)->code, codes::kInvalidJson);
  EXPECT_EQ(parser.Parse(open + close, item)->code, codes::kWrongType);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects.append("{\"a\":");
  EXPECT_EQ(parser.Parse(objects, item)->code, codes::kInvalidJson);
  EXPECT_EQ(parser.Parse("{\"a\":" + objects + "1" + std::string(100'001, '}'), item)->code,
            codes::kTooDeep);
  ItemLimits limits;
  limits.data_chars_max = 300'000;
  ItemParser roomy(limits);
  const std::string deep_data = JsonEpisode("\"" + open + close + "\"");
  EXPECT_EQ(roomy.Parse(deep_data, item)->code, codes::kInvalidData);
}

TEST(ItemParser, ForgetsALongerTextBefore) {
  ItemParser parser{ItemLimits()};
  Item item;
  const std::string good = EpisodeWith("");
  ASSERT_FALSE(parser.Parse(good, item).has_value());
  for (std::size_t length = 0; length < good.size(); ++length) {
    SCOPED_TRACE(length);
    EXPECT_TRUE(parser.Parse(good.substr(0, length), item).has_value());
  }
}

// Another implementation judges the same damaged texts: what the parser takes is JSON, and what it
// calls broken is not.
TEST(ItemParser, AgreesWithAnotherParserOnDamagedTexts) {
  ItemParser parser{ItemLimits()};
  const std::string seeds[] = {
      EpisodeWith(
          R"("metadata":{"a":[1,"x"],"b":null,"c":-1.5e3},"x":{"y":[true,{"z":"\u00e9"}]})"),
      MessageWith(R"("created_at":"2024-06-15T10:30:00Z","name":"\ud83d\ude00 Zoë","u":[0.5,{}])"),
      JsonEpisode(R"("{\"a\":[1,\"\\u00e9\"]}")"),
  };
  int accepted = 0;
  int broken = 0;
  for (const std::string& seed : seeds) {
    ForEachMutation(seed, 10'000, [&](const std::string& json) {
      Item item;
      const auto refusal = parser.Parse(json, item);
      const bool is_json = nlohmann::json::accept(json);
      if (!refusal) {
        ++accepted;
        EXPECT_TRUE(is_json) << json;
        if (item.data_type == DataType::kJson) {
          EXPECT_TRUE(nlohmann::json::accept(item.content)) << json;
        }
        if (!item.metadata.empty()) {
          EXPECT_TRUE(nlohmann::json::accept(item.metadata)) << json;
        }
      } else if (refusal->code == codes::kInvalidJson || refusal->code == codes::kInvalidUtf8) {
        ++broken;
        EXPECT_FALSE(is_json) << json;
      }
      EXPECT_LE(refusal ? refusal->byte_offset : 0, json.size());
    });
  }
  // The mutations are neither all harmless nor all fatal, or this test would show nothing.
  EXPECT_GT(accepted, 1'000);
  EXPECT_GT(broken, 1'000);
}

}  // namespace
}  // namespace headrace
