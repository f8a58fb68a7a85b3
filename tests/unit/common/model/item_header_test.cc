#include "common/model/item_header.h"

#include <gtest/gtest.h>

#include "tests/unit/common/model/mutations.h"

namespace headrace {
namespace {

constexpr std::string_view kItem = "01234567-89ab-4def-8123-456700000008";  // index 7
const Timestamp kTime{std::chrono::milliseconds(1'700'000'000'123)};

TEST(ItemIdHeader, WritesOnlyWhatIsSet) {
  ItemIdHeader header{.ref = {.batch = BatchId::Of(*Uuid::Parse(kItem)), .index = 7}};
  EXPECT_EQ(EncodeItemIdHeader(header), kItem);
  header.ref.round = 2;
  header.accepted_at = kTime;
  header.incarnation = 3;
  header.skip = true;
  EXPECT_EQ(EncodeItemIdHeader(header), std::string(kItem) + ";r=2;a=1700000000123;d=3;f=skip");
  header.episode = Uuid::Parse("b6e48722-5750-5b62-a64c-e71068e504e1");
  EXPECT_EQ(EncodeItemIdHeader(header),
            std::string(kItem) +
                ";r=2;a=1700000000123;d=3;e=b6e48722-5750-5b62-a64c-e71068e504e1;f=skip");
}

TEST(ItemIdHeader, ReadsBackWhatItWrote) {
  const ItemIdHeader header{
      .ref = {.batch = BatchId::Random(), .index = BatchId::kItemsMax - 1, .round = 31},
      .accepted_at = kTime,
      .incarnation = 4'294'967'295u,
      .episode = Uuid::Random(),
      .skip = true};
  const auto parsed = ParseItemIdHeader(EncodeItemIdHeader(header));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->ref, header.ref);
  EXPECT_EQ(parsed->accepted_at, header.accepted_at);
  EXPECT_EQ(parsed->incarnation, header.incarnation);
  EXPECT_EQ(parsed->episode, header.episode);
  EXPECT_TRUE(parsed->skip);
}

TEST(ItemIdHeader, IgnoresParametersAndFlagsOfLaterVersions) {
  const auto parsed = ParseItemIdHeader(std::string(kItem) + ";zz=1;f=new,skip,x;q=;r=1");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->ref.index, 7u);
  EXPECT_EQ(parsed->ref.round, 1);
  EXPECT_TRUE(parsed->skip);
}

TEST(ItemIdHeader, RefusesWhatItCannotMean) {
  const std::string item(kItem);
  for (const std::string& text :
       {std::string(), std::string("x"), item.substr(1), item + "x", item + ";", item + ";r",
        item + ";r=", item + ";r=x", item + ";r=-1", item + ";r=32", item + ";r=256",
        item + ";r=1 ", item + ";d=4294967296", item + ";a=-1", item + ";a=99999999999999999",
        item + ";a=1;;", item + ";e=", item + ";e=7",
        std::string("01234567-89ab-4def-8123-456700000000")}) {
    SCOPED_TRACE(text);
    const auto parsed = ParseItemIdHeader(text);
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
  }
}

TEST(ItemIdHeader, SurvivesArbitraryBytes) {
  const std::string seed = std::string(kItem) + ";r=2;a=1700000000123;d=3;f=skip";
  ForEachMutation(seed, 5000, [](const std::string& text) {
    const auto parsed = ParseItemIdHeader(text);
    if (!parsed.ok()) return;
    // What was taken has a canonical form that means the same.
    const auto again = ParseItemIdHeader(EncodeItemIdHeader(*parsed));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->ref, parsed->ref);
    EXPECT_EQ(again->accepted_at, parsed->accepted_at);
  });
}

// Frozen like the ids: redelivered upstream records must find their old place.
TEST(UpstreamItemRef, KeepsItsTestVector) {
  const ItemRef ref = UpstreamItemRef("cl", "headrace.items.batch", 3, 65'543, "default");
  EXPECT_EQ(ref.batch, BatchId::Of(*Uuid::Parse("b23218fd-0f01-5109-a6ec-bad070e20347")));
  EXPECT_EQ(ref.index, 7u);
  EXPECT_EQ(ref.round, 0);
}

TEST(UpstreamItemRef, SharesABatchAmong65536Offsets) {
  const auto at = [](std::int64_t offset) {
    return UpstreamItemRef("cl", "t", 0, offset, "default");
  };
  EXPECT_EQ(at(0).batch, at(65'535).batch);
  EXPECT_EQ(at(65'535).index, 65'535u);
  EXPECT_NE(at(65'535).batch, at(65'536).batch);
  EXPECT_EQ(at(65'536).index, 0u);
  EXPECT_NE(at(0).batch, UpstreamItemRef("cl", "t", 1, 0, "default").batch);
  EXPECT_NE(at(0).batch, UpstreamItemRef("cl", "t", 0, 0, "other").batch);
}

TEST(UpstreamEpisodeUuid, KeepsItsTestVectors) {
  EXPECT_EQ(UpstreamEpisodeUuid("default", "default/g/kb", "k1").ToString(),
            "b6e48722-5750-5b62-a64c-e71068e504e1");
  EXPECT_EQ(UpstreamEpisodeUuid("cl", "headrace.items.batch", 3, 65'543,
                                Timestamp(std::chrono::seconds(1'700'000'000)))
                .ToString(),
            "524af5be-499b-576d-af47-987c073d8593");
}

}  // namespace
}  // namespace headrace
