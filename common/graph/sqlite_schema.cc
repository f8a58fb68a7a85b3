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

constexpr int kVersion = static_cast<int>(kSqliteSchemaVersion);

std::string StepFrom(int version) {
  return version == 0 ? "2: the file and its tables" : "2: fences";
}

std::string ScriptFrom(int version) {
  if (version == 1) return std::string(kSqliteStepTo2) + "UPDATE schema_version SET version = 2;";
  return std::string(kSqliteTables) + "PRAGMA application_id = " + std::to_string(kApplicationId) +
         "; INSERT INTO schema_version (version) VALUES (" + std::to_string(kVersion) + ");";
}

struct Opening {
  Connection& connection;
  const SqliteSettings& settings;
  MigrationReport report = {0, kVersion, {}};

  Error LastError(SqliteCode code) const { return CallErrorOf(code, connection.LastMessage()); }

  // The only column of the first row.
  Result<std::string> Ask(const char* sql) const {
    Statement statement(connection, sql);
    const SqliteCode code = statement.Start().Step();
    if (code != kSqliteRow) return LastError(code);
    return std::string(statement.row().Text(0));
  }

  // 0: there are no tables yet. These are looked at first: another process may create them, and
  // with them the id, between the two looks.
  Result<int> Version() const {
    auto tables = Ask("SELECT count(*) FROM sqlite_master");
    if (!tables.ok()) return std::move(tables).error();
    auto id = Ask("PRAGMA application_id");
    if (!id.ok()) return std::move(id).error();
    if (*id == "0" && *tables == "0") return 0;
    if (*id != std::to_string(kApplicationId)) {
      return Permanent("the file belongs to another program");
    }
    auto version = Ask("SELECT version FROM schema_version");
    if (!version.ok()) return std::move(version).error();
    for (int known = 1; known <= kVersion; ++known) {
      if (*version == std::to_string(known)) return known;
    }
    return Permanent("the file has schema version " + *version + ", this Headrace knows version " +
                     std::to_string(kVersion) + "; use a newer Headrace");
  }

  // One file belongs to one host, so that nobody has to be asked for it.
  Status BringUpToDate() {
    SqliteCode code = connection.Run("BEGIN IMMEDIATE");
    if (code != kSqliteOk) return LastError(code);
    // Another process may have been faster.
    auto version = Version();
    if (!version.ok()) return std::move(version).error();
    if (*version < kVersion) {
      report.steps.push_back(StepFrom(*version));
      code = connection.Run(ScriptFrom(*version).c_str());
    }
    if (code == kSqliteOk) code = connection.Run("COMMIT");
    return code == kSqliteOk ? Status() : Status(LastError(code));
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

  Status Prepare() {
    if (SqliteCode code = connection.Run(kConnectionPragmas); code != kSqliteOk) {
      return LastError(code);
    }
    auto version = Version();
    if (!version.ok()) return std::move(version).error();
    report.from = *version;
    if (Status wal = EnterWal(); !wal.ok()) return wal;
    return *version < kVersion ? BringUpToDate() : Status();
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

using ConnectionPtr = std::unique_ptr<Connection>;

Result<ConnectionPtr> OpenAt(const std::filesystem::path& path, const SqliteSettings& settings,
                             MigrationReport& report) {
  if (Status checked = CheckPath(path); !checked.ok()) return std::move(checked).error();
  auto connection = Connection::Open(path.string(), settings.busy_timeout);
  if (!connection.ok()) return std::move(connection).error();
  Opening opening{**connection, settings};
  if (Status prepared = opening.Prepare(); !prepared.ok()) return std::move(prepared).error();
  report = std::move(opening.report);
  return connection;
}

// Touches nothing.
Result<int> VersionAt(const std::filesystem::path& path, const SqliteSettings& settings) {
  if (Status checked = CheckPath(path); !checked.ok()) return std::move(checked).error();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return 0;
  auto connection = Connection::Open(path.string(), settings.busy_timeout);
  if (!connection.ok()) return std::move(connection).error();
  return Opening{**connection, settings}.Version();
}

// Absolute, because SQLite gives names such as ":memory:" a meaning of their own.
std::filesystem::path PathOf(const SqliteSettings& settings) {
  std::error_code failed;
  return std::filesystem::absolute(settings.path, failed);
}

Error Named(Error error, const SqliteSettings& settings) {
  return std::move(error).Prefix("sqlite store " + settings.path);
}

}  // namespace

Result<std::unique_ptr<Connection>> OpenSqliteDatabase(const SqliteSettings& settings) {
  MigrationReport report;
  auto connection = OpenAt(PathOf(settings), settings, report);
  if (connection.ok()) return connection;
  return Named(std::move(connection).error(), settings);
}

Result<MigrationReport> MigrateSqliteFile(const SqliteSettings& settings, bool dry_run) {
  MigrationReport report{0, kVersion, {}};
  if (!dry_run) {
    auto opened = OpenAt(PathOf(settings), settings, report);
    if (!opened.ok()) return Named(std::move(opened).error(), settings);
    return report;
  }
  auto version = VersionAt(PathOf(settings), settings);
  if (!version.ok()) return Named(std::move(version).error(), settings);
  report.from = *version;
  if (*version < kVersion) report.steps.push_back(StepFrom(*version));
  return report;
}

}  // namespace headrace::graph
