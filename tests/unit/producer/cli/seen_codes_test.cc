#include "producer/cli/seen_codes.h"

#include <gtest/gtest.h>

namespace headrace::cli {
namespace {

retry::DeadLetter Letter(std::string_view code, std::string_view project = "p") {
  retry::DeadLetter letter;
  letter.code = code;
  letter.project = project;
  return letter;
}

TEST(SeenCodes, NamesThemWhenNoneIsTheOneThatWasAskedFor) {
  SeenCodes codes({.code = "nonsense", .project = "", .batch = {}});
  codes.Add(Letter("store_refused"));
  codes.Add(Letter("crash"));
  codes.Add(Letter("crash"));
  EXPECT_EQ(codes.Note(),
            "no dead letter has the code nonsense; the codes are crash, store_refused");
}

TEST(SeenCodes, SaysThatThereAreNoLettersAtAll) {
  EXPECT_EQ(SeenCodes({.code = "crash", .project = "", .batch = {}}).Note(),
            "no dead letter has the code crash; there is no dead letter");
}

TEST(SeenCodes, CountsOnlyWhatWasAskedForBesideTheCode) {
  SeenCodes codes({.code = "crash", .project = "p", .batch = {}});
  codes.Add(Letter("crash", "other"));
  codes.Add(Letter("store_refused"));
  EXPECT_EQ(codes.Note(),
            "no dead letter of this project or batch has the code crash; the codes are "
            "store_refused");
}

TEST(SeenCodes, SaysNothingWhenItWasFoundOrNotAskedFor) {
  SeenCodes found({.code = "crash", .project = "", .batch = {}});
  found.Add(Letter("store_refused"));
  found.Add(Letter("crash"));
  EXPECT_EQ(found.Note(), "");
  SeenCodes any({.code = "", .project = "p", .batch = {}});
  any.Add(Letter("crash", "other"));
  EXPECT_EQ(any.Note(), "");
}

TEST(SeenCodes, NamesFewOfVeryManyAndNoControlCharacters) {
  SeenCodes codes({.code = "x", .project = "", .batch = {}});
  for (int i = 0; i < 1'000; ++i) codes.Add(Letter("c\x1b" + std::to_string(i)));
  EXPECT_LT(codes.Note().size(), 400U);
  EXPECT_TRUE(codes.Note().ends_with(", ...")) << codes.Note();
  EXPECT_EQ(codes.Note().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace headrace::cli
