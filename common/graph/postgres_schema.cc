#include "common/graph/postgres_schema.h"

#include <utility>

#include "common/graph/postgres_migrations.h"

namespace headrace::graph {
namespace {

// "HRGS": among the database's advisory locks the one of those who migrate.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(1213351763);";

// What the server could not keep in another encoding it would refuse item by item, and SQL_ASCII
// would keep bytes that no client could read back.
Status CheckEncoding(PostgresConnection& connection) {
  const PostgresAnswer answer = connection.Run("SELECT current_setting('server_encoding')");
  if (answer.error()) return CallErrorOf(*answer.error());
  const std::string_view encoding = answer.Bytes(0, 0);
  if (encoding == "UTF8") return {};
  return Invalid("the database is encoded in " + std::string(encoding) +
                 ", which cannot hold every text; make one that is UTF-8: createdb --encoding UTF8"
                 " --template template0 NAME");
}

constexpr const char* kDuplicateTable = "42P07";

// 0 where there is no schema.
Result<int> VersionOf(PostgresConnection& connection) {
  // to_regclass takes the name as text and knows no error for what is not there.
  PostgresAnswer there =
      connection.Run("SELECT to_regclass($1) IS NOT NULL",
                     {TextValue(connection.quoted_schema() + ".schema_version")});
  if (there.error()) return CallErrorOf(*there.error());
  if (there.Int(0, 0) == 0) return 0;
  PostgresAnswer version = connection.Run("SELECT version FROM {schema}.schema_version");
  if (version.error()) return CallErrorOf(*version.error());
  if (version.rows() != 1) return Permanent("schema_version does not hold one row");
  return static_cast<int>(version.Int(0, 0));
}

Error NewerThanUs(const PostgresConnection& connection, int version) {
  return Permanent("the schema " + connection.quoted_schema() + " has version " +
                   std::to_string(version) + ", this Headrace knows version " +
                   std::to_string(PostgresSchemaVersion()) + "; use a newer Headrace");
}

// The script looks at the version again, behind the lock: another process may have been faster.
std::string ScriptOf(const PostgresConnection& connection, const PostgresMigration& migration,
                     bool has_schema) {
  const std::string schema = connection.quoted_schema();
  std::string script = "BEGIN; " + std::string(kLock) + "SET LOCAL client_min_messages = warning;";
  if (migration.version == 1) {
    // Not even "if not exists" where it does: that takes a right on the whole database.
    if (!has_schema) script += "CREATE SCHEMA IF NOT EXISTS " + schema + ";";
    script += "CREATE TABLE " + schema + ".schema_version (version integer NOT NULL);";
    script += "INSERT INTO " + schema + ".schema_version VALUES (0);";
  }
  script += "SET LOCAL search_path = " + schema + ", pg_temp;";
  // No row, no migration: dividing by zero is the way to end a script that knows no IF.
  script += "SELECT 1 / count(*) FROM schema_version WHERE version = " +
            std::to_string(migration.version - 1) + ";";
  script += migration.sql;
  script += "UPDATE schema_version SET version = " + std::to_string(migration.version) + ";";
  return script + "COMMIT;";
}

// Whether it was us: false when another process has been faster.
Result<bool> ApplyOne(PostgresConnection& connection, const PostgresMigration& migration) {
  const PostgresAnswer schema = connection.Run("SELECT to_regnamespace($1) IS NOT NULL",
                                               {TextValue(connection.quoted_schema())});
  if (schema.error()) return CallErrorOf(*schema.error());
  const PostgresAnswer answer =
      connection.RunScript(ScriptOf(connection, migration, schema.Int(0, 0) != 0));
  if (!answer.error()) return true;
  const PostgresError failed = *answer.error();
  connection.RunScript("ROLLBACK");
  const auto version = VersionOf(connection);
  if (version.ok() && *version >= migration.version) return false;
  if (failed.sqlstate == kDuplicateTable) {
    return Permanent("the schema " + connection.quoted_schema() +
                     " holds tables of another program; name another one: ?schema=NAME");
  }
  return CallErrorOf(failed).Prefix("migration " + std::to_string(migration.version));
}

}  // namespace

Status CheckPostgresSchema(PostgresConnection& connection) {
  if (Status encoded = CheckEncoding(connection); !encoded.ok()) return encoded;
  const auto version = VersionOf(connection);
  if (!version.ok()) return version.error();
  if (*version == PostgresSchemaVersion()) return {};
  if (*version > PostgresSchemaVersion()) return NewerThanUs(connection, *version);
  const std::string found = *version == 0 ? "has no tables of Headrace's yet"
                                          : "has the older version " + std::to_string(*version);
  return Permanent("the schema " + connection.quoted_schema() + " " + found +
                   "; run: headrace store migrate (with the same store URL)");
}

Result<MigrationReport> MigratePostgres(PostgresConnection& connection, bool dry_run) {
  if (Status encoded = CheckEncoding(connection); !encoded.ok()) return encoded.error();
  const auto version = VersionOf(connection);
  if (!version.ok()) return version.error();
  if (*version > PostgresSchemaVersion()) return NewerThanUs(connection, *version);
  MigrationReport report{*version, PostgresSchemaVersion(), {}};
  for (const PostgresMigration& migration : PostgresMigrations()) {
    if (migration.version <= *version) continue;
    if (!dry_run) {
      const auto applied = ApplyOne(connection, migration);
      if (!applied.ok()) return applied.error();
      if (!*applied) continue;
    }
    report.steps.push_back(std::to_string(migration.version) + ": " + migration.what);
  }
  return report;
}

}  // namespace headrace::graph
