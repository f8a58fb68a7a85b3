#include "worker/outcome_lookup.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "common/model/murmur2.h"

namespace headrace::worker {
namespace {

// Neighbours closer than this are read as one range: a byte more costs less than a call more.
constexpr std::uint32_t kGapMax = 256;
constexpr std::uint32_t kRangeMax = 64 * 1024;

bool HasEnded(std::uint8_t state_byte, std::uint8_t round) {
  const std::uint8_t state = state_byte & ((1u << kStateBits) - 1);
  return state != static_cast<std::uint8_t>(ItemState::kNone) &&
         (state_byte >> kStateBits) >= round;
}

}  // namespace

OutcomeLookup::OutcomeLookup(OutcomeStore& store, EventConsumer& outcomes,
                             std::string outcomes_topic)
    : store_(store), outcomes_(outcomes), outcomes_topic_(std::move(outcomes_topic)) {}

Result<std::vector<ItemOutcome>> OutcomeLookup::Answer(const std::vector<ItemRef>& question) {
  if (Status caught_up = AwaitProjector(question); !caught_up.ok()) return caught_up.error();
  std::vector<ItemRef> sorted = question;
  std::sort(sorted.begin(), sorted.end(), [](const ItemRef& a, const ItemRef& b) {
    return std::tie(a.batch, a.index) < std::tie(b.batch, b.index);
  });
  std::vector<ItemOutcome> answers;
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::find_if(begin, sorted.end(),
                                  [&](const ItemRef& ref) { return ref.batch != begin->batch; });
    if (Status read = ReadBatch({begin, end}, answers); !read.ok()) return read.error();
    begin = end;
  }
  // A store that was emptied meanwhile has lost its marks as well.
  if (Status still = AwaitProjector(question); !still.ok()) return still.error();
  ends_.clear();  // the next question sees the ends of its own time
  return answers;
}

Status OutcomeLookup::AwaitProjector(const std::vector<ItemRef>& question) {
  if (ends_.empty()) {
    auto ends = outcomes_.EndOffsets(0);
    if (!ends.ok()) return std::move(ends).error();
    ends_ = std::move(*ends);
  }
  std::set<std::int32_t> partitions;
  for (const ItemRef& ref : question) {
    partitions.insert(PartitionOf(ref.batch.ToString(), static_cast<std::int32_t>(ends_.size())));
  }
  for (const std::int32_t partition : partitions) {
    const std::int64_t end = ends_[static_cast<std::size_t>(partition)];
    if (end == 0) continue;
    const auto mark = store_.ReadMark(outcomes_topic_, partition);
    if (!mark.ok()) return mark.error();
    if (!*mark || **mark < end) return Transient("the projector is behind");
  }
  return {};
}

Status OutcomeLookup::ReadBatch(std::span<const ItemRef> items, std::vector<ItemOutcome>& answers) {
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    while (end < items.size() && items[end].index - items[end - 1].index <= kGapMax &&
           items[end].index - items[begin].index < kRangeMax) {
      ++end;
    }
    const IndexRange range{items[begin].index, items[end - 1].index};
    const auto states = store_.ReadStates(items[begin].batch, range);
    if (!states.ok()) return states.error();
    for (; begin < end; ++begin) {
      const std::size_t place = items[begin].index - range.first;
      const std::uint8_t state = place < states->size() ? (*states)[place] : std::uint8_t{0};
      answers.push_back({items[begin], HasEnded(state, items[begin].round)});
    }
  }
  return {};
}

}  // namespace headrace::worker
