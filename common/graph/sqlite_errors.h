// What SQLite's result codes ask of the worker and of other callers.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/graph/sqlite_handles.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// The statement failed because of its values; the transaction goes on without it.
bool IsItemError(SqliteCode code);

// Of a chunk as a whole.
StoreError ChunkErrorOf(SqliteCode code, const std::string& message);

// Of opening, reading and erasing.
Error CallErrorOf(SqliteCode code, const std::string& message);

}  // namespace headrace::graph
