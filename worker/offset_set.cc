#include "worker/offset_set.h"

#include <charconv>
#include <iterator>

namespace headrace::worker {
namespace {

bool TakeNumber(std::string_view& text, std::int64_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  return true;
}

}  // namespace

void OffsetSet::Add(std::int64_t offset) {
  if (Contains(offset)) return;
  auto next = ranges_.upper_bound(offset);
  std::int64_t last = offset;
  if (next != ranges_.end() && next->first == offset + 1) {
    last = next->second;
    next = ranges_.erase(next);
  }
  if (next != ranges_.begin() && std::prev(next)->second == offset - 1) {
    std::prev(next)->second = last;
  } else {
    ranges_.emplace_hint(next, offset, last);
  }
}

void OffsetSet::Remove(std::int64_t offset) {
  if (!Contains(offset)) return;
  const auto found = std::prev(ranges_.upper_bound(offset));
  const auto [first, last] = *found;
  ranges_.erase(found);
  if (first < offset) ranges_.emplace(first, offset - 1);
  if (offset < last) ranges_.emplace(offset + 1, last);
}

void OffsetSet::RemoveBelow(std::int64_t offset) {
  while (!ranges_.empty() && ranges_.begin()->first < offset) {
    const std::int64_t last = ranges_.begin()->second;
    ranges_.erase(ranges_.begin());
    if (last >= offset) ranges_.emplace(offset, last);
  }
}

bool OffsetSet::Contains(std::int64_t offset) const {
  const auto next = ranges_.upper_bound(offset);
  return next != ranges_.begin() && std::prev(next)->second >= offset;
}

std::string OffsetSet::Format(std::size_t bytes_max) const {
  std::string text = FormatWithGaps(ranges_, 2);
  for (std::int64_t gap_min = 4; text.size() > bytes_max; gap_min *= 2) {
    text = FormatWithGaps(ranges_, gap_min);
  }
  return text;
}

std::string OffsetSet::FormatWithGaps(const Ranges& ranges, std::int64_t gap_min) {
  std::string text;
  std::int64_t before = 0;
  for (auto range = ranges.begin(); range != ranges.end();) {
    const std::int64_t first = range->first;
    std::int64_t last = range->second;
    for (++range; range != ranges.end() && range->first - last < gap_min; ++range) {
      last = range->second;
    }
    if (!text.empty()) text.push_back(',');
    text.append(std::to_string(first - before));
    if (last > first) text.append("+").append(std::to_string(last - first));
    before = last;
  }
  return text;
}

std::optional<OffsetSet> OffsetSet::Parse(std::string_view text) {
  OffsetSet set;
  std::int64_t before = 0;
  while (!text.empty()) {
    std::int64_t step = 0;
    std::int64_t more = 0;
    if (!TakeNumber(text, step)) return std::nullopt;
    if (text.starts_with('+')) {
      text.remove_prefix(1);
      if (!TakeNumber(text, more)) return std::nullopt;
    }
    if (!text.empty()) {
      if (!text.starts_with(',')) return std::nullopt;
      text.remove_prefix(1);
    }
    if (step == 0 && !set.empty()) return std::nullopt;
    const std::int64_t first = before + step;
    before = first + more;
    set.ranges_.emplace(first, before);
  }
  return set;
}

}  // namespace headrace::worker
