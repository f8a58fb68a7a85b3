#include "common/graph/ndjson_url.h"

#include <utility>

#include "common/base/units.h"

namespace headrace::graph {

Result<NdjsonSettings> NdjsonSettingsOf(const StoreUrl& url) {
  NdjsonSettings settings;
  settings.directory = url.location;
  StoreUrl others = url;
  others.parameters.clear();
  for (const UrlParameter& parameter : url.parameters) {
    if (parameter.name != "rotate-bytes") {
      others.parameters.push_back(parameter);
      continue;
    }
    const auto bytes = ParseBytes(parameter.value);
    if (!bytes || *bytes == 0) {
      return Invalid("store URL: rotate-bytes is a size such as 256MiB");
    }
    settings.rotate_bytes = *bytes;
  }
  if (Status refused = RefuseParameters(others); !refused.ok()) {
    return Invalid(refused.error().message + ", and rotate-bytes=SIZE for ndjson:DIR");
  }
  return settings;
}

}  // namespace headrace::graph
