// Outcomes: the terminal states of items, and the record in which workers report them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/ids.h"

namespace headrace {

// Three bits of an item's state byte. kNone: no outcome yet (pending, queued or processing, which
// are derived). All others are final within their round.
enum class ItemState : std::uint8_t {
  kNone = 0,
  kSucceeded = 1,
  kFailed = 2,
  kSkipped = 3,
  kCanceled = 4,
};
inline constexpr std::uint8_t kStateBits = 3;
inline constexpr std::uint8_t kRoundMax = 31;  // five bits beside the state

std::string_view ItemStateName(ItemState state);
std::optional<ItemState> ParseItemState(std::string_view name);

// True when an item that is in `from` (reached in `from_round`) takes outcome `to` of `to_round`:
// the first final outcome of a round stands, a newer round replaces it, an older one never does.
bool IsTransition(ItemState from, std::uint8_t from_round, ItemState to, std::uint8_t to_round);

struct ItemError {
  std::string code;     // stable, see refusal_codes.h
  std::string message;  // one sentence, never item content
  std::uint32_t attempts = 1;
};

// First and last index, both included.
struct IndexRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const IndexRange&, const IndexRange&) = default;
};

std::size_t CountOf(const std::vector<IndexRange>& ranges);

struct FailedItem {
  std::uint32_t index = 0;
  ItemError error;
};

// One record of the outcomes topic: outcomes of one batch and one round, many items packed.
// On the wire: byte kOutcomeVersion, then JSON (see `headrace schema outcome`); Kafka key: batch
// id.
struct OutcomeRecord {
  BatchId batch;
  std::string project;
  bool upstream = false;  // an implicit batch of records that other programs produced
  std::uint8_t round = 0;
  std::vector<IndexRange> succeeded;
  std::vector<IndexRange> skipped;
  std::vector<IndexRange> canceled;
  std::vector<FailedItem> failed;

  std::size_t item_count() const;
};

inline constexpr char kOutcomeVersion = '\x01';

std::string EncodeOutcomeRecord(const OutcomeRecord& record);
// kPermanent for a version that this build does not know (stop, never skip); kInvalid for anything
// else that is not an outcome record.
Result<OutcomeRecord> DecodeOutcomeRecord(std::string_view value);

}  // namespace headrace
