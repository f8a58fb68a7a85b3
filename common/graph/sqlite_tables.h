#pragma once

namespace headrace::graph {

// The statements that create version kSqliteSchemaVersion in an empty file.
extern const char* const kSqliteTables;
// From version 1 to 2.
extern const char* const kSqliteStepTo2;

}  // namespace headrace::graph
