// Every name that Headrace uses in Redis; docs/redis.md explains them to operators.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/model/ids.h"

namespace headrace::redis {

// The keys of one batch share a hash tag, so that one script may touch them all.
struct BatchKeys {
  BatchKeys(std::string_view prefix, const BatchId& id);

  std::string batch;        // hash: counters, status, times
  std::string states;       // string: one byte an item
  std::string errors;       // hash: index -> JSON of the error
  std::string error_codes;  // hash: code -> count
  std::string error_index;  // string: one byte an item, its place in error_names (1-based)
  std::string error_names;  // list: the codes that this batch has seen, in order of appearance
  std::string retries;      // string: one byte an item, the highest round opened for it
};

std::string ProjectBatchesKey(std::string_view prefix, std::string_view project);
std::string ProjectUpstreamKey(std::string_view prefix, std::string_view project);
std::string MetaKey(std::string_view prefix);

// Fields of the meta key.
std::string MarkField(std::string_view topic, std::int32_t partition);
std::string RebuildingField(std::string_view topic, std::int32_t partition);
inline constexpr std::string_view kMarkPrefix = "mark:";
inline constexpr std::string_view kRebuildingPrefix = "rebuilding:";
inline constexpr std::string_view kSchemaField = "schema";
inline constexpr std::string_view kSchemaVersion = "1";

}  // namespace headrace::redis
