#pragma once

#include "common/base/result.h"

namespace headrace {

// A part with a life of its own, usually a thread. Start returns when it runs or has failed; Stop
// is idempotent, safe before Start, and returns when the part is done.
class Service {
 public:
  virtual ~Service() = default;
  virtual Status Start() = 0;
  virtual void Stop() = 0;
};

}  // namespace headrace
