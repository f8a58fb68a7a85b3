#include "producer/retry/retry_book.h"

#include <algorithm>

namespace headrace::retry {
namespace {

bool Names(const BatchFact& retry, std::uint32_t index) {
  const auto after = std::ranges::upper_bound(retry.indexes, index, {}, &IndexRange::first);
  return after != retry.indexes.begin() && std::prev(after)->last >= index;
}

}  // namespace

Status RetryBook::Take(const Record& record) {
  if (record.key.find("/retry/") == std::string_view::npos) return {};
  Result<BatchFact> fact = DecodeBatchFact(record.key, record.value);
  if (!fact.ok()) {
    if (fact.error().code == ErrorCode::kNotFound) return {};
    return std::move(fact).error().Prefix("journal");
  }
  std::vector<BatchFact>& known = retries_[fact->batch];
  const auto same = std::ranges::find_if(known, [&](const BatchFact& other) {
    return other.round == fact->round && other.indexes.front().first == fact->indexes.front().first;
  });
  // The same key again: the later record stands, as it does after compaction.
  if (same != known.end()) {
    *same = *std::move(fact);
  } else {
    known.push_back(*std::move(fact));
  }
  return {};
}

const BatchFact* RetryBook::FindNewer(const BatchId& batch, std::uint32_t index,
                                      std::uint8_t round) const {
  const auto found = retries_.find(batch);
  if (found == retries_.end()) return nullptr;
  const BatchFact* newest = nullptr;
  for (const BatchFact& retry : found->second) {
    if (retry.round <= round || !Names(retry, index)) continue;
    if (newest == nullptr || retry.round > newest->round) newest = &retry;
  }
  return newest;
}

bool IsDispatched(const BatchFact& retry) {
  return retry.dispatched && retry.dispatched == retry.item_count;
}

}  // namespace headrace::retry
