#pragma once

#include <memory>

#include "common/base/result.h"
#include "common/ports/outcome_store.h"
#include "common/redis/redis_settings.h"

namespace headrace::redis {

// Asks the server once. kInvalid for a URL that cannot work (rediss:// without TLS support, a
// malformed address) and for a server that answers and is refused, with the remedy: one that may
// evict keys, a Redis Cluster node, a wrong password, keys of another schema. A server that does
// not answer is not waited for: calls answer kTransient until it can be reached.
Result<std::unique_ptr<OutcomeStore>> OpenRedisOutcomeStore(const RedisSettings& settings);

}  // namespace headrace::redis
