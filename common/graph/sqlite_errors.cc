#include "common/graph/sqlite_errors.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace headrace::graph {
namespace {

struct CodeClass {
  int code;  // primary result code
  std::string_view name;
  StoreErrorClass error_class;
};

// An unknown outcome (an error while committing) is transient as well: every write is idempotent.
constexpr std::array kClasses{
    CodeClass{SQLITE_BUSY, "sqlite_busy", StoreErrorClass::kTransient},
    CodeClass{SQLITE_LOCKED, "sqlite_locked", StoreErrorClass::kTransient},
    CodeClass{SQLITE_IOERR, "sqlite_io", StoreErrorClass::kTransient},
    CodeClass{SQLITE_NOMEM, "sqlite_memory", StoreErrorClass::kTransient},
    CodeClass{SQLITE_INTERRUPT, "sqlite_interrupted", StoreErrorClass::kTransient},
    CodeClass{SQLITE_PROTOCOL, "sqlite_protocol", StoreErrorClass::kTransient},
    CodeClass{SQLITE_FULL, "sqlite_full", StoreErrorClass::kThrottled},
    CodeClass{SQLITE_CORRUPT, "sqlite_corrupt", StoreErrorClass::kFatal},
    CodeClass{SQLITE_NOTADB, "sqlite_not_a_database", StoreErrorClass::kFatal},
    CodeClass{SQLITE_CANTOPEN, "sqlite_cannot_open", StoreErrorClass::kFatal},
    CodeClass{SQLITE_READONLY, "sqlite_read_only", StoreErrorClass::kFatal},
    CodeClass{SQLITE_PERM, "sqlite_permission", StoreErrorClass::kFatal},
    CodeClass{SQLITE_AUTH, "sqlite_permission", StoreErrorClass::kFatal},
};
// Whatever else there is (a table that somebody dropped, misuse) does not go away by repeating.
constexpr CodeClass kOther{SQLITE_ERROR, "sqlite_error", StoreErrorClass::kFatal};

// A full disk is noticed by people, not by retries.
constexpr std::chrono::milliseconds kRetryWhenFull{5'000};

int PrimaryCode(SqliteCode code) { return code & 0xff; }

const CodeClass& ClassOf(SqliteCode code) {
  const auto found = std::find_if(kClasses.begin(), kClasses.end(), [&](const CodeClass& known) {
    return known.code == PrimaryCode(code);
  });
  return found == kClasses.end() ? kOther : *found;
}

std::string Sentence(SqliteCode code, const std::string& message) {
  return "SQLite: " + message + " (code " + std::to_string(code) + ")";
}

}  // namespace

bool IsItemError(SqliteCode code) {
  const int primary = PrimaryCode(code);
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
}

StoreError ChunkErrorOf(SqliteCode code, const std::string& message) {
  const CodeClass& known = ClassOf(code);
  StoreError error{known.error_class, std::string(known.name), Sentence(code, message), {}};
  if (known.error_class == StoreErrorClass::kThrottled) error.retry_after = kRetryWhenFull;
  return error;
}

Error CallErrorOf(SqliteCode code, const std::string& message) {
  std::string sentence = Sentence(code, message);
  return ClassOf(code).error_class == StoreErrorClass::kFatal ? Permanent(std::move(sentence))
                                                              : Transient(std::move(sentence));
}

}  // namespace headrace::graph
