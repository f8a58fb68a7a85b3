#include "producer/intake/load_journal.h"

#include <algorithm>
#include <string>

#include "producer/intake/topic_scan.h"

namespace headrace::intake {
namespace {

void Note(BatchFact fact, KnownFacts& known) {
  switch (fact.kind) {
    case BatchFactKind::kOpened:
      // The first one stands: it has the time at which the batch was really opened.
      if (!known.opened) known.opened = std::move(fact);
      break;
    case BatchFactKind::kDispatched:
      known.dispatched = std::max(known.dispatched, fact.dispatched.value_or(0));
      break;
    case BatchFactKind::kSealed:
      if (!known.sealed) known.sealed = std::move(fact);
      break;
    case BatchFactKind::kRetryOpened:
      break;
  }
}

Status Apply(const Record& record, const BatchId& batch, KnownFacts& known) {
  // Decoding every fact of a large journal would be waste: the key alone names the batch.
  if (record.key.find(batch.ToString()) == std::string_view::npos) return {};
  Result<BatchFact> fact = DecodeBatchFact(record.key, record.value);
  if (!fact.ok()) {
    if (fact.error().code == ErrorCode::kNotFound) return {};
    return std::move(fact).error().Prefix("journal");
  }
  if (fact->batch == batch) Note(*std::move(fact), known);
  return {};
}

}  // namespace

Result<KnownFacts> FindBatchFacts(EventConsumer& journal, const BatchId& batch,
                                  std::chrono::milliseconds silence_max, const Clock& clock,
                                  const StopRequested& stop) {
  KnownFacts known;
  const Status read =
      ReadToEnd(journal, {.name = "the journal", .silence_max = silence_max}, clock, stop,
                [&](const Record& record) { return Apply(record, batch, known); });
  if (!read.ok()) return read.error();
  return known;
}

Status CheckReplay(const KnownFacts& known, const std::string& project, const ScanTotals& totals) {
  if (!known.opened) return {};
  if (known.opened->project != project) {
    return Invalid("the batch belongs to project " + known.opened->project + ", not to " + project);
  }
  std::string before = known.opened->source_sha256;
  if (before.empty() && known.sealed) before = known.sealed->source_sha256;
  if (before.empty()) {
    return Invalid(
        "the batch was loaded from standard input and never sealed, so that nothing tells whether "
        "this is the same input; load it as a new batch");
  }
  if (before != totals.sha256) {
    return Invalid("the file changed: its SHA-256 is " + totals.sha256 +
                   ", the batch was made from " + before);
  }
  // Same bytes, other verdicts: a build with other rules. A sealed total cannot change any more.
  if (known.sealed && known.sealed->item_count != totals.accepted) {
    return Invalid("this version accepts " + std::to_string(totals.accepted) +
                   " of the lines, the batch was sealed with " +
                   std::to_string(known.sealed->item_count.value_or(0)) + " items");
  }
  return {};
}

}  // namespace headrace::intake
