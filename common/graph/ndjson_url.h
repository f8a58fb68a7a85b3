#pragma once

#include "common/base/result.h"
#include "common/graph/ndjson_writer.h"
#include "common/graph/store_url.h"

namespace headrace::graph {

// What `ndjson:DIR[?rotate-bytes=SIZE]` asks for. kInvalid with the parameters that there are.
Result<NdjsonSettings> NdjsonSettingsOf(const StoreUrl& url);

}  // namespace headrace::graph
