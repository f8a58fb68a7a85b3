#include "common/redis/outcome_spans.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace headrace::redis {
namespace {

struct Run {
  std::uint32_t first;
  std::uint32_t last;
  ItemState state;
  const FailedItem* failed;
};

// In the order of ItemState.
std::vector<Run> CollectRuns(const OutcomeRecord& record) {
  std::vector<Run> runs;
  const auto add = [&](const std::vector<IndexRange>& ranges, ItemState state) {
    for (const IndexRange& range : ranges) {
      if (range.first <= range.last) runs.push_back({range.first, range.last, state, nullptr});
    }
  };
  add(record.succeeded, ItemState::kSucceeded);
  for (const FailedItem& item : record.failed) {
    runs.push_back({item.index, item.index, ItemState::kFailed, &item});
  }
  add(record.skipped, ItemState::kSkipped);
  add(record.canceled, ItemState::kCanceled);
  return runs;
}

bool Overlap(const std::vector<Run>& sorted) {
  return std::ranges::adjacent_find(
             sorted, [](const Run& a, const Run& b) { return b.first <= a.last; }) != sorted.end();
}

// Adds to `taken` (keyed by first index, disjoint) those parts of `run` that are still free.
void TakeFreeParts(const Run& run, std::map<std::uint32_t, Run>& taken) {
  std::uint64_t from = run.first;
  auto next = taken.upper_bound(run.first);
  if (next != taken.begin() && std::prev(next)->second.last >= from) {
    from = std::uint64_t{std::prev(next)->second.last} + 1;
  }
  while (from <= run.last) {
    const std::uint64_t end =
        next == taken.end() ? std::uint64_t{run.last} + 1
                            : std::min<std::uint64_t>(next->first, std::uint64_t{run.last} + 1);
    if (from < end) {
      const auto first = static_cast<std::uint32_t>(from);
      taken.emplace_hint(next, first,
                         Run{first, static_cast<std::uint32_t>(end - 1), run.state, run.failed});
    }
    if (next == taken.end()) return;
    from = std::uint64_t{next->second.last} + 1;
    ++next;
  }
}

// By index and disjoint. A worker never names an item twice in a record; the way through the map is
// for records that are told together (accounting::OutcomePile), where a repeat may be among them,
// and for what another program wrote.
std::vector<Run> SortRuns(std::vector<Run> runs) {
  std::vector<Run> sorted = runs;
  std::ranges::stable_sort(sorted, {}, &Run::first);
  if (!Overlap(sorted)) return sorted;
  std::map<std::uint32_t, Run> taken;
  for (const Run& run : runs) TakeFreeParts(run, taken);
  sorted.clear();
  for (const auto& [first, run] : taken) sorted.push_back(run);
  return sorted;
}

std::size_t CountIndex(ItemState state) { return static_cast<std::size_t>(state) - 1; }

class SpanBuilder {
 public:
  explicit SpanBuilder(std::uint8_t round) : round_(round) {}

  void Add(const Run& run) {
    const std::uint32_t length = run.last - run.first + 1;
    const char byte = static_cast<char>(round_ << kStateBits | static_cast<int>(run.state));
    const bool long_run = length > kSpanLengthMax / 2;
    if (spans_.empty() || long_run || !Extends(run.first, length)) {
      spans_.push_back({run.first, 0, "", {}, {}});
    }
    OutcomeSpan& span = spans_.back();
    if (long_run) {
      span.bytes.assign(1, byte);
    } else {
      span.bytes.append(run.first - (span.first + span.length), '\0').append(length, byte);
    }
    span.length = run.last - span.first + 1;
    span.counts[CountIndex(run.state)] += length;
    if (run.failed != nullptr) span.failed.push_back(run.failed);
  }

  std::vector<OutcomeSpan> Take() { return std::move(spans_); }

 private:
  bool Extends(std::uint32_t first, std::uint32_t length) const {
    const OutcomeSpan& span = spans_.back();
    const std::uint32_t end = span.first + span.length;
    return span.bytes.size() == span.length && first - end <= kSpanBridge &&
           first - span.first + length <= kSpanLengthMax;
  }

  const std::uint8_t round_;
  std::vector<OutcomeSpan> spans_;
};

}  // namespace

std::vector<OutcomeSpan> MakeOutcomeSpans(const OutcomeRecord& record) {
  SpanBuilder builder(record.round);
  for (const Run& run : SortRuns(CollectRuns(record))) builder.Add(run);
  return builder.Take();
}

}  // namespace headrace::redis
