#include "common/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace headrace {
namespace {

TEST(Status, IsFineUnlessItHoldsAnError) {
  EXPECT_TRUE(Status().ok());
  const Status failed = Transient("try later");
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kTransient);
  EXPECT_EQ(failed.error().message, "try later");
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = 7;
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 7);
  const Result<int> bad = Invalid("no");
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalid);
}

TEST(Result, GivesUpAMoveOnlyValue) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(Error, PrefixAddsContextInFront) {
  const Error error = NotFound("no such file").Prefix("open /tmp/x");
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.message, "open /tmp/x: no such file");
}

TEST(Error, EveryCodeHasItsName) {
  EXPECT_EQ(ErrorCodeName(Invalid("").code), "invalid");
  EXPECT_EQ(ErrorCodeName(Transient("").code), "transient");
  EXPECT_EQ(ErrorCodeName(Permanent("").code), "permanent");
  EXPECT_EQ(ErrorCodeName(NotFound("").code), "not_found");
  EXPECT_EQ(ErrorCodeName(Cancelled("").code), "cancelled");
}

TEST(ResultDeathTest, AskingForWhatIsNotThereEndsTheProcess) {
  const Result<int> bad = Invalid("no");
  EXPECT_DEATH((void)bad.value(), "CHECK failed");
  EXPECT_DEATH((void)Status().error(), "CHECK failed");
}

}  // namespace
}  // namespace headrace
