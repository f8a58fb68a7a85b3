#pragma once

#include <span>

namespace headrace::graph {

struct PostgresMigration {
  int version;       // counts from 1
  const char* what;  // one line, for `headrace store migrate`
  const char* sql;   // run with the schema first in the search path, in one transaction
};

// In order. One that has been released is never changed; what changes is a new one.
std::span<const PostgresMigration> PostgresMigrations();
int PostgresSchemaVersion();  // the newest

}  // namespace headrace::graph
