#include "common/graph/postgres_errors.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace headrace::graph {
namespace {

using Class = StoreErrorClass;

struct StateClass {
  std::string_view prefix;  // of the SQLSTATE
  std::string_view name;
  Class error_class;
};

// The first that fits. An unknown outcome (the connection broke while the chunk was committed) is
// transient as well: every write is idempotent.
constexpr std::array kClasses{
    StateClass{kFencedState, "fenced", Class::kFenced},
    StateClass{kUnusableState, "postgres_settings", Class::kFatal},
    StateClass{"08", "postgres_connection", Class::kTransient},
    StateClass{"40001", "postgres_serialization", Class::kTransient},
    StateClass{"40P01", "postgres_deadlock", Class::kTransient},
    StateClass{"40", "postgres_rolled_back", Class::kTransient},
    StateClass{"55P03", "postgres_lock_timeout", Class::kTransient},
    StateClass{"57014", "postgres_canceled", Class::kTransient},
    StateClass{"57P", "postgres_going_down", Class::kTransient},
    StateClass{"25006", "postgres_read_only", Class::kTransient},
    StateClass{"25", "postgres_transaction", Class::kTransient},
    StateClass{"53100", "postgres_disk_full", Class::kThrottled},
    StateClass{"53300", "postgres_too_many_connections", Class::kThrottled},
    StateClass{"53", "postgres_resources", Class::kThrottled},
    StateClass{"58", "postgres_system", Class::kTransient},
    StateClass{"XX", "postgres_internal", Class::kTransient},
    // Two chunks wrote one episode into two graphs; the next try sees it.
    StateClass{"23505", "postgres_unique", Class::kTransient},
    StateClass{"22", "postgres_data", Class::kItem},
    StateClass{"23", "postgres_constraint", Class::kItem},
    StateClass{"54000", "postgres_limit", Class::kItem},
    StateClass{"28", "postgres_authorization", Class::kFatal},
    StateClass{"3D000", "postgres_no_database", Class::kFatal},
    StateClass{"3F000", "postgres_no_schema", Class::kFatal},
};
// A table that somebody dropped, a right that is missing (42), what this server cannot do (0A):
// none goes away by repeating.
constexpr StateClass kOther{"", "postgres_error", Class::kFatal};
constexpr StateClass kNoState{"", "postgres_connection", Class::kTransient};

constexpr std::chrono::milliseconds kRetryWhenShort{2'000};

const StateClass& ClassOf(const PostgresError& error) {
  if (error.sqlstate.empty()) return kNoState;
  const auto found = std::find_if(kClasses.begin(), kClasses.end(), [&](const StateClass& known) {
    return error.sqlstate.starts_with(known.prefix);
  });
  return found == kClasses.end() ? kOther : *found;
}

std::string Sentence(const PostgresError& error) {
  std::string sentence = "PostgreSQL: " + error.message;
  const bool theirs = !error.sqlstate.empty() && error.sqlstate != kUnusableState;
  return theirs ? sentence + " (SQLSTATE " + error.sqlstate + ")" : sentence;
}

}  // namespace

// Of several tries each has a line. Left out are libpq's hints, which begin with a tab, and what
// its verbose messages say of the server's source.
std::string OneLine(std::string_view text) {
  std::string joined;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.front() == '\t' || line.starts_with("LOCATION:")) continue;
    joined += (joined.empty() ? "" : "; ") + std::string(line);
  }
  return joined.empty() ? "no answer" : joined;
}

StoreError ChunkErrorOf(const PostgresError& error) {
  const StateClass& known = ClassOf(error);
  StoreError answer{known.error_class, std::string(known.name), Sentence(error), {}};
  if (known.error_class == Class::kThrottled) answer.retry_after = kRetryWhenShort;
  return answer;
}

bool IsItemError(const PostgresError& error) { return ClassOf(error).error_class == Class::kItem; }

bool NeedsNewConnection(const PostgresError& error) {
  const std::string_view state = error.sqlstate;
  return state.empty() || state.starts_with("08") || state.starts_with("57P") ||
         state.starts_with("25");
}

Error CallErrorOf(const PostgresError& error) {
  const StateClass& known = ClassOf(error);
  if (known.name == "postgres_authorization") {
    return Invalid(Sentence(error) + "; check user and password in store / HEADRACE_STORE");
  }
  if (error.sqlstate == kUnusableState) {
    return Invalid(Sentence(error) + "; set store / HEADRACE_STORE / --store right");
  }
  if (known.name == kNoState.name) {
    return Transient(
        Sentence(error) +
        "; is it running, and does it take writes? Set store / HEADRACE_STORE / --store");
  }
  return known.error_class == Class::kFatal ? Permanent(Sentence(error))
                                            : Transient(Sentence(error));
}

}  // namespace headrace::graph
