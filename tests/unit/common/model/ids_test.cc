#include "common/model/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

namespace headrace {
namespace {

// Frozen for ever, computed with an independent implementation: a change here would give stored
// episodes another identity.
TEST(Uuid, FromPartsKeepsItsTestVectors) {
  EXPECT_EQ(Uuid::FromParts({}).ToString(), "6d711f63-8213-56da-b195-765e3ccbcd38");
  EXPECT_EQ(Uuid::FromParts({"a", "bc"}).ToString(), "f23940a3-6192-56ba-be9a-8e592e3f85f2");
  EXPECT_EQ(Uuid::FromParts({"ab", "c"}).ToString(), "5b21dbe0-ee1b-5110-9bf1-ea75791fb9c1");
}

TEST(Uuid, RandomIsVersionFourAndDiffersEachTime) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const Uuid uuid = Uuid::Random();
    EXPECT_EQ(uuid.bytes()[6] >> 4, 4);
    EXPECT_EQ(uuid.bytes()[8] >> 6, 2);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

TEST(Uuid, ParsesEitherCaseAndPrintsLowerCase) {
  const auto uuid = Uuid::Parse("01234567-89AB-cdef-8123-456789abCDEF");
  ASSERT_TRUE(uuid.has_value());
  EXPECT_EQ(uuid->ToString(), "01234567-89ab-cdef-8123-456789abcdef");
  EXPECT_EQ(uuid->low32(), 0x89abcdefu);
}

TEST(Uuid, TakesNothingButTheLongForm) {
  for (const std::string_view text :
       {"", "01234567-89ab-cdef-8123-456789abcde", "01234567-89ab-cdef-8123-456789abcdef0",
        "0123456789abcdef8123456789abcdef", "{01234567-89ab-cdef-8123-456789abcdef}",
        "01234567-89ab-cdef-8123-456789abcdeg", "0123456-789ab-cdef-8123-456789abcdef",
        "01234567+89ab-cdef-8123-456789abcdef", "01234567-89ab-cdef-8123-45-789abcdef"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(Uuid::Parse(text).has_value());
  }
}

TEST(BatchId, NamesItsItems) {
  const BatchId batch = BatchId::Random();
  EXPECT_EQ(batch.uuid().low32(), 0u);
  for (const std::uint32_t index : {0u, 1u, 49'999u, BatchId::kItemsMax - 1}) {
    const Uuid item = batch.ItemUuid(index);
    EXPECT_EQ(item.low32(), index + 1);
    EXPECT_EQ(BatchId::Of(item), batch);
  }
}

TEST(BatchId, ParsesItselfButNoItem) {
  const BatchId batch = BatchId::Random();
  EXPECT_EQ(BatchId::Parse(batch.ToString()), batch);
  EXPECT_FALSE(BatchId::Parse(batch.ItemUuid(0).ToString()).has_value());
}

TEST(UuidHash, SpreadsTheItemsOfABatch) {
  const BatchId batch = BatchId::Random();
  std::unordered_set<std::size_t> hashes;
  for (std::uint32_t i = 0; i < 10'000; ++i) hashes.insert(UuidHash()(batch.ItemUuid(i)));
  EXPECT_EQ(hashes.size(), 10'000u);
}

}  // namespace
}  // namespace headrace
