#include "producer/cli/view_completeness.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/unit/producer/cli/scripted_view.h"

namespace headrace::cli {
namespace {

using redis::ViewState;

class ViewCompletenessTest : public testing::Test {
 protected:
  ScriptedView view_;
  std::ostringstream err_;
  ViewCompleteness completeness_{view_, err_};
};

TEST_F(ViewCompletenessTest, SaysNothingOfACompleteView) {
  EXPECT_TRUE(completeness_.Ask().value());
  EXPECT_TRUE(completeness_.Ask().value());
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ViewCompletenessTest, NoticesWhatWasEmptiedWhileItWasRead) {
  view_.state = [](int look) { return look == 1 ? ViewState::kReady : ViewState::kEmpty; };
  EXPECT_TRUE(completeness_.Ask().value());
  EXPECT_FALSE(completeness_.Ask().value());
  EXPECT_NE(err_.str().find("Redis is empty"), std::string::npos) << err_.str();
}

// What was read may be older than the end of a rebuild.
TEST_F(ViewCompletenessTest, StaysIncompleteAndSaysSoOnce) {
  view_.state = [](int look) { return look == 1 ? ViewState::kRebuilding : ViewState::kReady; };
  EXPECT_FALSE(completeness_.Ask().value());
  EXPECT_FALSE(completeness_.Ask().value());
  EXPECT_EQ(err_.str(), "headrace: " + ViewStateNote(ViewState::kRebuilding) + "\n");
}

TEST_F(ViewCompletenessTest, PassesOnThatRedisDoesNotAnswer) {
  view_.state = [](int) { return Transient("redis does not answer"); };
  EXPECT_EQ(completeness_.Ask().error().code, ErrorCode::kTransient);
}

}  // namespace
}  // namespace headrace::cli
