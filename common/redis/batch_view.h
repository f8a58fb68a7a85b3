// Reading batches the way a person or a program wants them: with derived numbers filled in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/ids.h"
#include "common/model/outcome.h"
#include "common/redis/redis_settings.h"

namespace headrace::redis {

// The counters always sum to item_count; pending, queued and processing are derived.
struct BatchSummary {
  std::string id;  // a batch id, or "upstream": all implicit batches of the project together
  std::string project;
  std::string
      status;  // as Zep's batch status; "loading" while it is not sealed; "open" for upstream
  std::uint64_t item_count = 0;
  std::uint64_t queued = 0;
  std::uint64_t processing = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t canceled = 0;
  std::uint64_t rejected = 0;  // input lines that were refused; not part of item_count
  std::string created_at, started_at, completed_at;  // RFC 3339, empty when not yet
  std::string metadata;                              // JSON object or empty
  std::uint64_t retrying = 0;  // failed items that are being tried again; still counted as failed
  std::uint8_t round = 0;      // the highest that was opened
  bool declared = false;       // its size was announced when it was opened
  bool sealed = false;
  bool final = false;  // completed: nothing will change without a retry
};

struct FailedBatchItem {
  std::string batch_id;  // the item's own batch: of an upstream item the implicit one
  std::uint32_t index = 0;
  ItemError error;
};

struct BatchErrors {
  std::map<std::string, std::uint64_t> count_by_code;
  // The first errors_per_batch_max of each batch, by index; of upstream the newest batch in front.
  std::vector<FailedBatchItem> items;
};

// Whether absence means anything: hr:meta is there and no partition is being rebuilt.
enum class ViewState { kReady, kEmpty, kRebuilding };

// One thread calls everything. kTransient (address and remedy in the message) when Redis does not
// answer; kNotFound for a batch that is not there.
class BatchView {
 public:
  virtual ~BatchView() = default;
  virtual Result<ViewState> State() = 0;
  // Newest first, at most `limit`, and upstream in front when the project has upstream records.
  virtual Result<std::vector<BatchSummary>> List(const std::string& project, std::size_t limit) = 0;
  // `id`: a batch id or "upstream".
  virtual Result<BatchSummary> Show(const std::string& project, const std::string& id) = 0;
  virtual Result<BatchErrors> Errors(const std::string& project, const std::string& id,
                                     std::size_t limit) = 0;
};

Result<std::unique_ptr<BatchView>> OpenBatchView(const RedisSettings& settings);

}  // namespace headrace::redis
