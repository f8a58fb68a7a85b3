#include "common/model/item_header.h"

#include <array>
#include <charconv>

#include "common/model/outcome.h"

namespace headrace {
namespace {

constexpr std::int64_t kImplicitBatchOffsets = 65'536;

template <typename T>
void AppendNumber(std::string& out, T value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

template <typename T>
bool ParseNumber(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

void ParseFlags(std::string_view flags, ItemIdHeader& header) {
  while (!flags.empty()) {
    const std::size_t comma = flags.find(',');
    if (flags.substr(0, comma) == "skip") header.skip = true;
    if (flags.substr(0, comma) == "again") header.again = true;
    flags.remove_prefix(comma == std::string_view::npos ? flags.size() : comma + 1);
  }
}

// False when a parameter that we know has a value that it cannot have.
bool ParseParameter(std::string_view name, std::string_view value, ItemIdHeader& header) {
  if (name == "r") return ParseNumber(value, header.ref.round) && header.ref.round <= kRoundMax;
  if (name == "d") return ParseNumber(value, header.incarnation);
  if (name == "e") {
    header.episode = Uuid::Parse(value);
    return header.episode.has_value();
  }
  if (name == "f") ParseFlags(value, header);
  if (name == "a") {
    std::int64_t milliseconds = 0;
    // The bound keeps the conversion to microseconds from overflowing: year 9999.
    if (!ParseNumber(value, milliseconds)) return false;
    if (milliseconds < 0 || milliseconds > 253'402'300'799'999) return false;
    header.accepted_at = Timestamp(std::chrono::milliseconds(milliseconds));
  }
  return true;
}

std::string Decimal(std::int64_t value) { return std::to_string(value); }

}  // namespace

std::string EncodeItemIdHeader(const ItemIdHeader& header) {
  std::string text = header.ref.batch.ItemUuid(header.ref.index).ToString();
  if (header.ref.round != 0) {
    text.append(";r=");
    AppendNumber(text, unsigned{header.ref.round});
  }
  if (header.accepted_at) {
    text.append(";a=");
    const auto since_epoch = header.accepted_at->time_since_epoch();
    AppendNumber(text, std::chrono::floor<std::chrono::milliseconds>(since_epoch).count());
  }
  if (header.incarnation != 0) {
    text.append(";d=");
    AppendNumber(text, header.incarnation);
  }
  if (header.episode) text.append(";e=").append(header.episode->ToString());
  if (header.skip || header.again) {
    text.append(";f=").append(header.skip ? "skip" : "");
    if (header.again) text.append(header.skip ? ",again" : "again");
  }
  return text;
}

Result<ItemIdHeader> ParseItemIdHeader(std::string_view text) {
  const auto uuid = Uuid::Parse(text.substr(0, Uuid::kTextLength));
  if (!uuid) return Invalid("headrace-item-id does not start with a UUID");
  if (uuid->low32() == 0) return Invalid("headrace-item-id names a batch instead of an item");
  ItemIdHeader header;
  header.ref.batch = BatchId::Of(*uuid);
  header.ref.index = uuid->low32() - 1;
  text.remove_prefix(Uuid::kTextLength);
  while (!text.empty()) {
    if (text.front() != ';') return Invalid("headrace-item-id has no ';' before a parameter");
    text.remove_prefix(1);
    const std::string_view parameter = text.substr(0, text.find(';'));
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      return Invalid("headrace-item-id has a parameter without '='");
    }
    const std::string_view name = parameter.substr(0, equals);
    if (!ParseParameter(name, parameter.substr(equals + 1), header)) {
      return Invalid(std::string("headrace-item-id has an impossible value of ").append(name));
    }
    text.remove_prefix(parameter.size());
  }
  return header;
}

ItemRef UpstreamItemRef(std::string_view cluster, std::string_view topic, std::int32_t partition,
                        std::int64_t offset, std::string_view project) {
  const Uuid uuid = Uuid::FromParts({"upstream-batch", cluster, topic, Decimal(partition),
                                     Decimal(offset / kImplicitBatchOffsets), project});
  return {.batch = BatchId::Of(uuid),
          .index = static_cast<std::uint32_t>(offset % kImplicitBatchOffsets),
          .round = 0};
}

Uuid UpstreamEpisodeUuid(std::string_view project, std::string_view graph_key,
                         std::string_view item_key) {
  return Uuid::FromParts({"upstream-key", project, graph_key, item_key});
}

Uuid UpstreamEpisodeUuid(std::string_view cluster, std::string_view topic, std::int32_t partition,
                         std::int64_t offset, Timestamp append_time) {
  return Uuid::FromParts({"upstream-offset", cluster, topic, Decimal(partition), Decimal(offset),
                          Decimal(append_time.time_since_epoch().count())});
}

}  // namespace headrace
