#include "common/redis/redis_outcome_store.h"

#include <charconv>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/redis/accounting_script.h"
#include "common/redis/connection.h"
#include "common/redis/redis_keys.h"

namespace headrace::redis {
namespace {

// Notes the batch in its project's list. It is a step of its own, because that list lies under
// another hash tag; repeating it changes nothing.
Step ListStep(std::string key, Timestamp at, const BatchId& batch) {
  const auto score =
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  return {std::nullopt, {"ZADD", std::move(key), "NX", std::to_string(score), batch.ToString()}};
}

// The script that moves marks refuses another schema too, in case it appears later.
Status CheckSchema(Connection& connection, const RedisSettings& settings) {
  auto reply = connection.Call({"HGET", MetaKey(settings.prefix), std::string(kSchemaField)});
  if (!reply.ok()) return std::move(reply).error();
  if (reply->IsNil() || reply->text == kSchemaVersion) return {};
  return connection.ErrorOf({.kind = Reply::Kind::kError,
                             .text = "the keys under " + settings.prefix + " have schema " +
                                     reply->text + ", this version writes schema " +
                                     std::string(kSchemaVersion) +
                                     "; run the Headrace that wrote them, set redis.prefix to "
                                     "another prefix, or delete these keys: they are rebuilt"});
}

// Owns the connection. Driven by the projector's thread.
class RedisOutcomeStore final : public OutcomeStore {
 public:
  RedisOutcomeStore(const RedisSettings& settings, std::unique_ptr<Connection> connection)
      : settings_(settings), connection_(std::move(connection)), runner_(*connection_) {}

  Status ApplyOutcomes(std::span<const PlacedOutcome> outcomes) override {
    std::vector<Step> steps;
    std::set<BatchId> listed;
    for (const PlacedOutcome& outcome : outcomes) {
      const OutcomeRecord& record = outcome.record;
      steps.push_back(ApplyOutcomesStep(settings_, outcome));
      if (record.upstream && listed.insert(record.batch).second) {
        steps.push_back(ListStep(ProjectUpstreamKey(settings_.prefix, record.project), outcome.at,
                                 record.batch));
      }
    }
    return RunAll(std::move(steps));
  }

  Status ApplyFacts(std::span<const BatchFact> facts) override {
    std::vector<Step> steps;
    for (const BatchFact& fact : facts) {
      steps.push_back(ApplyFactStep(settings_, fact));
      if (fact.kind == BatchFactKind::kOpened) {
        steps.push_back(
            ListStep(ProjectBatchesKey(settings_.prefix, fact.project), fact.at, fact.batch));
      }
    }
    return RunAll(std::move(steps));
  }

  Result<bool> AdvanceMark(const ProjectionMark& mark,
                           std::optional<std::int64_t> expected) override {
    std::vector<Step> steps;
    steps.push_back(AdvanceMarkStep(settings_, mark, expected));
    auto replies = runner_.Run(std::move(steps));
    if (!replies.ok()) return std::move(replies).error();
    return replies->at(0).integer == 1;
  }

  Result<std::optional<std::int64_t>> ReadMark(const std::string& topic,
                                               std::int32_t partition) override {
    auto reply =
        connection_->Call({"HGET", MetaKey(settings_.prefix), MarkField(topic, partition)});
    if (!reply.ok()) return std::move(reply).error();
    if (reply->IsNil()) return std::optional<std::int64_t>();
    std::int64_t offset = 0;
    const char* const end = reply->text.data() + reply->text.size();
    if (std::from_chars(reply->text.data(), end, offset).ptr != end) {
      return Invalid("the mark of " + topic + " in " + MetaKey(settings_.prefix) +
                     " is not a number");
    }
    return std::optional<std::int64_t>(offset);
  }

  Status SetRebuilding(const std::string& topic, std::int32_t partition,
                       std::optional<std::int64_t> end_offset) override {
    Command command{end_offset ? "HSET" : "HDEL", MetaKey(settings_.prefix),
                    RebuildingField(topic, partition)};
    if (end_offset) command.push_back(std::to_string(*end_offset));
    auto reply = connection_->Call(command);
    if (!reply.ok()) return std::move(reply).error();
    return {};
  }

  Result<std::vector<std::uint8_t>> ReadStates(const BatchId& batch,
                                               const IndexRange& range) override {
    const BatchKeys keys(settings_.prefix, batch);
    auto reply = connection_->Call(
        {"GETRANGE", keys.states, std::to_string(range.first), std::to_string(range.last)});
    if (!reply.ok()) return std::move(reply).error();
    std::vector<std::uint8_t> states(reply->text.begin(), reply->text.end());
    states.resize(std::size_t{range.last} - range.first + 1, 0);
    return states;
  }

 private:
  Status RunAll(std::vector<Step> steps) {
    if (steps.empty()) return {};
    auto replies = runner_.Run(std::move(steps));
    if (!replies.ok()) return std::move(replies).error();
    return {};
  }

  const RedisSettings settings_;
  const std::unique_ptr<Connection> connection_;
  ScriptRunner runner_;
};

}  // namespace

Result<std::unique_ptr<OutcomeStore>> OpenRedisOutcomeStore(const RedisSettings& settings) {
  auto connection = Connection::Open(settings);
  if (!connection.ok()) return std::move(connection).error();
  const Status checked = CheckSchema(**connection, settings);
  if (!checked.ok() && checked.error().code == ErrorCode::kInvalid) return checked.error();
  return std::unique_ptr<OutcomeStore>(
      std::make_unique<RedisOutcomeStore>(settings, std::move(*connection)));
}

}  // namespace headrace::redis
