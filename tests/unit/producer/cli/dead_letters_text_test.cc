#include "producer/cli/dead_letters_text.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

namespace headrace::cli {
namespace {

constexpr std::string_view kItem = "01234567-89ab-4def-8123-456700000008";

class DeadLettersText : public testing::Test {
 protected:
  DeadLettersText() { record_.headers = headers_; }

  retry::DeadLetter Letter() const {
    auto letter = retry::ReadDeadLetter(record_);
    EXPECT_TRUE(letter.ok());
    return *letter;
  }

  const std::array<Header, 6> headers_{{{kItemIdHeader, "01234567-89ab-4def-8123-456700000008;r=1"},
                                        {"headrace-project", "p"},
                                        {"headrace-code", "store_refused"},
                                        {"headrace-message", "No\x1b[2J\n."},
                                        {"headrace-attempts", "3"},
                                        {"headrace-origin", "items.batch/2/17"}}};
  Record record_{.source = {0, 4}, .offset = 12, .key = "p/g/kb", .value = "secret"};
};

TEST_F(DeadLettersText, RowsHoldNoControlCharacters) {
  const std::vector<std::string> row = LetterRow(record_, Letter());
  ASSERT_EQ(row.size(), LetterHeading().size());
  EXPECT_EQ(row[1], "01234567-89ab-4def-8123-456700000000/7");
  EXPECT_EQ(row.back(), "No [2J .");
}

TEST_F(DeadLettersText, NothingButThePayloadOptionShowsThePayload) {
  EXPECT_EQ(LetterDetails(record_).find("secret"), std::string::npos);
  EXPECT_NE(LetterDetails(record_).find("headrace-origin      items.batch/2/17\n"),
            std::string::npos);
  const auto json = nlohmann::json::parse(LetterJson(record_, Letter()));
  EXPECT_EQ(json.dump().find("secret"), std::string::npos);
  EXPECT_EQ(json["item_id"], kItem);
  EXPECT_EQ(json["index"], 7);
  EXPECT_EQ(json["round"], 1);
  EXPECT_EQ(json["attempts"], 3);
  EXPECT_EQ(json["letter"], "4/12");
}

TEST(DeadLettersSummary, NamesWhatIsSentAndWhatIsLeftAlone) {
  retry::ReplayPlan plan;
  EXPECT_EQ(ReplayText(plan, true), "0 items sent again\n");
  plan.items = 1'200;
  plan.resumed = 1;
  plan.hopeless = 2;
  plan.counts = {{"store_refused", "p", 1'200}};
  EXPECT_EQ(ReplayText(plan, false),
            "ITEMS  CODE           PROJECT\n"
            "1,200  store_refused  p\n"
            "\n"
            "1,200 items would be sent again\n"
            "1 item of an interrupted replay would be sent, too\n"
            "2 items left alone: the record itself was refused, it must be sent anew\n");
  EXPECT_EQ(LettersByCode({{"a", 1}, {"b", 20}}), "LETTERS  CODE\n     20  b\n      1  a\n");
}

}  // namespace
}  // namespace headrace::cli
