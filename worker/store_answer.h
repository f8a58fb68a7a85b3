// The store's answers to a chunk, as metrics name them.
#pragma once

#include <array>
#include <cstddef>

#include "common/ports/graph_store.h"

namespace headrace::worker {

// In the order of StoreErrorClass.
inline constexpr std::array<const char*, 5> kStoreErrors{"transient", "throttled", "item", "fatal",
                                                         "fenced"};
// The errors, and what was applied.
inline constexpr std::size_t kApplied = kStoreErrors.size();
inline constexpr std::array<const char*, kApplied + 1> kStoreAnswers = [] {
  std::array<const char*, kApplied + 1> answers{};
  for (std::size_t i = 0; i < kApplied; ++i) answers[i] = kStoreErrors[i];
  answers[kApplied] = "ok";
  return answers;
}();

inline std::size_t AnswerOf(StoreErrorClass error) { return static_cast<std::size_t>(error); }
inline std::size_t AnswerOf(const ChunkResult& result) {
  return result.error ? AnswerOf(result.error->error_class) : kApplied;
}

}  // namespace headrace::worker
