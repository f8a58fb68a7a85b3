#include "common/model/outcome.h"

#include <gtest/gtest.h>

#include "tests/unit/common/model/mutations.h"

namespace headrace {
namespace {

constexpr ItemState kFinal[] = {ItemState::kSucceeded, ItemState::kFailed, ItemState::kSkipped,
                                ItemState::kCanceled};

TEST(ItemState, NamesReadBack) {
  for (const ItemState state : kFinal) EXPECT_EQ(ParseItemState(ItemStateName(state)), state);
  EXPECT_EQ(ItemStateName(ItemState::kCanceled), "canceled");
  EXPECT_FALSE(ParseItemState("cancelled").has_value());
  EXPECT_FALSE(ParseItemState("").has_value());
}

TEST(IsTransition, FirstOutcomeOfARoundStandsForEveryPairOfStates) {
  for (const ItemState to : kFinal) {
    SCOPED_TRACE(ItemStateName(to));
    EXPECT_TRUE(IsTransition(ItemState::kNone, 0, to, 0));
    EXPECT_TRUE(IsTransition(ItemState::kNone, 0, to, 1));
    EXPECT_FALSE(IsTransition(ItemState::kNone, 1, to, 0));
    for (const ItemState from : kFinal) {
      EXPECT_FALSE(IsTransition(from, 0, to, 0));
      EXPECT_FALSE(IsTransition(from, 3, to, 3));
      EXPECT_FALSE(IsTransition(from, 3, to, 2));
      EXPECT_TRUE(IsTransition(from, 3, to, 4));
      EXPECT_TRUE(IsTransition(from, 0, to, kRoundMax));
      EXPECT_FALSE(IsTransition(from, 0, ItemState::kNone, 1));
    }
  }
}

OutcomeRecord FullRecord() {
  return {.batch = *BatchId::Parse("01234567-89ab-4def-8123-456700000000"),
          .project = "default",
          .upstream = true,
          .round = 31,
          .succeeded = {{0, 0}, {2, BatchId::kItemsMax - 1}},
          .skipped = {{7, 8}},
          .canceled = {{9, 12}},
          .failed = {{.index = 1,
                      .error = {.code = "store_refused", .message = "a \"b\"", .attempts = 3}}}};
}

TEST(OutcomeRecord, HasAFrozenWireForm) {
  EXPECT_EQ(EncodeOutcomeRecord(FullRecord()),
            "\x01{\"batch\":\"01234567-89ab-4def-8123-456700000000\",\"project\":\"default\","
            "\"upstream\":true,\"round\":31,\"succeeded\":[0,0,2,4294967293],\"skipped\":[7,8],"
            "\"canceled\":[9,12],\"failed\":[{\"index\":1,\"code\":\"store_refused\","
            "\"message\":\"a \\\"b\\\"\",\"attempts\":3}]}");
  OutcomeRecord small{.batch = FullRecord().batch, .project = "p"};
  EXPECT_EQ(EncodeOutcomeRecord(small),
            "\x01{\"batch\":\"01234567-89ab-4def-8123-456700000000\",\"project\":\"p\","
            "\"round\":0}");
}

TEST(OutcomeRecord, ReadsBackWhatItWrote) {
  const OutcomeRecord record = FullRecord();
  const auto decoded = DecodeOutcomeRecord(EncodeOutcomeRecord(record));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->batch, record.batch);
  EXPECT_EQ(decoded->project, record.project);
  EXPECT_TRUE(decoded->upstream);
  EXPECT_EQ(decoded->round, record.round);
  EXPECT_EQ(decoded->succeeded, record.succeeded);
  EXPECT_EQ(decoded->skipped, record.skipped);
  EXPECT_EQ(decoded->canceled, record.canceled);
  ASSERT_EQ(decoded->failed.size(), 1u);
  EXPECT_EQ(decoded->failed[0].index, 1u);
  EXPECT_EQ(decoded->failed[0].error.code, "store_refused");
  EXPECT_EQ(decoded->failed[0].error.message, "a \"b\"");
  EXPECT_EQ(decoded->failed[0].error.attempts, 3u);
}

TEST(OutcomeRecord, CountsItsItems) {
  OutcomeRecord record = FullRecord();
  record.succeeded = {{0, 0}, {2, 4}};
  EXPECT_EQ(record.item_count(), 1u + 3 + 2 + 4 + 1);
}

TEST(OutcomeRecord, UnknownVersionStopsTheReader) {
  std::string value = EncodeOutcomeRecord(FullRecord());
  value[0] = 2;
  ASSERT_FALSE(DecodeOutcomeRecord(value).ok());
  EXPECT_EQ(DecodeOutcomeRecord(value).error().code, ErrorCode::kPermanent);
}

TEST(OutcomeRecord, RefusesWhatIsNotOne) {
  const std::string head =
      R"({"batch":"01234567-89ab-4def-8123-456700000000","project":"p","round":0)";
  ASSERT_TRUE(DecodeOutcomeRecord("\x01" + head + "}").ok());
  ASSERT_TRUE(DecodeOutcomeRecord("\x01" + head + ",\"later\":1}").ok());
  for (const std::string& json : {
           std::string(),
           std::string("[]"),
           std::string("{}"),
           head,
           head + "}x",
           std::string(
               R"({"batch":"01234567-89ab-4def-8123-456700000001","project":"p","round":0})"),
           std::string(
               R"({"batch":"01234567-89ab-4def-8123-456700000000","project":"P","round":0})"),
           std::string(R"({"batch":"01234567-89ab-4def-8123-456700000000","project":"p"})"),
           std::string(
               R"({"batch":"01234567-89ab-4def-8123-456700000000","project":"p","round":32})"),
           std::string(
               R"({"batch":"01234567-89ab-4def-8123-456700000000","project":"p","round":-1})"),
           head + R"(,"upstream":1})",
           head + R"(,"succeeded":{}})",
           head + R"(,"succeeded":[1]})",
           head + R"(,"succeeded":[2,1]})",
           head + R"(,"succeeded":[0,4294967294]})",
           head + R"(,"succeeded":[0,1.5]})",
           head + R"(,"skipped":["0","1"]})",
           head + R"(,"canceled":[null,1]})",
           head + R"(,"failed":{}})",
           head + R"(,"failed":[7]})",
           head + R"(,"failed":[{"index":7,"code":"c","message":"m"}]})",
           head + R"(,"failed":[{"index":7,"code":1,"message":"m","attempts":1}]})",
       }) {
    SCOPED_TRACE(json);
    const auto decoded = DecodeOutcomeRecord("\x01" + json);
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(DecodeOutcomeRecord("").error().code, ErrorCode::kInvalid);
}

TEST(OutcomeRecord, SurvivesArbitraryBytes) {
  ForEachMutation(EncodeOutcomeRecord(FullRecord()), 5000, [](const std::string& value) {
    const auto decoded = DecodeOutcomeRecord(value);
    if (!decoded.ok()) return;
    const auto again = DecodeOutcomeRecord(EncodeOutcomeRecord(*decoded));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->succeeded, decoded->succeeded);
    EXPECT_EQ(again->failed.size(), decoded->failed.size());
  });
}

}  // namespace
}  // namespace headrace
