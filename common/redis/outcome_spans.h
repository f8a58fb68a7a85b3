// An outcome record rearranged into the pieces of the state string that it touches.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/model/outcome.h"

namespace headrace::redis {

// Neighbouring items that are read and written together. Items further apart than the bridge are in
// different spans, so that a record costs what it says, however large its batch is.
struct OutcomeSpan {
  std::uint32_t first = 0;
  std::uint32_t length = 0;
  // The new state bytes, 0 = not touched; or a single byte that stands for all of `length`.
  std::string bytes;
  std::array<std::uint32_t, 4> counts{};  // succeeded, failed, skipped, canceled
  std::vector<const FailedItem*> failed;  // by index; they point into the record
};

inline constexpr std::uint32_t kSpanBridge = 128;
inline constexpr std::uint32_t kSpanLengthMax = 16'384;  // of a span that is not a single run

// By index, disjoint. An index that the record names twice counts once: as what comes first in the
// order of ItemState.
std::vector<OutcomeSpan> MakeOutcomeSpans(const OutcomeRecord& record);

}  // namespace headrace::redis
