// The SQLite store's file: opening it, and its tables. docs/stores.md describes them to operators.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/graph/sqlite_handles.h"
#include "common/graph/sqlite_settings.h"
#include "common/graph/store_migration.h"

namespace headrace::graph {

inline constexpr std::int64_t kSqliteSchemaVersion = 2;

// Opens the file, creating it and its tables where they are missing and bringing older ones up to
// date; several processes may do so at once. kInvalid when there can be no file at that path;
// kPermanent when the file is not ours or of a newer version.
Result<std::unique_ptr<Connection>> OpenSqliteDatabase(const SqliteSettings& settings);

// Says what opening the file does to its tables, and does it unless `dry_run`.
Result<MigrationReport> MigrateSqliteFile(const SqliteSettings& settings, bool dry_run);

}  // namespace headrace::graph
