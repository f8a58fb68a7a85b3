// A set of offsets as the ranges that it consists of, and its short text form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace headrace::worker {

// Pure; costs what its ranges are, not what they hold.
class OffsetSet {
 public:
  void Add(std::int64_t offset);
  void Remove(std::int64_t offset);
  void RemoveBelow(std::int64_t offset);
  bool Contains(std::int64_t offset) const;
  bool empty() const { return ranges_.empty(); }
  friend bool operator==(const OffsetSet&, const OffsetSet&) = default;

  // "120+3,7": 120 to 123, and 7 further on 130. At most `bytes_max`, by closing the smallest gaps:
  // what is read back holds at least what was written.
  std::string Format(std::size_t bytes_max) const;
  static std::optional<OffsetSet> Parse(std::string_view text);

 private:
  using Ranges = std::map<std::int64_t, std::int64_t>;  // first to last, never adjacent

  static std::string FormatWithGaps(const Ranges& ranges, std::int64_t gap_min);

  Ranges ranges_;
};

}  // namespace headrace::worker
