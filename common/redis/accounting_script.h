// The Lua scripts that account outcomes and facts, their arguments, and how they are run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/ports/outcome_store.h"
#include "common/redis/connection.h"
#include "common/redis/redis_settings.h"

namespace headrace::redis {

enum class Script { kApplyOutcomes, kApplyFact, kAdvanceMark };
inline constexpr std::size_t kScriptCount = 3;

std::string_view ScriptText(Script script);

// One command of a pipeline. With a script, `command` starts with two free places and then holds
// the number of keys, the keys and the arguments.
struct Step {
  std::optional<Script> script;
  Command command;
};

Step ApplyOutcomesStep(const RedisSettings& settings, const PlacedOutcome& outcome);
Step ApplyFactStep(const RedisSettings& settings, const BatchFact& fact);
Step AdvanceMarkStep(const RedisSettings& settings, const ProjectionMark& mark,
                     std::optional<std::int64_t> expected);

// UTC with exactly three fraction digits, so that the text sorts as the time does.
std::string SortableTime(Timestamp time);

// Runs steps with EVALSHA. A server that does not know a script (a restart, SCRIPT FLUSH) gets it
// again and the pipeline is repeated from there: the scripts are idempotent.
class ScriptRunner {
 public:
  explicit ScriptRunner(Connection& connection) : connection_(connection) {}

  // Replies in order, none of them an error: the first error reply is returned as an error, and the
  // steps after it may or may not have been executed.
  Result<std::vector<Reply>> Run(std::vector<Step> steps);

 private:
  Status LoadScripts();

  Connection& connection_;
  std::array<std::string, kScriptCount> digests_;
};

}  // namespace headrace::redis
