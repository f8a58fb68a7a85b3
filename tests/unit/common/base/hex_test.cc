#include "common/base/hex.h"

#include <gtest/gtest.h>

#include "common/base/sha256.h"

namespace headrace {
namespace {

TEST(Hex, WritesTwoLowerCaseDigitsAByte) {
  EXPECT_EQ(HexOf(std::string_view("\x00\x7f\xff", 3)), "007fff");
  EXPECT_EQ(HexOf(std::string_view()), "");
}

TEST(PercentDecode, ReadsWhatUrlsHold) {
  struct Case {
    const char* text;
    std::optional<std::string> want;
  };
  const Case cases[] = {{"plain", "plain"},     {"a%20b", "a b"}, {"%2F%2f", "//"}, {"", ""},
                        {"%C3%A4", "\xC3\xA4"}, {"%", {}},        {"%2", {}},       {"%zz", {}},
                        {"a%00b", {}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(PercentDecode(c.text), c.want);
  }
}

// Vectors of FIPS 180-4.
TEST(Sha256, AgreesWithItsStandard) {
  EXPECT_EQ(HexOf(Sha256Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.Update("a");
  pieces.Update("");
  pieces.Update("bc");
  EXPECT_EQ(pieces.Finish(), Sha256Of("abc"));
  EXPECT_EQ(HexOf(Sha256().Finish()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace headrace
