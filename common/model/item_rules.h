// The rules of Zep's Batch API on an item whose JSON has been decoded. Knows no JSON library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/model/item.h"
#include "common/model/item_parser.h"

namespace headrace {

// In the order in which offences are looked for.
enum class ItemField : std::uint8_t {
  kType,
  kData,
  kDataType,
  kContent,
  kRole,
  kName,
  kThreadId,
  kGraphId,
  kUserId,
  kSourceDescription,
  kDocumentId,
  kCreatedAt,
  kMetadata,
};
inline constexpr std::size_t kItemFieldCount = 13;

std::string_view ItemFieldName(ItemField field);
std::optional<ItemField> FindItemField(std::string_view name);

// The text lives in the parser's buffers. Of `metadata` it is the JSON object itself, which the
// parser has checked already, because its rules are about JSON types.
struct DecodedField {
  std::string_view text{};
  std::size_t offset = 0;  // of the value in the item's JSON
  bool present = false;    // null counts as absent
};

struct DecodedItem {
  std::array<DecodedField, kItemFieldCount> fields{};

  DecodedField& operator[](ItemField field) { return fields[static_cast<std::size_t>(field)]; }
  const DecodedField& operator[](ItemField field) const {
    return fields[static_cast<std::size_t>(field)];
  }
};

// Checks every field, those that do not belong to the item's type included, then fills `item` with
// those that do. That `data` of data_type json is JSON is left to the parser.
std::optional<Refusal> ApplyItemRules(const DecodedItem& decoded, const ItemLimits& limits,
                                      Item& item);

}  // namespace headrace
