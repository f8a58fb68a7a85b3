// The URL that names a graph store: `SCHEME:LOCATION[?NAME=VALUE[&NAME=VALUE…]]`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace headrace::graph {

// Failures that an operator wants to see before they happen for real. They decorate any store, in
// every build: a drill that needs another binary rehearses another system.
struct RehearsalSettings {
  std::chrono::milliseconds delay{0};  // of every item; items of one graph wait one after the other
  std::string fail_on;     // an item whose payload contains this text fails; empty: none
  std::string crash_on;    // such an item ends the process; empty: none
  std::uint32_t rate = 0;  // items a second, above which chunks are refused as throttled; 0: any
  std::string rate_file;   // shares the rate with the processes of this host that name it as well

  bool any() const {
    return delay.count() > 0 || !fail_on.empty() || !crash_on.empty() || rate > 0;
  }
};

struct UrlParameter {
  std::string name;
  std::string value;
  std::string raw;  // NAME=VALUE as it stands in the URL
};

struct StoreUrl {
  std::string scheme;
  std::string location;      // what the scheme makes of it: a path, an address
  std::string raw_location;  // the same before it was percent-decoded
  RehearsalSettings rehearsal;
  std::vector<UrlParameter> parameters;  // the scheme's own, in order
};

// Location and values are percent-decoded. kInvalid for a text that is no such URL; which schemes
// and parameters there are is make_store's business. What it says quotes no value: one may be a
// password.
Result<StoreUrl> ParseStoreUrl(std::string_view text);

// kInvalid if the URL has parameters beside the rehearsal's, which are named.
Status RefuseParameters(const StoreUrl& url);

}  // namespace headrace::graph
