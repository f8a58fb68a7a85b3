#include "common/redis/redis_keys.h"

namespace headrace::redis {
namespace {

std::string Tagged(std::string_view prefix, std::string_view tag, std::string_view name) {
  std::string key(prefix);
  return key.append("{").append(tag).append("}:").append(name);
}

std::string Field(std::string_view start, std::string_view topic, std::int32_t partition) {
  std::string field(start);
  return field.append(topic).append(":").append(std::to_string(partition));
}

}  // namespace

BatchKeys::BatchKeys(std::string_view prefix, const BatchId& id)
    : batch(Tagged(prefix, id.ToString(), "batch")),
      states(Tagged(prefix, id.ToString(), "states")),
      errors(Tagged(prefix, id.ToString(), "errors")),
      error_codes(Tagged(prefix, id.ToString(), "error_codes")),
      error_index(Tagged(prefix, id.ToString(), "error_index")),
      error_names(Tagged(prefix, id.ToString(), "error_names")),
      retries(Tagged(prefix, id.ToString(), "retries")) {}

std::string ProjectBatchesKey(std::string_view prefix, std::string_view project) {
  return Tagged(prefix, project, "batches");
}

std::string ProjectUpstreamKey(std::string_view prefix, std::string_view project) {
  return Tagged(prefix, project, "upstream");
}

std::string MetaKey(std::string_view prefix) { return std::string(prefix).append("meta"); }

std::string MarkField(std::string_view topic, std::int32_t partition) {
  return Field(kMarkPrefix, topic, partition);
}

std::string RebuildingField(std::string_view topic, std::int32_t partition) {
  return Field(kRebuildingPrefix, topic, partition);
}

}  // namespace headrace::redis
