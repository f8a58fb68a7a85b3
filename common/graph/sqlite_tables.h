#pragma once

namespace headrace::graph {

// The statements that create version kSqliteSchemaVersion in an empty file.
extern const char* const kSqliteTables;

}  // namespace headrace::graph
