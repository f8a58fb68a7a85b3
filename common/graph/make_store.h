// From a URL to a graph store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/graph/store_migration.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// kInvalid when OpenGraphStore would refuse the URL by its text alone. Touches nothing.
Status CheckStoreUrl(std::string_view url);

struct OpenOptions {
  bool auto_migrate = false;  // bring a database's tables up to date first, as MigrateStore does
  // Asked while a server is waited for, if set: once it says so, for good, opening ends as
  // kCancelled.
  std::function<bool()> leaving;
};

// Opens the store, and wraps it when the URL asks for rehearsed failures, which the log says at
// once. kInvalid: the URL is wrong, names a place that cannot hold a store or a user who may not,
// or what is there is not our store, or of another version; kTransient: try again; kCancelled: see
// OpenOptions.
Result<std::unique_ptr<GraphStore>> OpenGraphStore(std::string_view url,
                                                   const OpenOptions& options = {});

// Brings the store's tables to this Headrace's version, or with `dry_run` only says what is
// missing. Errors as OpenGraphStore.
Result<MigrationReport> MigrateStore(std::string_view url, bool dry_run);

}  // namespace headrace::graph
