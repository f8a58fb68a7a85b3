// Which batches exist: a reader of the journal that keeps project and size of each batch in
// memory, so that the worker can tell a record of an unknown batch without asking Redis.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/mutex.h"
#include "common/model/batch_fact.h"
#include "common/ports/event_log.h"

namespace headrace::accounting {

struct KnownBatch {
  std::string project;
  std::optional<std::uint64_t> index_end;  // one past the highest index, once known
  bool upstream = false;  // an implicit batch, known because some of its items are tried again
  bool archived = false;  // its items come out of an archive and name their episodes
};

// Owned and called by one thread. About 100 bytes a batch.
class BatchDirectory {
 public:
  // `journal` is a private reader of the journal topic alone (topic number 0).
  explicit BatchDirectory(std::unique_ptr<EventConsumer> journal);

  // What is known of a batch without reading; null: nothing yet. Valid until the next call of
  // another function.
  const KnownBatch* Known(const BatchId& batch) const;
  // Finds a batch. If it is not known yet, reads the journal up to its present end first, waiting
  // at most `timeout`. kNotFound: the batch does not exist. kTransient: the journal could not be
  // read far enough to tell. kPermanent: nor will it, before this program is updated.
  Result<KnownBatch> Find(const BatchId& batch, std::chrono::milliseconds timeout);

 private:
  Status ReadOnce(std::chrono::milliseconds timeout);
  void Take(const Record& record);
  void Learn(const BatchFact& fact);
  bool HasReached(const std::vector<std::int64_t>& ends) const;

  std::unique_ptr<EventConsumer> journal_;
  std::unordered_map<BatchId, KnownBatch, UuidHash> batches_;
  std::unordered_map<std::int32_t, std::int64_t> next_offsets_;  // by partition
  std::vector<Record> records_;
  // Set for good by a record of an unknown version: whatever is not known now may stand there.
  Status broken_;
};

}  // namespace headrace::accounting
