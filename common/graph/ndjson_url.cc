#include "common/graph/ndjson_url.h"

#include <utility>

#include "common/base/units.h"

namespace headrace::graph {
namespace {

// Below that every chunk would be a file.
constexpr std::uint64_t kRotateBytesMin = std::uint64_t{4} << 10;
constexpr std::uint64_t kRotateBytesMax = std::uint64_t{1} << 40;

}  // namespace

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
    if (!bytes || *bytes < kRotateBytesMin || *bytes > kRotateBytesMax) {
      return Invalid("store URL: rotate-bytes is a size from " + FormatBytes(kRotateBytesMin) +
                     " to " + FormatBytes(kRotateBytesMax) + ", such as 256MiB");
    }
    settings.rotate_bytes = *bytes;
  }
  if (Status refused = RefuseParameters(others); !refused.ok()) {
    return Invalid(refused.error().message + ", and rotate-bytes=SIZE for ndjson:DIR");
  }
  return settings;
}

}  // namespace headrace::graph
