#include "common/accounting/accounted_records.h"

#include <algorithm>
#include <vector>

#include "common/ports/outcome_store.h"

namespace headrace::accounting {
namespace {

bool AreInRange(const std::vector<IndexRange>& ranges) {
  return std::ranges::all_of(ranges, [](const IndexRange& range) {
    return range.first <= range.last && range.last <= kAccountedIndexMax;
  });
}

bool IndexesAreInRange(const OutcomeRecord& record) {
  return AreInRange(record.succeeded) && AreInRange(record.skipped) &&
         AreInRange(record.canceled) &&
         std::ranges::all_of(record.failed, [](const FailedItem& item) {
           return item.index <= kAccountedIndexMax;
         });
}

}  // namespace

Result<OutcomeRecord> OutcomeOf(const Record& record) {
  auto outcome = DecodeOutcomeRecord(record.value);
  if (outcome.ok() && !IndexesAreInRange(*outcome)) return Invalid("an index is out of range");
  return outcome;
}

Result<BatchFact> FactOf(const Record& record) {
  auto fact = DecodeBatchFact(record.key, record.value);
  if (fact.ok() && !AreInRange(fact->indexes)) return Invalid("an index is out of range");
  return fact;
}

}  // namespace headrace::accounting
