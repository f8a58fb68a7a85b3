#include "worker/settlement.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/base/utf8.h"
#include "common/model/refusal_codes.h"

namespace headrace::worker {
namespace {

// Error texts come from stores and may be long; a whole record of them must fit into one message.
constexpr std::size_t kMessageBytesMax = 300;
// Once without a note, once noted, once alone.
constexpr std::uint32_t kCrashAttempts = 3;
constexpr const char* kCrashMessage = "the worker process ended each time that it was tried";

std::string Shorten(std::string message) {
  if (message.size() <= kMessageBytesMax) return message;
  return std::string(Utf8Prefix(message, kMessageBytesMax)) + "...";
}

FinishedItem ToFinished(const WorkItem& item, ItemState state) {
  return {.ref = item.write.ref,
          .project = item.write.graph->project,
          .upstream = item.upstream,
          .state = state,
          .error = {},
          .source = item.source,
          .offset = item.offset};
}

// What to send the item with once more. Its episode is named where it came out of an archive; that
// of an upstream item stands beside, because its batch is known only once a round was opened.
ItemIdHeader HeaderOf(const WorkItem& item) {
  const WriteItem& write = item.write;
  ItemIdHeader header{.ref = write.ref,
                      .accepted_at = write.accepted_at,
                      .incarnation = write.incarnation,
                      .skip = write.skip};
  const bool own = write.episode == write.ref.batch.ItemUuid(write.ref.index);
  if (!item.upstream && !own) header.episode = write.episode;
  return header;
}

}  // namespace

Settlement::Settlement(Parts parts, RetryRule retry_rule, std::string items_topic)
    : parts_(parts),
      retry_rule_(std::move(retry_rule)),
      failed_(parts.lanes),
      items_topic_(std::move(items_topic)) {}

Status Settlement::Settle(CompletedChunk& chunk) {
  parts_.observer.OnChunkDone(chunk.result, chunk.items.size());
  if (store_watch_.Note(chunk.result, parts_.clock.Now())) {
    parts_.observer.OnStore(store_watch_.is_up(), chunk.result.error);
  }
  const std::size_t answer = AnswerOf(chunk.result);
  parts_.flow.store_requests[answer].Add(chunk.took);
  if (!chunk.result.error) return Finish(chunk);
  const RetryDecision decision = Judge(chunk);
  if (decision.action == RetryDecision::Action::kFailItem) {
    const StoreError& error = *chunk.result.error;
    chunk.result.failures.push_back({0, error.code, error.message, false});
    return Finish(chunk);
  }
  parts_.flow.retries[answer] += chunk.items.size();
  parts_.held.waiting_retry += chunk.items.size();
  const SteadyTime not_before = parts_.clock.Now() + decision.delay;
  if (decision.action == RetryDecision::Action::kSplit) {
    parts_.lanes.Bisect(std::move(chunk.items), not_before);
  } else {
    parts_.lanes.PutBack(std::move(chunk.items), not_before);
  }
  return {};
}

RetryDecision Settlement::Judge(CompletedChunk& chunk) {
  const Timestamp wall_now = parts_.clock.WallNow();
  RetryCase retry{.chunk_items = chunk.items.size(),
                  .several_graphs = chunk.items.front().lane != chunk.items.back().lane};
  const StoreErrorClass error_class = chunk.result.error->error_class;
  // Otherwise the store has not tried, or it was another item's fault.
  const bool blames_items = error_class == StoreErrorClass::kTransient;
  for (WorkItem& item : chunk.items) {
    // The store has not looked at it.
    if (error_class == StoreErrorClass::kThrottled) --item.attempts;
    if (blames_items && store_watch_.WorkedSince(item.judged_at)) {
      ++item.strikes;
      retry.struck = true;
    }
    item.judged_at = parts_.clock.Now();
    retry.attempts = std::max(retry.attempts, item.attempts);
    retry.strikes = std::max(retry.strikes, item.strikes);
    retry.age =
        std::max(retry.age,
                 std::chrono::duration_cast<std::chrono::milliseconds>(wall_now - item.first_try));
  }
  return retry_rule_.Decide(*chunk.result.error, retry);
}

Status Settlement::Finish(CompletedChunk& chunk) {
  failures_.assign(chunk.items.size(), nullptr);
  for (const ItemFailure& failure : chunk.result.failures) failures_[failure.position] = &failure;
  if (chunk.result.failures.empty()) {
    parts_.lanes.Finish(chunk.items);
  } else {
    failed_.Finish(chunk.items, failures_);
  }
  const SteadyTime now = parts_.clock.Now();
  const Timestamp wall_now = parts_.clock.WallNow();
  Status status;
  for (std::size_t i = 0; i < chunk.items.size() && status.ok(); ++i) {
    WorkItem& item = chunk.items[i];
    parts_.flow.end_to_end.Add(wall_now - item.write.accepted_at);
    const ItemFailure* failure = failures_[i];
    if (failure != nullptr && !failure->canceled) {
      status = Fail(item, item.write.graph->ToString(), item.write.payload,
                    {failure->code, failure->message, item.attempts});
    } else {
      const ItemState state = failure != nullptr ? ItemState::kCanceled
                              : item.write.skip  ? ItemState::kSkipped
                                                 : ItemState::kSucceeded;
      ++outcomes_[static_cast<std::size_t>(state)];
      MoveToReported(item);
      status = parts_.reporter.Report(ToFinished(item, state), now);
    }
    parts_.payloads.Give(std::move(item.write.payload));
  }
  CountOutcomes();
  return status;
}

void Settlement::MoveToReported(const WorkItem& item) {
  --parts_.held.items;
  parts_.held.bytes -= item.bytes();
  ++parts_.held.reported;
}

// Once a chunk, because a shared counter costs more than a local one.
void Settlement::CountOutcomes() {
  for (std::size_t state = 0; state < outcomes_.size(); ++state) {
    const std::size_t count = std::exchange(outcomes_[state], 0);
    if (count > 0) parts_.observer.OnOutcome(static_cast<ItemState>(state), count);
  }
}

Status Settlement::Refuse(const WorkItem& item, const Record& record, ItemError error) {
  return Fail(item, record.key, record.value, std::move(error));
}

Status Settlement::GiveUp(WorkItem& item) {
  const WriteItem& write = item.write;
  log::Warn("item_given_up", {{"batch", write.ref.batch.ToString()},
                              {"index", write.ref.index},
                              {"partition", item.source.partition},
                              {"offset", item.offset},
                              {"reason", kCrashMessage}});
  failed_.Add(item);
  Status status = Fail(item, write.graph->ToString(), write.payload,
                       {std::string(codes::kCrash), kCrashMessage, kCrashAttempts});
  parts_.payloads.Give(std::move(item.write.payload));
  return status;
}

Status Settlement::Fail(const WorkItem& item, std::string_view key, std::string_view payload,
                        ItemError error) {
  error.message = Shorten(std::move(error.message));
  parts_.observer.OnOutcome(ItemState::kFailed, 1);
  parts_.observer.OnDeadLetter(error);
  MoveToReported(item);
  FinishedItem finished = ToFinished(item, ItemState::kFailed);
  finished.error = error;
  const Timestamp now = parts_.clock.WallNow();
  // When a process that ended had tried it first, no note says: there may be hundreds in one.
  const bool timed = item.first_try != Timestamp{} || error.code == codes::kCrash;
  const DeadLetter letter{.key = key,
                          .value = payload,
                          .project = item.write.graph->project,
                          .id = HeaderOf(item),
                          .episode = item.write.episode,
                          .error = std::move(error),
                          .first_try = timed ? item.first_try : now,
                          .last_try = now,
                          .origin_topic = items_topic_,
                          .source = item.source,
                          .offset = item.offset};
  return parts_.reporter.ReportFailed(std::move(finished), letter);
}

}  // namespace headrace::worker
