#include "common/model/item_rules.h"

#include <string>

#include "common/base/utf8.h"
#include "common/model/refusal_codes.h"
#include "common/model/timestamp.h"

namespace headrace {
namespace {

using Verdict = std::optional<Refusal>;  // empty: nothing to object to

constexpr std::array<std::string_view, kItemFieldCount> kNames{
    "type",        "data",       "data_type", "content", "role",
    "name",        "thread_id",  "graph_id",  "user_id", "source_description",
    "document_id", "created_at", "metadata"};

struct TextRule {
  ItemField field;
  std::size_t ItemLimits::*chars_max;
  bool may_be_empty;
};

constexpr TextRule kTextRules[] = {
    {ItemField::kData, &ItemLimits::data_chars_max, false},
    {ItemField::kContent, &ItemLimits::content_chars_max, false},
    {ItemField::kName, &ItemLimits::name_chars_max, true},
    {ItemField::kThreadId, &ItemLimits::id_chars_max, false},
    {ItemField::kGraphId, &ItemLimits::id_chars_max, false},
    {ItemField::kUserId, &ItemLimits::id_chars_max, false},
    {ItemField::kSourceDescription, &ItemLimits::source_description_chars_max, true},
    {ItemField::kDocumentId, &ItemLimits::document_id_chars_max, false},
};

std::string Sentence(ItemField field, std::string_view rest) {
  return std::string(ItemFieldName(field)).append(" ").append(rest);
}

Refusal Refuse(const DecodedItem& decoded, ItemField field, std::string_view code,
               std::string message) {
  return {.code = std::string(code),
          .pointer = std::string("/").append(ItemFieldName(field)),
          .message = std::move(message),
          .byte_offset = decoded[field].offset};
}

Verdict CheckText(const DecodedItem& decoded, const ItemLimits& limits, const TextRule& rule) {
  const DecodedField& field = decoded[rule.field];
  if (!field.present) return std::nullopt;
  const std::string_view text = field.text;
  if (text.empty() && !rule.may_be_empty) {
    return Refuse(decoded, rule.field, codes::kEmptyField,
                  Sentence(rule.field, "is empty, it needs at least 1 character"));
  }
  if (text.find('\0') != std::string_view::npos) {
    return Refuse(decoded, rule.field, codes::kNulByte,
                  Sentence(rule.field, "holds a NUL character, which stores cannot keep"));
  }
  const std::size_t chars_max = limits.*rule.chars_max;
  // No text has more characters than bytes, so most need no counting.
  const std::size_t chars = text.size() <= chars_max ? 0 : CountCodePoints(text);
  if (chars <= chars_max) return std::nullopt;
  return Refuse(decoded, rule.field, codes::kTooLong,
                Sentence(rule.field, "has " + std::to_string(chars) + " characters, at most " +
                                         std::to_string(chars_max) + " are allowed"));
}

// Finds the text of `field` among `count` names of an enumeration.
template <typename Enum, typename NameOf>
Verdict CheckName(const DecodedItem& decoded, ItemField field, int count, NameOf name_of,
                  std::optional<Enum>& value) {
  if (!decoded[field].present) return std::nullopt;
  std::string names;
  for (int i = 0; i < count; ++i) {
    const auto candidate = static_cast<Enum>(i);
    if (decoded[field].text == name_of(candidate)) {
      value = candidate;
      return std::nullopt;
    }
    names.append(i == 0 ? "" : ", ").append(name_of(candidate));
  }
  return Refuse(decoded, field, codes::kUnknownValue, Sentence(field, "is none of " + names));
}

Verdict CheckCreatedAt(const DecodedItem& decoded, std::optional<Timestamp>& value) {
  const DecodedField& field = decoded[ItemField::kCreatedAt];
  value.reset();
  if (!field.present) return std::nullopt;
  value = ParseRfc3339(field.text);
  if (value) return std::nullopt;
  return Refuse(decoded, ItemField::kCreatedAt, codes::kInvalidTimestamp,
                "created_at is not an RFC 3339 time with a zone, such as 2024-06-15T10:30:00Z");
}

Verdict Require(const DecodedItem& decoded, ItemField field, ItemType type) {
  if (decoded[field].present) return std::nullopt;
  return Refuse(
      decoded, field, codes::kMissingField,
      Sentence(field, "is missing, every " + std::string(ItemTypeName(type)) + " needs it"));
}

Verdict CheckDestination(const DecodedItem& decoded) {
  const bool graph = decoded[ItemField::kGraphId].present;
  const bool user = decoded[ItemField::kUserId].present;
  if (graph != user) return std::nullopt;
  if (graph) {
    return Refuse(decoded, ItemField::kUserId, codes::kDestination,
                  "a graph_episode takes exactly one of graph_id and user_id, both are there");
  }
  return Refusal{
      .code = std::string(codes::kDestination),
      .pointer = "",
      .message = "a graph_episode takes exactly one of graph_id and user_id, none is there",
      .byte_offset = 0};
}

Verdict CheckRequired(const DecodedItem& decoded, ItemType type) {
  if (type == ItemType::kGraphEpisode) {
    for (const ItemField field : {ItemField::kData, ItemField::kDataType}) {
      if (auto refusal = Require(decoded, field, type)) return refusal;
    }
    return CheckDestination(decoded);
  }
  for (const ItemField field : {ItemField::kThreadId, ItemField::kContent, ItemField::kRole}) {
    if (auto refusal = Require(decoded, field, type)) return refusal;
  }
  return std::nullopt;
}

// Assigns in place: an Item that is used again keeps its buffers. Absent fields have empty texts.
void Fill(const DecodedItem& decoded, Item& item) {
  const bool episode = item.type == ItemType::kGraphEpisode;
  const auto text_if = [&](bool wanted, ItemField field) {
    return wanted ? decoded[field].text : std::string_view();
  };
  item.content = decoded[episode ? ItemField::kData : ItemField::kContent].text;
  item.name = text_if(!episode, ItemField::kName);
  item.thread_id = text_if(!episode, ItemField::kThreadId);
  item.graph_id = text_if(episode, ItemField::kGraphId);
  item.user_id = decoded[ItemField::kUserId].text;
  item.source_description = text_if(episode, ItemField::kSourceDescription);
  item.document_id = text_if(episode, ItemField::kDocumentId);
  item.metadata = decoded[ItemField::kMetadata].text;
}

}  // namespace

std::string_view ItemFieldName(ItemField field) {
  return kNames.at(static_cast<std::size_t>(field));
}

std::optional<ItemField> FindItemField(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ItemField>(i);
  }
  return std::nullopt;
}

std::optional<Refusal> ApplyItemRules(const DecodedItem& decoded, const ItemLimits& limits,
                                      Item& item) {
  std::optional<ItemType> type;
  std::optional<DataType> data_type;
  std::optional<Role> role;
  if (!decoded[ItemField::kType].present) {
    return Refuse(decoded, ItemField::kType, codes::kMissingField,
                  "type is missing, it says whether this is a graph_episode or a thread_message");
  }
  if (auto r = CheckName(decoded, ItemField::kType, 2, ItemTypeName, type)) return r;
  for (const TextRule& rule : kTextRules) {
    if (auto refusal = CheckText(decoded, limits, rule)) return refusal;
  }
  if (auto r = CheckName(decoded, ItemField::kDataType, 3, DataTypeName, data_type)) return r;
  if (auto r = CheckName(decoded, ItemField::kRole, 6, RoleName, role)) return r;
  if (auto refusal = CheckCreatedAt(decoded, item.created_at)) return refusal;
  if (auto refusal = CheckRequired(decoded, *type)) return refusal;

  const bool episode = *type == ItemType::kGraphEpisode;
  item.type = *type;
  item.data_type = episode ? data_type.value_or(DataType::kText) : DataType::kText;
  item.role = episode ? std::nullopt : role;
  Fill(decoded, item);
  return std::nullopt;
}

}  // namespace headrace
