// From a store URL to what libpq gets and what we keep.
#pragma once

#include "common/base/result.h"
#include "common/graph/postgres_settings.h"
#include "common/graph/store_url.h"

namespace headrace::graph {

// Our own parameters are schema, connections and timeout; all others are libpq's, which judges
// them here without connecting. kInvalid with a sentence that holds nothing secret.
Result<PostgresSettings> PostgresSettingsOf(const StoreUrl& url);

}  // namespace headrace::graph
