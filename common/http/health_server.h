// A small HTTP server for operators: /metrics, /healthz and /readyz, nothing else.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "common/base/service.h"

namespace headrace::http {

// Called from the server's thread; each must answer at once.
struct HealthChecks {
  std::function<std::string()> metrics;    // text exposition format 0.0.4
  std::function<bool()> alive;             // false: the process should be restarted
  std::function<std::string()> not_ready;  // why not; empty when ready
};

class HealthServer : public Service {
 public:
  // host:port that it listens on; after Start.
  virtual std::string address() const = 0;
};

// `listen` is host:port; port 0 picks a free one. kInvalid for anything else, kTransient when the
// address is in use. Connections have 5 s to ask and to read the answer; at most 64 are open.
Result<std::unique_ptr<HealthServer>> OpenHealthServer(const std::string& listen,
                                                       HealthChecks checks);

}  // namespace headrace::http
