// The schema's version: checking it, and bringing it up to date.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/graph/postgres_connection.h"
#include "common/graph/store_migration.h"

namespace headrace::graph {

// kPermanent when the schema is missing or of another version than this Headrace's, kInvalid when
// the database is not UTF-8; with what to do about it.
Status CheckPostgresSchema(PostgresConnection& connection);

// Applies what is missing, each version in a transaction of its own; several processes may do so at
// once. `dry_run` only says what that would be. kPermanent when the schema is newer than we are,
// kInvalid as above.
Result<MigrationReport> MigratePostgres(PostgresConnection& connection, bool dry_run);

}  // namespace headrace::graph
