// Facts about a batch's life, as the journal topic keeps them: each once, key batch/<id>/<fact>, or
// batch/<id>/retry/<round>/<first index> for the items that a round tries again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/ids.h"
#include "common/model/outcome.h"

namespace headrace {

// opened: the batch exists. Durable before the first of its items is produced, so that a worker
// can tell a record of an unknown batch from one that it has not heard of yet.
// dispatched: how many items have been or are about to be handed to the workers; only grows.
// sealed: no more items come; the batch may complete when `item_count` of them are final.
// retry: a new round was opened for some of its items. Durable before the first of them is produced
// again; `dispatched` is added to the same fact when all of them are in Kafka, so that a replay
// that died half-way is finished and one that did not is not repeated.
enum class BatchFactKind { kOpened, kDispatched, kSealed, kRetryOpened };

struct BatchFact {
  BatchFactKind kind = BatchFactKind::kOpened;
  BatchId batch;
  std::string project;
  Timestamp at{};
  std::optional<std::uint64_t> item_count;  // opened: when known beforehand; sealed: always
  std::optional<std::uint64_t> index_end;   // one past the highest index; like item_count
  std::optional<std::uint64_t> rejected;    // sealed: input lines that were refused
  std::optional<std::uint64_t> dispatched;  // dispatched; retry: once all items are produced
  std::string source_sha256;                // hex; opened or sealed: the input, for safe replays
  std::string metadata;                     // opened: JSON object, empty when absent
  std::uint8_t round = 0;                   // retry: 1 or higher
  bool upstream = false;                    // retry: the batch is an implicit one
  bool archived = false;            // every: items come out of an archive and name their episodes
  std::vector<IndexRange> indexes;  // retry: by index, disjoint; `item_count` items in all
};

// "batch/<uuid>/opened"; of a retry: with at least one index.
std::string BatchFactKey(const BatchFact& fact);
// Value: version byte, then JSON. Errors as DecodeOutcomeRecord; kNotFound for a journal key of
// another kind (registry entities and the like), which a reader of batch facts passes over.
std::string EncodeBatchFact(const BatchFact& fact);
Result<BatchFact> DecodeBatchFact(std::string_view key, std::string_view value);

}  // namespace headrace
