// The SQLite store's file: opening it, and its tables. docs/stores.md describes them to operators.
#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/graph/sqlite_handles.h"
#include "common/graph/sqlite_settings.h"

namespace headrace::graph {

inline constexpr std::int64_t kSqliteSchemaVersion = 1;

// Opens the file, creating it and its tables where they are missing; several processes may do so
// at once. kInvalid when there can be no file at that path; kPermanent when the file is not ours
// or of a newer version.
Result<std::unique_ptr<Connection>> OpenSqliteDatabase(const SqliteSettings& settings);

}  // namespace headrace::graph
