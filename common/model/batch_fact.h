// Facts about a batch's life, as the journal topic keeps them: each once, key batch/<id>/<fact>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/ids.h"

namespace headrace {

// opened: the batch exists. Durable before the first of its items is produced, so that a worker
// can tell a record of an unknown batch from one that it has not heard of yet.
// dispatched: how many items have been or are about to be handed to the workers; only grows.
// sealed: no more items come; the batch may complete when `item_count` of them are final.
enum class BatchFactKind { kOpened, kDispatched, kSealed };

struct BatchFact {
  BatchFactKind kind = BatchFactKind::kOpened;
  BatchId batch;
  std::string project;
  Timestamp at{};
  std::optional<std::uint64_t> item_count;  // opened: when known beforehand; sealed: always
  std::optional<std::uint64_t> index_end;   // one past the highest index; like item_count
  std::optional<std::uint64_t> rejected;    // sealed: input lines that were refused
  std::optional<std::uint64_t> dispatched;  // dispatched
  std::string source_sha256;                // hex; opened or sealed: the input, for safe replays
  std::string metadata;                     // opened: JSON object, empty when absent
};

std::string BatchFactKey(const BatchFact& fact);  // "batch/<uuid>/opened"
// Value: version byte, then JSON. Errors as DecodeOutcomeRecord; kNotFound for a journal key of
// another kind (registry entities and the like), which a reader of batch facts passes over.
std::string EncodeBatchFact(const BatchFact& fact);
Result<BatchFact> DecodeBatchFact(std::string_view key, std::string_view value);

}  // namespace headrace
