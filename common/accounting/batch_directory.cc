#include "common/accounting/batch_directory.h"

#include <algorithm>
#include <utility>

namespace headrace::accounting {
namespace {

constexpr std::size_t kRecordsMax = 1'000;
constexpr std::chrono::milliseconds kPollTimeoutMax{100};

}  // namespace

BatchDirectory::BatchDirectory(std::unique_ptr<EventConsumer> journal)
    : journal_(std::move(journal)) {}

const KnownBatch* BatchDirectory::Known(const BatchId& batch) const {
  const auto known = batches_.find(batch);
  return known == batches_.end() ? nullptr : &known->second;
}

Result<KnownBatch> BatchDirectory::Find(const BatchId& batch, std::chrono::milliseconds timeout) {
  const auto known = [&] { return batches_.find(batch); };
  if (known() != batches_.end()) return known()->second;
  if (!broken_.ok()) return broken_.error();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  // Where the journal ends now: a batch that was opened before this call stands before there.
  auto ends = journal_->EndOffsets(0);
  if (!ends.ok()) return Transient("journal: " + ends.error().message);
  while (!HasReached(*ends)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds(0), kPollTimeoutMax);
    if (Status status = ReadOnce(wait); !status.ok()) return std::move(status).error();
    if (known() != batches_.end()) return known()->second;
    if (left.count() <= 0 && records_.empty()) {
      return Transient("the journal could not be read to its end in time");
    }
  }
  return NotFound("batch " + batch.ToString() + " was never opened");
}

bool BatchDirectory::HasReached(const std::vector<std::int64_t>& ends) const {
  for (std::size_t partition = 0; partition < ends.size(); ++partition) {
    const auto read = next_offsets_.find(static_cast<std::int32_t>(partition));
    if (ends[partition] > (read == next_offsets_.end() ? 0 : read->second)) return false;
  }
  return true;
}

Status BatchDirectory::ReadOnce(std::chrono::milliseconds timeout) {
  if (Status status = journal_->Poll(timeout, kRecordsMax, records_); !status.ok()) {
    return std::move(status).error().Prefix("journal");
  }
  for (const Record& record : records_) Take(record);
  return broken_;
}

void BatchDirectory::Take(const Record& record) {
  next_offsets_[record.source.partition] = record.offset + 1;
  auto fact = DecodeBatchFact(record.key, record.value);
  if (fact.ok()) {
    Learn(*fact);
  } else if (fact.error().code == ErrorCode::kPermanent && broken_.ok()) {
    broken_ = std::move(fact).error().Prefix("journal");
  }
  // Other kinds and foreign bytes say nothing about batches; the projector logs the latter.
}

// An opened fact may come again, or after the sealed one where compaction moved it behind; both
// then say the same end or the opened one says none.
void BatchDirectory::Learn(const BatchFact& fact) {
  KnownBatch& known = batches_[fact.batch];
  known.project = fact.project;
  known.upstream = known.upstream || fact.upstream;
  known.archived = known.archived || fact.archived;
  const bool sealed = fact.kind == BatchFactKind::kSealed;
  if (fact.index_end && (sealed || !known.index_end)) known.index_end = fact.index_end;
}

}  // namespace headrace::accounting
