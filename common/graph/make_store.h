// From a URL to a graph store.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// kInvalid when OpenGraphStore would refuse the URL by its text alone. Touches nothing.
Status CheckStoreUrl(std::string_view url);

// Opens the store, and wraps it when the URL asks for rehearsed failures, which the log says at
// once. kInvalid: the URL is wrong or names a place that cannot hold a store; kPermanent: what is
// there is not our store, or of a newer Headrace; kTransient: try again.
Result<std::unique_ptr<GraphStore>> OpenGraphStore(std::string_view url);

}  // namespace headrace::graph
