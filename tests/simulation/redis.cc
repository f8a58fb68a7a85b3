#include "tests/simulation/redis.h"

#include <set>
#include <utility>

#include "common/model/outcome.h"

namespace headrace::simulation {
namespace {

constexpr std::size_t kRememberedMax = 6;

struct Winner {
  ItemState state = ItemState::kNone;
  std::uint8_t round = 0;
  std::set<ItemState>
      also;  // said later in the same round, by a worker that had lost its partition
};
using Winners = std::map<std::pair<BatchId, std::uint32_t>, Winner>;

void Count(Winners& winners, const OutcomeRecord& record, std::uint32_t index, ItemState state) {
  Winner& winner = winners[{record.batch, index}];
  // A newer round replaces, within a round the first stands.
  if (winner.state == ItemState::kNone || record.round > winner.round) {
    winner = {state, record.round, {}};
  } else if (record.round == winner.round) {
    winner.also.insert(state);
  }
}

void Count(Winners& winners, const OutcomeRecord& record) {
  const auto each = [&](const std::vector<IndexRange>& ranges, ItemState state) {
    for (const IndexRange& range : ranges) {
      for (std::uint32_t i = range.first; i <= range.last; ++i) Count(winners, record, i, state);
    }
  };
  // In the order of states, as stores take them: a record may hold an item that was given up and
  // its copy of a resumed load.
  each(record.succeeded, ItemState::kSucceeded);
  for (const FailedItem& item : record.failed) {
    Count(winners, record, item.index, ItemState::kFailed);
  }
  each(record.skipped, ItemState::kSkipped);
  each(record.canceled, ItemState::kCanceled);
}

Winners Recount(const Cluster& cluster, std::int32_t partition, std::int64_t end) {
  Winners winners;
  for (std::int64_t offset = 0; offset < end; ++offset) {
    const StoredRecord* stored = cluster.Read(kOutcomesTopic, partition, offset);
    if (stored == nullptr) continue;
    const auto record = DecodeOutcomeRecord(stored->value);
    if (record.ok()) Count(winners, *record);
  }
  return winners;
}

}  // namespace

void Redis::Remember() {
  remembered_.push_back(store.Save());
  if (remembered_.size() > kRememberedMax) remembered_.pop_front();
}

void Redis::Lose() {
  const bool all = remembered_.empty() || stage_.random.Chance(300);
  stage_.trace.Note("redis_loses", {{"all", all}});
  lost_ = true;
  if (all) {
    store.Load({});
    remembered_.clear();
    return;
  }
  ++restarts;
  const std::size_t kept = stage_.random.Below(remembered_.size());
  store.Load(remembered_[kept]);
  remembered_.resize(kept);
}

void Redis::CheckAgainstTopic(bool to_end) const {
  const auto contents = store.Save();
  for (int partition = 0; partition < stage_.cluster.Partitions(kOutcomesTopic); ++partition) {
    const std::int64_t end = stage_.cluster.End(kOutcomesTopic, partition);
    const auto mark = contents.marks.find({kOutcomesTopic, partition});
    const std::int64_t applied = mark == contents.marks.end() ? 0 : mark->second;
    if (applied > end || (to_end && applied != end)) {
      Checker::Fail("the projector's mark is right",
                    "it stands at " + std::to_string(applied) + " of " + std::to_string(end));
    }
    for (const auto& [item, winner] : Recount(stage_.cluster, partition, applied)) {
      const auto batch = contents.batches.find(item.first);
      const auto* found = batch == contents.batches.end() ? nullptr : &batch->second;
      const auto state =
          found == nullptr ? decltype(found->items.begin()){} : found->items.find(item.second);
      const bool same = found != nullptr && state != found->items.end() &&
                        (state->second.round > winner.round ||
                         (state->second.round == winner.round &&
                          (state->second.state == winner.state ||
                           (lost_ && winner.also.contains(state->second.state)))));
      if (!same) {
        Checker::Fail("states in Redis equal a recount of the outcomes topic",
                      "item " + std::to_string(item.second) + " of batch " +
                          item.first.ToString().substr(0, 8) + ", mark " + std::to_string(applied));
      }
    }
  }
}

Status RedisConnection::Begin() {
  Host::Call(&host_);
  if (stage_.clock.Now() < redis_.away_until) return Transient("Redis is away");
  if (std::exchange(restarts_seen_, redis_.restarts) != redis_.restarts) {
    return Transient("the connection broke");
  }
  if (stage_.Strikes(stage_.plan.rates.redis_error)) return Transient("Redis did not answer");
  return {};
}

Status RedisConnection::End() {
  Host::Call(&host_);
  if (stage_.faults && stage_.random.Chance(50)) redis_.Remember();
  if (stage_.Strikes(stage_.plan.rates.redis_loss) && stage_.random.Chance(200)) redis_.Lose();
  if (std::exchange(restarts_seen_, redis_.restarts) != redis_.restarts ||
      stage_.Strikes(stage_.plan.rates.redis_error)) {
    return Transient("the answer was lost");
  }
  return {};
}

Status RedisConnection::ApplyOutcomes(std::span<const PlacedOutcome> outcomes) {
  if (Status begun = Begin(); !begun.ok()) return begun;
  for (const PlacedOutcome& outcome : outcomes) {
    // A pipeline may break in the middle.
    if (stage_.Strikes(stage_.plan.rates.redis_error)) return Transient("the pipeline broke");
    if (Status applied = redis_.store.ApplyOutcomes({&outcome, 1}); !applied.ok()) return applied;
    Host::Call(&host_);
  }
  return End();
}

Status RedisConnection::ApplyFacts(std::span<const BatchFact> facts) {
  if (Status begun = Begin(); !begun.ok()) return begun;
  if (Status applied = redis_.store.ApplyFacts(facts); !applied.ok()) return applied;
  return End();
}

Result<bool> RedisConnection::AdvanceMark(const ProjectionMark& mark,
                                          std::optional<std::int64_t> expected) {
  if (Status begun = Begin(); !begun.ok()) return begun.error();
  const auto moved = redis_.store.AdvanceMark(mark, expected);
  stage_.trace.Note("mark", {{"worker", host_.incarnation()},
                             {"partition", mark.partition},
                             {"next", mark.next_offset},
                             {"moved", moved.ok() && *moved}});
  if (Status ended = End(); !ended.ok()) return ended.error();
  return moved;
}

Result<std::optional<std::int64_t>> RedisConnection::ReadMark(const std::string& topic,
                                                              std::int32_t partition) {
  if (Status begun = Begin(); !begun.ok()) return begun.error();
  auto mark = redis_.store.ReadMark(topic, partition);
  if (Status ended = End(); !ended.ok()) return ended.error();
  return mark;
}

Status RedisConnection::SetRebuilding(const std::string& topic, std::int32_t partition,
                                      std::optional<std::int64_t> end_offset) {
  if (Status begun = Begin(); !begun.ok()) return begun;
  if (Status set = redis_.store.SetRebuilding(topic, partition, end_offset); !set.ok()) return set;
  return End();
}

Result<std::vector<std::uint8_t>> RedisConnection::ReadStates(const BatchId& batch,
                                                              const IndexRange& range) {
  if (Status begun = Begin(); !begun.ok()) return begun.error();
  auto states = redis_.store.ReadStates(batch, range);
  if (Status ended = End(); !ended.ok()) return ended.error();
  return states;
}

}  // namespace headrace::simulation
