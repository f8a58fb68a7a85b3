#include "common/base/json_text.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view name, text, json;
};

TEST(JsonText, WritesStrings) {
  constexpr Case kCases[] = {
      {"empty", ""sv, R"("")"sv},
      {"plain", "a/b"sv, R"("a/b")"sv},
      {"quotes", "a\"b\\c"sv, R"("a\"b\\c")"sv},
      {"white space", "\n\r\t "sv, R"("\n\r\t ")"sv},
      {"controls", "\0\x01\x1F\x7F"sv, "\"\\u0000\\u0001\\u001f\x7F\""sv},
      {"unicode", "\xC3\xA9\xF0\x9F\x98\x80"sv, "\"\xC3\xA9\xF0\x9F\x98\x80\""sv},
      {"bad bytes", "a\xFF\xC0z"sv, "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\""sv},
      {"cut off", "\xE2\x82"sv, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""sv},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    std::string out = "x";
    AppendJsonString(out, c.text);
    EXPECT_EQ(out, std::string("x").append(c.json));
  }
}

}  // namespace
}  // namespace headrace
