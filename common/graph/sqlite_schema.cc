#include "common/graph/sqlite_schema.h"

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "common/graph/sqlite_errors.h"
#include "common/graph/sqlite_tables.h"

namespace headrace::graph {
namespace {

// "HRGS" in the file's header: how we know our own files, and how file(1) can.
constexpr std::int64_t kApplicationId = 0x48524753;

// synchronous=FULL, because an item may be called succeeded only when it survives a power cut; with
// NORMAL a WAL database may lose its last transactions, and Kafka has forgotten them by then.
// The journal may grow to 64 MiB (16,000 pages) before it is copied into the file, because every
// chunk touches the same pages of the indexes: copied every thousand pages, as is the default, an
// item costs an eighth more. It is cut back after bursts so that it does not hold the disk for
// good.
constexpr const char* kConnectionPragmas =
    "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;"
    "PRAGMA wal_autocheckpoint = 16000; PRAGMA journal_size_limit = 67108864;";

constexpr int kPauseMs = 10;

enum class FileState { kEmpty, kOurs, kForeign };

struct Opening {
  Connection& connection;
  const SqliteSettings& settings;

  Error ErrorOf(SqliteCode code) const { return CallErrorOf(code, connection.LastMessage()); }

  // The only column of the first row.
  Result<std::string> Ask(const char* sql) const {
    Statement statement(connection, sql);
    const SqliteCode code = statement.Start().Step();
    if (code != kSqliteRow) return ErrorOf(code);
    return std::string(statement.row().Text(0));
  }

  // The tables first: another process may create them, and with them the id, between the two looks.
  Result<FileState> Look() const {
    auto tables = Ask("SELECT count(*) FROM sqlite_master");
    if (!tables.ok()) return std::move(tables).error();
    auto id = Ask("PRAGMA application_id");
    if (!id.ok()) return std::move(id).error();
    if (*id == std::to_string(kApplicationId)) return FileState::kOurs;
    return *id == "0" && *tables == "0" ? FileState::kEmpty : FileState::kForeign;
  }

  Status CheckVersion() const {
    auto version = Ask("SELECT version FROM schema_version");
    if (!version.ok()) return std::move(version).error();
    if (*version == std::to_string(kSqliteSchemaVersion)) return {};
    if (*version == "1") return StepTo2();
    return Permanent("the file has schema version " + *version + ", this Headrace knows version " +
                     std::to_string(kSqliteSchemaVersion) + "; use a newer Headrace");
  }

  // One file belongs to one host, so that nobody has to be asked for it.
  Status StepTo2() const {
    if (SqliteCode code = connection.Run("BEGIN IMMEDIATE"); code != kSqliteOk) {
      return ErrorOf(code);
    }
    // Another process may have been faster.
    auto version = Ask("SELECT version FROM schema_version");
    if (!version.ok()) return std::move(version).error();
    if (*version != "1") return RollBackAnd(CheckVersion());
    const std::string step =
        std::string(kSqliteStepTo2) + "UPDATE schema_version SET version = 2; COMMIT";
    const SqliteCode code = connection.Run(step.c_str());
    return code == kSqliteOk ? Status() : Status(ErrorOf(code));
  }

  // SQLite does not call the busy handler when it cannot get the exclusive lock for this change,
  // so that we wait ourselves while another process opens the same new file.
  Status EnterWal() const {
    const int tries = static_cast<int>(settings.busy_timeout.count()) / kPauseMs + 1;
    for (int left = tries;; --left) {
      auto mode = Ask("PRAGMA journal_mode = WAL");
      if (mode.ok() && *mode == "wal") return {};
      if (mode.ok()) {
        return Permanent("this file system cannot share memory between processes (WAL mode)");
      }
      if (mode.error().code != ErrorCode::kTransient || left == 0) return std::move(mode).error();
      sqlite3_sleep(kPauseMs);
    }
  }

  Status Create() const {
    if (SqliteCode code = connection.Run("BEGIN IMMEDIATE"); code != kSqliteOk) {
      return ErrorOf(code);
    }
    // Another process may have been faster.
    auto state = Look();
    if (!state.ok()) return std::move(state).error();
    if (*state == FileState::kOurs) return RollBackAnd(CheckVersion());
    if (SqliteCode code = connection.Run(kSqliteTables); code != kSqliteOk) return ErrorOf(code);
    const std::string stamp = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                              "; INSERT INTO schema_version (version) VALUES (" +
                              std::to_string(kSqliteSchemaVersion) + "); COMMIT";
    const SqliteCode code = connection.Run(stamp.c_str());
    return code == kSqliteOk ? Status() : Status(ErrorOf(code));
  }

  Status RollBackAnd(Status status) const {
    connection.RollBack();
    return status;
  }

  Status Prepare() const {
    if (SqliteCode code = connection.Run(kConnectionPragmas); code != kSqliteOk) {
      return ErrorOf(code);
    }
    auto state = Look();
    if (!state.ok()) return std::move(state).error();
    if (*state == FileState::kForeign) return Permanent("the file belongs to another program");
    if (*state == FileState::kOurs) {
      if (Status checked = CheckVersion(); !checked.ok()) return checked;
      return EnterWal();
    }
    if (Status wal = EnterWal(); !wal.ok()) return wal;
    return Create();
  }
};

// SQLite says only "unable to open database file"; people want to know why.
Status CheckPath(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.empty() || path.filename().empty()) return Invalid("a path to a file is needed");
  if (std::filesystem::is_directory(path, ignored)) return Invalid("is a directory");
  if (!std::filesystem::is_directory(path.parent_path(), ignored)) {
    return Invalid("the directory " + path.parent_path().string() + " does not exist");
  }
  return {};
}

Result<std::unique_ptr<Connection>> OpenAt(const std::filesystem::path& path,
                                           const SqliteSettings& settings) {
  if (Status checked = CheckPath(path); !checked.ok()) return std::move(checked).error();
  auto connection = Connection::Open(path.string(), settings.busy_timeout);
  if (!connection.ok()) return std::move(connection).error();
  Status prepared = Opening{**connection, settings}.Prepare();
  if (!prepared.ok()) return std::move(prepared).error();
  return connection;
}

}  // namespace

Result<std::unique_ptr<Connection>> OpenSqliteDatabase(const SqliteSettings& settings) {
  std::error_code failed;
  // Absolute, because SQLite gives names such as ":memory:" a meaning of their own.
  const std::filesystem::path path = std::filesystem::absolute(settings.path, failed);
  auto connection = OpenAt(path, settings);
  if (connection.ok()) return connection;
  return std::move(connection).error().Prefix("sqlite store " + settings.path);
}

Result<MigrationReport> MigrateSqliteFile(const SqliteSettings& settings, bool dry_run) {
  constexpr int kVersion = static_cast<int>(kSqliteSchemaVersion);
  MigrationReport report{0, kVersion, {}};
  std::error_code ignored;
  if (std::filesystem::exists(settings.path, ignored)) {
    auto connection = Connection::Open(settings.path, settings.busy_timeout);
    if (!connection.ok()) return std::move(connection).error();
    auto version = Opening{**connection, settings}.Ask("SELECT version FROM schema_version");
    if (version.ok()) report.from = version->size() == 1 ? version->front() - '0' : kVersion;
  }
  if (report.from == 0) report.steps.push_back("2: the file and its tables");
  if (report.from == 1) report.steps.push_back("2: fences");
  if (dry_run) return report;
  auto opened = OpenSqliteDatabase(settings);
  if (!opened.ok()) return std::move(opened).error();
  return report;
}

}  // namespace headrace::graph
