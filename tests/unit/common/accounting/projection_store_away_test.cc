// What the projector does while its outcome store cannot be reached.
#include <gtest/gtest.h>

#include "tests/unit/common/accounting/projection_fixture.h"

namespace headrace::accounting {
namespace {

using ProjectionStoreAwayTest = ProjectionTest;

TEST_F(ProjectionStoreAwayTest, KeepsItsPlaceInTheGroupWhileTheStoreIsAway) {
  auto projection = Join();
  Run(*projection);
  store_.SetReachable(false);
  AddOutcome(batch_, {0, 0});
  for (int i = 0; i < 5; ++i) RunLater(*projection);
  AddOutcome(batch_, {1, 1});
  for (int i = 0; i < 5; ++i) RunLater(*projection);
  EXPECT_EQ(notes_.reachable_changes, (std::vector<bool>{true, false}));
  store_.SetReachable(true);
  RunLater(*projection);
  EXPECT_EQ(notes_.reachable_changes, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(Succeeded(batch_), 2U);
  EXPECT_EQ(notes_.rewound, 0);
}

TEST_F(ProjectionStoreAwayTest, WaitsBeforeItAsksAStoreAgainThatWasAway) {
  auto projection = Join();
  Run(*projection);
  store_.SetReachable(false);
  AddOutcome(batch_, {0, 0});
  Run(*projection);
  store_.SetReachable(true);
  Run(*projection);
  EXPECT_EQ(Succeeded(batch_), 0U) << "the clock did not move";
  RunLater(*projection);
  EXPECT_EQ(Succeeded(batch_), 1U);
}

TEST_F(ProjectionStoreAwayTest, StartsWhileTheStoreIsAway) {
  AddOutcome(batch_, {0, 0});
  store_.SetReachable(false);
  auto projection = Join();
  RunLater(*projection);
  store_.SetReachable(true);
  RunLater(*projection);
  EXPECT_EQ(Succeeded(batch_), 1U);
}

TEST_F(ProjectionStoreAwayTest, DoesNotCallTheStoreReachableWithoutAskingIt) {
  store_.SetReachable(false);
  auto projection = Join();
  RunLater(*projection);
  log_.SetReachable(false);  // now no partition can be positioned: a step has nothing to write
  for (int i = 0; i < 3; ++i) RunLater(*projection);
  EXPECT_EQ(notes_.reachable_changes, (std::vector<bool>{false}));
  store_.SetReachable(true);
  RunLater(*projection);
  EXPECT_EQ(notes_.reachable_changes, (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace headrace::accounting
