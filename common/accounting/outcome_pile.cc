#include "common/accounting/outcome_pile.h"

#include <chrono>
#include <utility>

namespace headrace::accounting {
namespace {

constexpr std::chrono::seconds kSpanMax{1};
// A call of the store holds up other calls for as long as it takes: about a microsecond a range.
constexpr std::size_t kRangesMax = 10'000;

bool HasOnlySucceeded(const OutcomeRecord& record) {
  return record.failed.empty() && record.skipped.empty() && record.canceled.empty();
}

void Append(const std::vector<IndexRange>& more, std::vector<IndexRange>& ranges) {
  for (const IndexRange& range : more) {
    const bool follows = !ranges.empty() && ranges.back().first <= ranges.back().last &&
                         range.first == ranges.back().last + 1;
    if (follows && range.first <= range.last) {
      ranges.back().last = range.last;
    } else {
      ranges.push_back(range);
    }
  }
}

}  // namespace

void OutcomePile::Add(PlacedOutcome outcome) {
  item_count_ += outcome.record.item_count();
  const auto [found, is_first] = last_.try_emplace(outcome.record.batch);
  Last& last = found->second;
  if (Joins(outcome, last)) {
    PlacedOutcome& whole = outcomes_[last.place];
    Append(outcome.record.succeeded, whole.record.succeeded);
    whole.offset = outcome.offset;
    whole.at = outcome.at;
    return;
  }
  last = {outcomes_.size(), outcome.at, !is_first && HasOnlySucceeded(outcome.record)};
  outcomes_.push_back(std::move(outcome));
}

bool OutcomePile::Joins(const PlacedOutcome& outcome, const Last& last) const {
  if (!last.takes_more || !HasOnlySucceeded(outcome.record)) return false;
  const OutcomeRecord& whole = outcomes_[last.place].record;
  return whole.round == outcome.record.round && whole.project == outcome.record.project &&
         whole.upstream == outcome.record.upstream &&
         outcomes_[last.place].partition == outcome.partition && outcome.at >= last.since &&
         outcome.at - last.since <= kSpanMax &&
         whole.succeeded.size() + outcome.record.succeeded.size() <= kRangesMax;
}

void OutcomePile::Clear() {
  outcomes_.clear();
  last_.clear();
  item_count_ = 0;
}

}  // namespace headrace::accounting
