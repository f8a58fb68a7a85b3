#include "common/model/outcome.h"

#include <array>

namespace headrace {
namespace {

constexpr std::array<std::string_view, 5> kNames{"none", "succeeded", "failed", "skipped",
                                                 "canceled"};

}  // namespace

std::size_t CountOf(const std::vector<IndexRange>& ranges) {
  std::size_t count = 0;
  for (const IndexRange& range : ranges) count += std::size_t{range.last} - range.first + 1;
  return count;
}

std::string_view ItemStateName(ItemState state) {
  return kNames.at(static_cast<std::size_t>(state));
}

std::optional<ItemState> ParseItemState(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ItemState>(i);
  }
  return std::nullopt;
}

bool IsTransition(ItemState from, std::uint8_t from_round, ItemState to, std::uint8_t to_round) {
  if (to == ItemState::kNone) return false;
  if (to_round != from_round) return to_round > from_round;
  return from == ItemState::kNone;
}

std::size_t OutcomeRecord::item_count() const {
  return CountOf(succeeded) + CountOf(skipped) + CountOf(canceled) + failed.size();
}

}  // namespace headrace
