// What PostgreSQL's errors ask of the worker and of other callers. SQLSTATEs decide, not texts.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

struct PostgresError {
  std::string sqlstate;  // empty: none came, the connection failed
  std::string message;   // one line
};

// Our own, raised by apply_chunk.
inline constexpr std::string_view kFencedState = "HR001";
// Our own, of a connection: with these settings it can never be made.
inline constexpr std::string_view kUnusableState = "HR002";

// What libpq says of a connection, in one line.
std::string OneLine(std::string_view text);

// Of a chunk as a whole.
StoreError ChunkErrorOf(const PostgresError& error);

// The statement failed because of an item's values.
bool IsItemError(const PostgresError& error);

// The server will not do what was asked on this connection, but may on a new one: it is going down,
// or is a standby by now.
bool NeedsNewConnection(const PostgresError& error);

// Of opening, reading and erasing.
Error CallErrorOf(const PostgresError& error);

}  // namespace headrace::graph
