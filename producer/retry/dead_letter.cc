#include "producer/retry/dead_letter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "common/model/graph_key.h"
#include "common/model/refusal_codes.h"

namespace headrace::retry {
namespace {

// The record itself was at fault: its key, its size, or what it claimed to be. As it is, it would
// be refused again, and not under its id.
constexpr std::array<std::string_view, 6> kHopelessCodes{
    codes::kInvalidKey,   codes::kInvalidHeader, codes::kUnknownBatch,
    codes::kForeignBatch, codes::kTooLarge,      codes::kIndexOutOfRange};

std::string_view HeaderOf(const Record& record, std::string_view name) {
  return record.FindHeader(name).value_or(std::string_view());
}

}  // namespace

Result<DeadLetter> ReadDeadLetter(const Record& record) {
  const auto id = record.FindHeader(kItemIdHeader);
  if (!id) return Invalid("the record has no headrace-item-id");
  Result<ItemIdHeader> parsed = ParseItemIdHeader(*id);
  if (!parsed.ok()) return std::move(parsed).error();
  DeadLetter letter;
  letter.id = *std::move(parsed);
  letter.episode = Uuid::Parse(HeaderOf(record, "headrace-episode"));
  letter.project = HeaderOf(record, "headrace-project");
  letter.code = HeaderOf(record, "headrace-code");
  letter.message = HeaderOf(record, "headrace-message");
  letter.first_try = HeaderOf(record, "headrace-first-try");
  letter.last_try = HeaderOf(record, "headrace-last-try");
  letter.origin = HeaderOf(record, "headrace-origin");
  letter.origin_topic = letter.origin.substr(0, letter.origin.find('/'));
  const std::string_view attempts = HeaderOf(record, "headrace-attempts");
  std::from_chars(attempts.data(), attempts.data() + attempts.size(), letter.attempts);
  if (letter.code.empty() || !IsValidProject(letter.project)) {
    return Invalid("the record has no headrace-code or no headrace-project");
  }
  return letter;
}

bool IsUpstream(const DeadLetter& letter) {
  return !IsArchived(letter) && letter.episode &&
         *letter.episode != letter.id.ref.batch.ItemUuid(letter.id.ref.index);
}

bool IsArchived(const DeadLetter& letter) { return letter.id.episode.has_value(); }

std::string_view WhyNotReplayable(const DeadLetter& letter, std::string_view key,
                                  std::string_view items_batch, std::string_view items_realtime) {
  if (std::ranges::find(kHopelessCodes, letter.code) != kHopelessCodes.end()) {
    return "the record itself was refused and must be sent anew";
  }
  if (!letter.episode) return "the letter was written by an older worker";
  if (!GraphKey::Parse(key).ok()) return "the record's key names no graph";
  if (letter.origin_topic != items_batch && letter.origin_topic != items_realtime) {
    return "the letter comes from another topic";
  }
  return {};
}

}  // namespace headrace::retry
