#include "worker/alone_turn.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

TEST(AloneTurn, NeedsAnEmptyStore) {
  AloneTurn turn;
  const SteadyTime start(milliseconds(1'000));
  EXPECT_TRUE(turn.MayBegin(false, start)) << "nobody must be alone";
  turn.OthersBegun(true, start);
  EXPECT_FALSE(turn.MayBegin(false, start));
  EXPECT_TRUE(turn.MayBegin(true, start));
  EXPECT_TRUE(turn.is_due());
  EXPECT_FALSE(turn.MayBegin(false, start)) << "now it is the one that is alone";
}

TEST(AloneTurn, LastsAsLongAsTheOthersTurnDid) {
  AloneTurn turn;
  const SteadyTime start(milliseconds(1'000));
  turn.OthersBegun(true, start);
  EXPECT_TRUE(turn.MayBegin(true, start + milliseconds(40)));
  EXPECT_TRUE(turn.is_due());
  EXPECT_TRUE(turn.MayBegin(true, start + milliseconds(79)));
  EXPECT_TRUE(turn.is_due());
  EXPECT_TRUE(turn.MayBegin(true, start + milliseconds(80)));
  EXPECT_FALSE(turn.is_due());
}

TEST(AloneTurn, EndsWhenNobodyMustBeAlone) {
  AloneTurn turn;
  const SteadyTime start(milliseconds(1'000));
  turn.OthersBegun(true, start);
  EXPECT_TRUE(turn.MayBegin(true, start));
  turn.End();
  EXPECT_TRUE(turn.MayBegin(false, start));
  EXPECT_FALSE(turn.is_due());
}

}  // namespace
}  // namespace headrace::worker
