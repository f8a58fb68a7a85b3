#include "producer/cli/batch_follow.h"

#include <algorithm>
#include <utility>

#include "producer/cli/batch_text.h"
#include "producer/cli/human_format.h"
#include "producer/cli/view_completeness.h"

namespace headrace::cli {
namespace {

using redis::BatchSummary;
using redis::ViewState;

class Follower {
 public:
  Follower(const FollowWorld& world, const FollowOptions& options)
      : world_(world), options_(options), started_(world.clock.Now()), moved_(started_) {}

  FollowResult Run() {
    while (true) {
      if (Look()) return std::move(result_);
      const SteadyTime now = world_.clock.Now();
      if (world_.stop()) return End(FollowEnd::kInterrupted, "interrupted");
      if (options_.timeout && now - started_ >= *options_.timeout) {
        return End(FollowEnd::kTimeout, "the batch is not finished yet");
      }
      if (reachable_ && now - std::max(moved_, asked_) >= options_.stall_hint_after) HintAtStall();
      world_.pause(options_.interval);
    }
  }

 private:
  // One look at the view. True when there is nothing left to wait for.
  bool Look() {
    Result<ViewState> state = world_.view.State();
    if (!state.ok()) return OnError(state.error());
    Result<BatchSummary> batch = world_.view.Show(options_.project, options_.id);
    if (!batch.ok() && batch.error().code != ErrorCode::kNotFound) return OnError(batch.error());
    if (!reachable_ && answered_) world_.bar.Message("Redis answers again");
    reachable_ = answered_ = true;
    const bool incomplete = *state != ViewState::kReady;
    if (!std::exchange(incomplete_told_, incomplete) && incomplete) {
      world_.bar.Message(ViewStateNote(*state));
    }
    if (!batch.ok()) return OnAbsent(*state, batch.error());
    return OnBatch(*std::move(batch));
  }

  // Only what is known, and only when that has changed: a guess would send people to the wrong
  // service.
  void HintAtStall() {
    const auto silent =
        std::chrono::duration_cast<std::chrono::seconds>(world_.clock.Now() - moved_);
    std::string reason = world_.why_stalled();
    asked_ = world_.clock.Now();
    if (reason == stall_reason_) return;
    const std::string what =
        incomplete_told_ ? "Redis is not complete yet" : "nothing has finished";
    world_.bar.Message(what + " after " + std::to_string(silent.count()) + " s: " + reason);
    stall_reason_ = std::move(reason);
  }

  bool OnBatch(BatchSummary batch) {
    const std::uint64_t finished = FinishedItems(batch);
    if (!result_.batch || FinishedItems(*result_.batch) != finished) moved_ = world_.clock.Now();
    result_.batch = std::move(batch);
    if (!result_.batch->final) {
      world_.bar.Show(Describe());
      return false;
    }
    End(FollowEnd::kFinal, "");
    return true;
  }

  bool OnAbsent(ViewState state, const Error& error) {
    if (options_.may_appear_later) return false;
    if (state == ViewState::kReady) {
      End(FollowEnd::kNotFound, error.message);
      return true;
    }
    // Redis was emptied while we looked, or a worker has just started: the batch comes back.
    const bool waited = world_.clock.Now() - started_ >= options_.patience;
    if (result_.batch || !waited) return false;
    End(FollowEnd::kIncomplete, ViewStateNote(state));
    return true;
  }

  bool OnError(const Error& error) {
    if (error.code != ErrorCode::kTransient) {
      End(FollowEnd::kUnreachable, error.message);
      return true;
    }
    const bool was_reachable = std::exchange(reachable_, false);
    if (!answered_ && world_.clock.Now() - started_ >= options_.patience) {
      End(FollowEnd::kUnreachable, error.message);
      return true;
    }
    if (was_reachable) world_.bar.Message(error.message + "; still trying");
    // Silence of Redis says nothing about the workers.
    moved_ = world_.clock.Now();
    return false;
  }

  Progress Describe() const {
    Progress progress;
    progress.label = result_.batch->status;
    progress.items = FinishedItems(*result_.batch);
    if (result_.batch->sealed) progress.items_total = result_.batch->item_count;
    if (result_.batch->failed > 0) progress.note = FormatCount(result_.batch->failed) + " failed";
    return progress;
  }

  FollowResult End(FollowEnd end, std::string problem) {
    if (result_.batch) world_.bar.Finish(Describe());
    result_.end = end;
    result_.problem = std::move(problem);
    return result_;
  }

  const FollowWorld& world_;
  const FollowOptions& options_;
  const SteadyTime started_;
  SteadyTime moved_;          // when something last finished
  SteadyTime asked_{};        // when it was last asked why nothing does
  std::string stall_reason_;  // as it was last told
  bool reachable_ = false;
  bool answered_ = false;
  bool incomplete_told_ = false;
  FollowResult result_;
};

}  // namespace

FollowResult FollowBatch(const FollowWorld& world, const FollowOptions& options) {
  return Follower(world, options).Run();
}

}  // namespace headrace::cli
