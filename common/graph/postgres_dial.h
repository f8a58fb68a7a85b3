// Opens sessions with a PostgreSQL server.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/graph/postgres_errors.h"
#include "common/graph/postgres_patience.h"

struct pg_conn;

namespace headrace::graph {

struct CloseSession {
  void operator()(pg_conn* raw) const;
};
using PostgresSession = std::unique_ptr<pg_conn, CloseSession>;

struct Dialed {
  PostgresSession session;  // open, and no call of libpq waits for it
  std::optional<PostgresError> error;
};

// Tries the hosts of `conninfo` (a URL of libpq's) one after the other, each address for no longer
// than connect_timeout, until one is what is looked for. Gives up at once when the patience is
// over, but for the resolver of names, which knows limits of its own.
Dialed Dial(const std::string& conninfo, const PostgresPatience& patience);

}  // namespace headrace::graph
