#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/ports/outcome_store.h"
#include "common/redis/redis_settings.h"

namespace headrace::redis {

// kInvalid for a URL that cannot work (rediss:// without TLS support, a malformed address). It does
// not wait for Redis: calls answer kTransient until it can be reached.
Result<std::unique_ptr<OutcomeStore>> OpenRedisOutcomeStore(const RedisSettings& settings);

}  // namespace headrace::redis
