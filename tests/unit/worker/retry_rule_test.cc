#include "worker/retry_rule.h"

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;
using Action = RetryDecision::Action;

StoreError ErrorOf(StoreErrorClass error_class) { return {error_class, "code", "message", {}}; }

TEST(RetryRule, DoublesTheBackoffUpToItsMaximum) {
  RetryRule rule({.backoff = milliseconds(100), .backoff_max = milliseconds(1'000)}, 1);
  const milliseconds ceilings[] = {milliseconds(100), milliseconds(200),   milliseconds(400),
                                   milliseconds(800), milliseconds(1'000), milliseconds(1'000)};
  for (std::uint32_t attempt = 1; attempt <= 6; ++attempt) {
    SCOPED_TRACE(attempt);
    for (int i = 0; i < 50; ++i) {
      const RetryDecision decision = rule.Decide(ErrorOf(StoreErrorClass::kTransient),
                                                 {.chunk_items = 5, .attempts = attempt});
      EXPECT_EQ(decision.action, Action::kRetry);
      EXPECT_LE(decision.delay, ceilings[attempt - 1]);
      EXPECT_GE(decision.delay, ceilings[attempt - 1] / 2);
    }
  }
}

TEST(RetryRule, SpreadsRetriesByJitter) {
  RetryRule rule({.backoff = milliseconds(1'000), .backoff_max = milliseconds(1'000)}, 7);
  const milliseconds first = rule.Decide(ErrorOf(StoreErrorClass::kTransient), {}).delay;
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    differs |= rule.Decide(ErrorOf(StoreErrorClass::kTransient), {}).delay != first;
  }
  EXPECT_TRUE(differs);
}

TEST(RetryRule, SurvivesAnyNumberOfAttempts) {
  RetryRule rule({.backoff = milliseconds(200), .backoff_max = milliseconds(30'000)}, 1);
  EXPECT_LE(rule.Decide(ErrorOf(StoreErrorClass::kTransient), {.attempts = 4'000'000'000u}).delay,
            milliseconds(30'000));
}

TEST(RetryRule, HonoursTheDelayOfAThrottlingStore) {
  RetryRule rule({}, 1);
  StoreError error = ErrorOf(StoreErrorClass::kThrottled);
  error.retry_after = milliseconds(1'234);
  EXPECT_EQ(rule.Decide(error, {.chunk_items = 5}).delay, milliseconds(1'234));
}

TEST(RetryRule, TriesAFencedChunkAgainAsItIs) {
  RetryRule rule({}, 1);
  const RetryDecision decision =
      rule.Decide(ErrorOf(StoreErrorClass::kFenced),
                  {.chunk_items = 3, .several_graphs = true, .attempts = 100, .strikes = 100});
  EXPECT_EQ(decision.action, Action::kRetry);
}

TEST(RetryRule, SplitsAChunkWithAnUnnamedBadItemAndFailsItWhenAlone) {
  RetryRule rule({}, 1);
  EXPECT_EQ(rule.Decide(ErrorOf(StoreErrorClass::kItem), {.chunk_items = 2}).action,
            Action::kSplit);
  EXPECT_EQ(rule.Decide(ErrorOf(StoreErrorClass::kItem), {.attempts = 2}).action,
            Action::kFailItem);
}

TEST(RetryRule, NeverFailsItemsForAFatalError) {
  RetryRule rule({.backoff = milliseconds(200), .backoff_max = milliseconds(9'000)}, 1);
  const RetryDecision decision = rule.Decide(ErrorOf(StoreErrorClass::kFatal),
                                             {.attempts = 100, .strikes = 100, .struck = true});
  EXPECT_EQ(decision.action, Action::kRetry);
  EXPECT_EQ(decision.delay, milliseconds(9'000));
}

TEST(RetryRule, GivesUpAnItemThatFailsWhileTheStoreWorksForOthers) {
  RetryRule rule({.attempts_max = 3, .age_max = milliseconds(1'000)}, 1);
  const StoreError error = ErrorOf(StoreErrorClass::kTransient);
  EXPECT_EQ(rule.Decide(error, {.attempts = 9, .strikes = 2, .struck = true}).action,
            Action::kRetry);
  EXPECT_EQ(rule.Decide(error, {.attempts = 9, .strikes = 3, .struck = true}).action,
            Action::kFailItem);
  EXPECT_EQ(rule.Decide(error, {.chunk_items = 8, .strikes = 3, .struck = true}).action,
            Action::kSplit);
  EXPECT_EQ(rule.Decide(error, {.strikes = 1, .struck = true, .age = milliseconds(1'001)}).action,
            Action::kFailItem);
}

TEST(RetryRule, SeparatesGraphsAtTheFirstStrike) {
  RetryRule rule({.backoff = milliseconds(100)}, 1);
  const StoreError error = ErrorOf(StoreErrorClass::kTransient);
  const RetryDecision decision =
      rule.Decide(error, {.chunk_items = 8, .several_graphs = true, .strikes = 1, .struck = true});
  EXPECT_EQ(decision.action, Action::kSplit);
  EXPECT_GE(decision.delay, milliseconds(50));
  EXPECT_EQ(rule.Decide(error, {.chunk_items = 8, .several_graphs = true}).action, Action::kRetry);
}

TEST(RetryRule, NeverGivesUpInAnOutage) {
  RetryRule rule({.attempts_max = 3, .age_max = milliseconds(1'000)}, 1);
  EXPECT_EQ(rule.Decide(ErrorOf(StoreErrorClass::kTransient),
                        {.attempts = 1'000, .strikes = 0, .age = std::chrono::hours(100)})
                .action,
            Action::kRetry);
  EXPECT_EQ(rule.Decide(ErrorOf(StoreErrorClass::kTransient),
                        {.chunk_items = 8, .strikes = 3, .age = std::chrono::hours(100)})
                .action,
            Action::kRetry)
      << "that it had strikes before the outage does not matter";
}

}  // namespace
}  // namespace headrace::worker
