#include "common/redis/accounting_script.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "common/base/check.h"
#include "common/base/json_text.h"
#include "common/redis/accounting_lua.h"
#include "common/redis/outcome_spans.h"
#include "common/redis/redis_keys.h"

namespace headrace::redis {
namespace {

constexpr int kRepeatsMax = 3;  // of a pipeline whose scripts keep vanishing

std::string Joined(std::string_view a, std::string_view b) { return std::string(a).append(b); }

std::string Ttl(const RedisSettings& settings) {
  return std::to_string(std::chrono::seconds(settings.batch_ttl).count());
}

Command BatchCommand(const RedisSettings& settings, const BatchId& batch) {
  BatchKeys keys(settings.prefix, batch);
  return {"",
          "",
          "7",
          std::move(keys.batch),
          std::move(keys.states),
          std::move(keys.errors),
          std::move(keys.error_codes),
          std::move(keys.error_index),
          std::move(keys.error_names),
          std::move(keys.retries)};
}

std::string ErrorJson(const ItemError& error, std::uint8_t round) {
  std::string json = "{\"code\":";
  AppendJsonString(json, error.code);
  json.append(",\"message\":");
  AppendJsonString(json, error.message);
  json.append(",\"attempts\":").append(std::to_string(error.attempts));
  json.append(",\"round\":").append(std::to_string(round)).append("}");
  return json;
}

std::string OrEmpty(const std::optional<std::uint64_t>& number) {
  return number ? std::to_string(*number) : "";
}

std::string_view KindName(BatchFactKind kind) {
  switch (kind) {
    case BatchFactKind::kOpened:
      return "opened";
    case BatchFactKind::kDispatched:
      return "dispatched";
    case BatchFactKind::kSealed:
      return "sealed";
    case BatchFactKind::kRetryOpened:
      return "retry";
  }
  return "";
}

}  // namespace

std::string_view ScriptText(Script script) {
  static const std::string outcomes = Joined(kBatchLua, kOutcomesLua);
  static const std::string fact = Joined(kBatchLua, kFactLua);
  switch (script) {
    case Script::kApplyOutcomes:
      return outcomes;
    case Script::kApplyFact:
      return fact;
    case Script::kAdvanceMark:
      return kMarkLua;
  }
  return {};
}

std::string SortableTime(Timestamp time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(whole - day);
  char text[40];
  std::snprintf(
      text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

Step ApplyOutcomesStep(const RedisSettings& settings, const PlacedOutcome& outcome) {
  const OutcomeRecord& record = outcome.record;
  Command command = BatchCommand(settings, record.batch);
  const auto add = [&](auto value) { command.push_back(std::to_string(value)); };
  command.push_back(SortableTime(outcome.at));
  command.push_back(Ttl(settings));
  add(outcome.offset);
  command.push_back("applied:" + std::to_string(outcome.partition));
  command.push_back(record.project);
  command.push_back(record.upstream ? "1" : "0");
  add(settings.errors_per_batch_max);
  for (OutcomeSpan& span : MakeOutcomeSpans(record)) {
    add(span.first);
    add(span.length);
    command.push_back(std::move(span.bytes));
    for (const std::uint32_t count : span.counts) add(count);
    for (const FailedItem* failed : span.failed) {
      add(failed->index);
      command.push_back(failed->error.code);
      command.push_back(ErrorJson(failed->error, record.round));
    }
  }
  return {Script::kApplyOutcomes, std::move(command)};
}

Step ApplyFactStep(const RedisSettings& settings, const BatchFact& fact) {
  Command command = BatchCommand(settings, fact.batch);
  command.push_back(SortableTime(fact.at));
  command.push_back(Ttl(settings));
  command.emplace_back(KindName(fact.kind));
  command.push_back(fact.project);
  command.push_back(OrEmpty(fact.item_count));
  command.push_back(OrEmpty(fact.index_end));
  command.push_back(OrEmpty(fact.rejected));
  command.push_back(OrEmpty(fact.dispatched));
  command.push_back(fact.source_sha256);
  command.push_back(fact.metadata);
  command.push_back(std::to_string(fact.round));
  command.push_back(fact.upstream ? "1" : "0");
  for (const IndexRange& range : fact.indexes) {
    command.push_back(std::to_string(range.first));
    command.push_back(std::to_string(range.last));
  }
  return {Script::kApplyFact, std::move(command)};
}

Step AdvanceMarkStep(const RedisSettings& settings, const ProjectionMark& mark,
                     std::optional<std::int64_t> expected) {
  return {Script::kAdvanceMark,
          {"", "", "1", MetaKey(settings.prefix), MarkField(mark.topic, mark.partition),
           RebuildingField(mark.topic, mark.partition), std::to_string(mark.next_offset),
           expected ? std::to_string(*expected) : "", std::string(kSchemaField),
           std::string(kSchemaVersion)}};
}

Result<std::vector<Reply>> ScriptRunner::Run(std::vector<Step> steps) {
  if (digests_[0].empty()) {
    if (Status status = LoadScripts(); !status.ok()) return std::move(status).error();
  }
  std::vector<Command> commands;
  commands.reserve(steps.size());
  for (Step& step : steps) {
    if (step.script) {
      step.command[0] = "EVALSHA";
      step.command[1] = digests_[static_cast<std::size_t>(*step.script)];
    }
    commands.push_back(std::move(step.command));
  }
  for (int attempt = 0;; ++attempt) {
    auto replies = connection_.Pipeline(commands);
    if (!replies.ok()) return std::move(replies).error();
    const auto failed = std::ranges::find(*replies, Reply::Kind::kError, &Reply::kind);
    if (failed == replies->end()) return replies;
    if (!failed->text.starts_with("NOSCRIPT") || attempt == kRepeatsMax) {
      return connection_.ErrorOf(*failed);
    }
    if (Status status = LoadScripts(); !status.ok()) return std::move(status).error();
  }
}

Status ScriptRunner::LoadScripts() {
  for (std::size_t i = 0; i < kScriptCount; ++i) {
    auto digest =
        connection_.Call({"SCRIPT", "LOAD", std::string(ScriptText(static_cast<Script>(i)))});
    if (!digest.ok()) return std::move(digest).error();
    CHECK(digest->kind == Reply::Kind::kString);
    digests_[i] = digest->text;
  }
  return {};
}

}  // namespace headrace::redis
