#include "common/base/utf8.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

struct Case {
  std::string_view name, text;
  std::size_t length;
};

TEST(Utf8, MeasuresTheFirstSequence) {
  constexpr Case kCases[] = {
      {"empty", "", 0},
      {"ascii", "a", 1},
      {"first of two", "\xC2\x80", 2},
      {"last of two", "\xDF\xBF", 2},
      {"first of three", "\xE0\xA0\x80", 3},
      {"before surrogates", "\xED\x9F\xBF", 3},
      {"after surrogates", "\xEE\x80\x80", 3},
      {"last of three", "\xEF\xBF\xBF", 3},
      {"first of four", "\xF0\x90\x80\x80", 4},
      {"U+10FFFF", "\xF4\x8F\xBF\xBF", 4},
      {"continuation alone", "\x80", 0},
      {"overlong slash", "\xC0\xAF", 0},
      {"overlong C1", "\xC1\xBF", 0},
      {"overlong three", "\xE0\x9F\xBF", 0},
      {"overlong four", "\xF0\x8F\xBF\xBF", 0},
      {"first surrogate", "\xED\xA0\x80", 0},
      {"last surrogate", "\xED\xBF\xBF", 0},
      {"above U+10FFFF", "\xF4\x90\x80\x80", 0},
      {"F5", "\xF5\x80\x80\x80", 0},
      {"FF", "\xFF", 0},
      {"cut after one of two", "\xC3", 0},
      {"cut after two of three", "\xE2\x82", 0},
      {"cut after three of four", "\xF0\x9F\x98", 0},
      {"third byte wrong", "\xE2\x82\x41", 0},
      {"fourth byte wrong", "\xF0\x9F\x98\xC0", 0},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Utf8SequenceLength(c.text), c.length);
    EXPECT_EQ(IsValidUtf8(c.text), c.length > 0 || c.text.empty());
    EXPECT_EQ(IsValidUtf8(std::string("a").append(c.text).append("z")),
              c.length > 0 || c.text.empty());
  }
}

TEST(Utf8, CountsCodePointsAndNotBytesOrGraphemes) {
  EXPECT_EQ(CountCodePoints(""), 0u);
  EXPECT_EQ(CountCodePoints("abc"), 3u);
  EXPECT_EQ(CountCodePoints("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 3u);
  EXPECT_EQ(CountCodePoints("e\xCC\x81"), 2u);  // e and a combining accent
}

TEST(Utf8, APrefixCutsNoCodePoint) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";  // 1, 2, 3 and 4 bytes
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t bytes_max = 0; bytes_max < std::size(ends); ++bytes_max) {
    SCOPED_TRACE(bytes_max);
    EXPECT_EQ(Utf8Prefix(text, bytes_max), text.substr(0, ends[bytes_max]));
  }
  // What is no UTF-8 is cut too.
  EXPECT_EQ(Utf8Prefix(std::string(20, '\x80'), 10).size(), 7u);
}

}  // namespace
}  // namespace headrace
