#include "producer/cli/batch_follow.h"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "producer/cli/view_completeness.h"
#include "tests/fakes/manual_clock.h"
#include "tests/unit/producer/cli/scripted_view.h"

namespace headrace::cli {
namespace {

using redis::BatchSummary;
using redis::ViewState;
using std::chrono::milliseconds;
using std::chrono::seconds;

BatchSummary Batch(std::uint64_t succeeded, std::uint64_t failed = 0) {
  BatchSummary batch;
  batch.status = "processing";
  batch.sealed = true;
  batch.item_count = 10;
  batch.succeeded = succeeded;
  batch.failed = failed;
  batch.final = succeeded + failed == 10;
  return batch;
}

class BatchFollowTest : public testing::Test {
 protected:
  FollowResult Follow(const FollowOptions& options) {
    ProgressBar bar(err_, clock_, {.mode = ProgressStyle::Mode::kQuiet});
    return FollowBatch({.view = view_,
                        .clock = clock_,
                        .bar = bar,
                        .stop = [this] { return stop_after_ > 0 && view_.looks >= stop_after_; },
                        .pause = [this](milliseconds time) { clock_.Advance(time); },
                        .why_stalled = [this] { return reason_(++asked_); }},
                       options);
  }

  int CountOf(const std::string& text) const {
    int count = 0;
    const std::string all = err_.str();
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
    return count;
  }

  fakes::ManualClock clock_;
  ScriptedView view_;
  std::ostringstream err_;
  int stop_after_ = 0;
  std::function<std::string(int)> reason_ = [](int) { return "nobody works"; };
  int asked_ = 0;
};

TEST_F(BatchFollowTest, EndsWhenTheBatchIsFinal) {
  view_.show = [](int look) { return look < 5 ? Batch(3) : Batch(9, 1); };
  const FollowResult result = Follow({});
  EXPECT_EQ(result.end, FollowEnd::kFinal);
  EXPECT_EQ(result.batch->failed, 1u);
  EXPECT_EQ(view_.looks, 5);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(BatchFollowTest, WaitsForABatchThatTheProjectorHasNotSeenYet) {
  view_.show = [](int look) -> Result<BatchSummary> {
    if (look < 4) return NotFound("no such batch");
    return Batch(10);
  };
  FollowOptions options;
  options.may_appear_later = true;
  EXPECT_EQ(Follow(options).end, FollowEnd::kFinal);
}

TEST_F(BatchFollowTest, SaysThatABatchIsNotThere) {
  view_.show = [](int) -> Result<BatchSummary> { return NotFound("no such batch"); };
  EXPECT_EQ(Follow({}).end, FollowEnd::kNotFound);
}

TEST_F(BatchFollowTest, ConcludesNothingFromAbsenceWhileRedisIsRebuilt) {
  for (const ViewState state : {ViewState::kEmpty, ViewState::kRebuilding}) {
    view_.state = [state](int) { return state; };
    view_.show = [](int) -> Result<BatchSummary> { return NotFound("no such batch"); };
    const FollowResult result = Follow({});
    EXPECT_EQ(result.end, FollowEnd::kIncomplete);
    EXPECT_EQ(result.problem, ViewStateNote(state));
  }
}

TEST_F(BatchFollowTest, WaitsForABatchThatARebuildBringsBack) {
  view_.state = [](int look) {
    if (look < 3) return ViewState::kReady;
    return look < 60 ? ViewState::kEmpty : ViewState::kReady;
  };
  view_.show = [](int look) -> Result<BatchSummary> {
    if (look >= 3 && look < 60) return NotFound("no such batch");
    return look < 3 ? Batch(3) : Batch(10);
  };
  const FollowResult result = Follow({});
  EXPECT_EQ(result.end, FollowEnd::kFinal);
  EXPECT_EQ(result.batch->succeeded, 10u);
}

TEST_F(BatchFollowTest, WaitsForAProjectorThatHasJustStarted) {
  view_.state = [](int look) { return look < 10 ? ViewState::kEmpty : ViewState::kReady; };
  view_.show = [](int look) -> Result<BatchSummary> {
    return look < 10 ? Result<BatchSummary>(NotFound("no such batch")) : Batch(10);
  };
  EXPECT_EQ(Follow({}).end, FollowEnd::kFinal);
}

TEST_F(BatchFollowTest, GivesUpAfterTheTimeout) {
  view_.show = [](int) { return Batch(3); };
  const SteadyTime start = clock_.Now();
  FollowOptions options;
  options.timeout = seconds(5);
  const FollowResult result = Follow(options);
  EXPECT_EQ(result.end, FollowEnd::kTimeout);
  EXPECT_EQ(result.batch->succeeded, 3u);
  EXPECT_EQ(clock_.Now() - start, seconds(5));
}

TEST_F(BatchFollowTest, StopsWhenAsked) {
  view_.show = [](int) { return Batch(3); };
  stop_after_ = 7;
  EXPECT_EQ(Follow({}).end, FollowEnd::kInterrupted);
}

// Five looks are a second.
TEST_F(BatchFollowTest, SaysOnceWhyNothingFinishes) {
  view_.show = [](int look) { return Batch(look < 500 ? 3 : 10); };
  EXPECT_EQ(Follow({}).end, FollowEnd::kFinal);
  EXPECT_EQ(CountOf("nothing has finished after 15 s: nobody works"), 1) << err_.str();
  EXPECT_EQ(CountOf("nobody works"), 1);
  EXPECT_EQ(asked_, 6) << "the answer may change";
}

TEST_F(BatchFollowTest, SaysWhenTheReasonIsAnotherOne) {
  reason_ = [](int time) { return time < 3 ? "no broker answers" : "nobody works"; };
  view_.show = [](int look) { return Batch(look < 500 ? 3 : 10); };
  EXPECT_EQ(Follow({}).end, FollowEnd::kFinal);
  EXPECT_EQ(CountOf("after 15 s: no broker answers"), 1);
  EXPECT_EQ(CountOf("after 45 s: nobody works"), 1) << err_.str();
}

TEST_F(BatchFollowTest, DoesNotCallARebuildAStandstillOfTheItems) {
  view_.state = [](int look) { return look < 100 ? ViewState::kRebuilding : ViewState::kReady; };
  view_.show = [](int look) { return Batch(look < 100 ? 3 : 10); };
  EXPECT_EQ(Follow({}).end, FollowEnd::kFinal);
  EXPECT_EQ(CountOf("Redis is not complete yet after 15 s: nobody works"), 1) << err_.str();
  EXPECT_EQ(CountOf("nothing has finished"), 0);
}

TEST_F(BatchFollowTest, AsksForNoReasonWhileItemsFinish) {
  // One more item every 14 seconds.
  view_.show = [](int look) { return Batch(static_cast<std::uint64_t>(look) / 70); };
  EXPECT_EQ(Follow({}).end, FollowEnd::kFinal);
  EXPECT_EQ(asked_, 0);
}

TEST_F(BatchFollowTest, GivesUpWhenRedisNeverAnswers) {
  view_.state = [](int) -> Result<ViewState> { return Transient("redis at x: refused"); };
  const SteadyTime start = clock_.Now();
  const FollowResult result = Follow({});
  EXPECT_EQ(result.end, FollowEnd::kUnreachable);
  EXPECT_EQ(result.problem, "redis at x: refused");
  EXPECT_LE(clock_.Now() - start, seconds(10));
}

TEST_F(BatchFollowTest, KeepsTryingWhenRedisGoesAwayAndSaysItOncePerOutage) {
  view_.state = [](int look) -> Result<ViewState> {
    if (look == 5 || (look > 10 && look < 300)) return Transient("redis at x: refused");
    return ViewState::kReady;
  };
  view_.show = [](int look) { return Batch(look < 310 ? 3 : 10); };
  EXPECT_EQ(Follow({}).end, FollowEnd::kFinal);
  EXPECT_EQ(CountOf("still trying"), 2);
  EXPECT_EQ(CountOf("Redis answers again"), 2);
  EXPECT_EQ(asked_, 0) << "silence of Redis says nothing about the workers";
}

}  // namespace
}  // namespace headrace::cli
