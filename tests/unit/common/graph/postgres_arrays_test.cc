#include "common/graph/postgres_arrays.h"

#include <gtest/gtest.h>

#include "common/base/hex.h"

namespace headrace::graph {
namespace {

TEST(PostgresArray, IsWhatTheServersOwnArraysLookLike) {
  PostgresArray numbers(PostgresType::kInt4);
  numbers.AddInt4(7);
  numbers.AddInt4(-1);
  const PostgresValue value = numbers.Take();
  EXPECT_EQ(value.type, 1007u);
  // One dimension, no nulls, int4; two elements from 1 on; each with its length.
  EXPECT_EQ(HexOf(value.bytes),
            "00000001"
            "00000000"
            "00000017"
            "00000002"
            "00000001"
            "00000004"
            "00000007"
            "00000004"
            "ffffffff");
  EXPECT_EQ(ReadInt4Array(value.bytes), (std::vector<std::int32_t>{7, -1}));
}

TEST(PostgresArray, MarksNulls) {
  PostgresArray texts(PostgresType::kText);
  texts.Add("a");
  texts.AddNull();
  EXPECT_EQ(HexOf(texts.Take().bytes),
            "00000001"
            "00000001"
            "00000019"
            "00000002"
            "00000001"
            "00000001"
            "61"
            "ffffffff");
}

TEST(PostgresArray, HasNoDimensionWhenEmptyAndIsEmptyOnceTaken) {
  PostgresArray numbers(PostgresType::kInt4);
  numbers.AddInt4(1);
  numbers.Take();
  EXPECT_EQ(numbers.size(), 0u);
  const PostgresValue value = numbers.Take();
  EXPECT_EQ(HexOf(value.bytes), "000000000000000000000017");
  EXPECT_TRUE(ReadInt4Array(value.bytes).empty());
}

TEST(PostgresArray, CarriesTimesAndUuidsThereAndBack) {
  for (const std::int64_t micros : {std::int64_t{0}, std::int64_t{-14'182'939'876'544},
                                    std::int64_t{253'402'300'799'999'999}}) {
    const Timestamp time{std::chrono::microseconds(micros)};
    PostgresArray times(PostgresType::kTime);
    times.AddTime(time);
    EXPECT_EQ(ReadTime(std::string_view(times.Take().bytes).substr(24)), time);
  }
  const Uuid uuid = Uuid::Random();
  PostgresArray uuids(PostgresType::kUuid);
  uuids.AddUuid(uuid);
  EXPECT_EQ(ReadUuid(std::string_view(uuids.Take().bytes).substr(24)), uuid);
  EXPECT_FALSE(ReadUuid("short"));
}

TEST(PostgresArray, ReadsIntegersOfAnyWidth) {
  EXPECT_EQ(ReadInteger(std::string_view("\x01", 1)), 1);
  EXPECT_EQ(ReadInteger(std::string_view("\xff\xfe", 2)), -2);
  EXPECT_EQ(ReadInteger(std::string_view("\x00\x00\x01\x00", 4)), 256);
  EXPECT_EQ(ReadInteger(""), 0);
}

}  // namespace
}  // namespace headrace::graph
