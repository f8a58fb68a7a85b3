// One pass over the item with simdjson's on-demand front end, which decodes only what is asked for
// and checks only what it decodes. As accepted items travel on byte for byte, every value is
// visited, those of unknown fields too: numbers and literals by grammar, strings by decoding,
// containers by walking. So a text is accepted exactly when all of it is JSON. Whatever simdjson
// objects to is looked at again by FindJsonFault, which is slow and knows the place.
#include "common/model/item_parser.h"

#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "common/base/utf8.h"
#include "common/model/item_rules.h"
#include "common/model/json_fault.h"
#include "common/model/json_grammar.h"
#include "common/model/padded_text.h"
#include "common/model/refusal_codes.h"

namespace headrace {
namespace {

namespace od = simdjson::ondemand;

using Verdict = std::optional<Refusal>;  // empty: nothing to object to

// `data` is text to us, so its nesting is limited only to keep the walk off the stack's end.
constexpr std::size_t kDataDepthMax = 512;

Refusal Refuse(std::string_view code, std::string pointer, std::string message,
               std::size_t offset) {
  return {.code = std::string(code),
          .pointer = std::move(pointer),
          .message = std::move(message),
          .byte_offset = offset};
}

// The value's text up to the next token.
std::string_view Token(od::value& value) { return TrimJsonEnd(value.raw_json_token()); }

// False when the string is not well formed. Without escapes the text is used where it stands.
// Either way the value is consumed: simdjson would skip an unread string together with a stray
// colon.
bool DecodeString(od::value& value, std::string_view& text) {
  const std::string_view token = Token(value);
  if (token.size() >= 2 && token.back() == '"' &&
      std::memchr(token.data(), '\\', token.size()) == nullptr) {
    text = token.substr(1, token.size() - 2);
    od::raw_json_string raw;
    return value.get_raw_json_string().get(raw) == simdjson::SUCCESS;
  }
  // simdjson 3.0 lets a lone low surrogate through, hence the second check.
  return value.get_string().get(text) == simdjson::SUCCESS && IsValidUtf8(text);
}

bool DecodeKey(od::field& field, std::string_view& key) {
  return field.unescaped_key().get(key) == simdjson::SUCCESS && IsValidUtf8(key);
}

// Nothing but space behind the value. (document::at_end() came after simdjson 3.0.)
bool AtEnd(od::document& document) {
  const char* next = nullptr;
  return document.current_location().get(next) == simdjson::OUT_OF_BOUNDS;
}

// Where in the metadata a value stands; its pointer is made only for a refusal.
struct MetadataPlace {
  std::string_view key;
  std::optional<std::size_t> index{};

  std::string Pointer() const {
    std::string pointer = PointerTo("/metadata", key);
    return index ? PointerTo(std::move(pointer), std::to_string(*index)) : pointer;
  }
};

enum class Walked { kFine, kBroken, kTooDeep };

// Visits a value whose content is of no interest.
class Walker {
 public:
  explicit Walker(std::size_t depth_max) : depth_max_(depth_max) {}

  // `depth` is that of the container around the value.
  Walked Walk(od::value value, std::size_t depth) {
    od::json_type type{};
    if (value.type().get(type)) return Walked::kBroken;
    switch (type) {
      case od::json_type::object:
      case od::json_type::array:
        if (depth >= depth_max_) {
          too_deep_at_ = Token(value).data();
          return Walked::kTooDeep;
        }
        return type == od::json_type::object ? WalkObject(value, depth + 1)
                                             : WalkArray(value, depth + 1);
      default:
        return IsScalar(value, type) ? Walked::kFine : Walked::kBroken;
    }
  }

  static bool IsScalar(od::value& value, od::json_type type) {
    std::string_view text;
    if (type == od::json_type::string) return DecodeString(value, text);
    text = Token(value);
    if (type == od::json_type::number) return IsJsonNumber(text);
    if (type == od::json_type::null) return text == "null";
    return type == od::json_type::boolean && (text == "true" || text == "false");
  }

  const char* too_deep_at() const { return too_deep_at_; }

 private:
  Walked WalkObject(od::value& value, std::size_t depth) {
    od::object object;
    if (value.get_object().get(object)) return Walked::kBroken;
    for (auto element : object) {
      od::field field;
      std::string_view key;
      if (std::move(element).get(field) || !DecodeKey(field, key)) return Walked::kBroken;
      const Walked walked = Walk(field.value(), depth);
      if (walked != Walked::kFine) return walked;
    }
    return Walked::kFine;
  }

  Walked WalkArray(od::value& value, std::size_t depth) {
    od::array array;
    if (value.get_array().get(array)) return Walked::kBroken;
    for (auto element : array) {
      od::value inner;
      if (std::move(element).get(inner)) return Walked::kBroken;
      const Walked walked = Walk(inner, depth);
      if (walked != Walked::kFine) return walked;
    }
    return Walked::kFine;
  }

  std::size_t depth_max_;
  const char* too_deep_at_ = nullptr;
};

}  // namespace

struct ItemParser::Impl {
  explicit Impl(const ItemLimits& item_limits) : limits(item_limits) {}

  Verdict Decode(std::string_view json, DecodedItem& decoded);
  Verdict DecodeFields(od::object& object);
  Verdict DecodeField(std::string_view key, od::value value);
  Verdict DecodeKnown(ItemField id, od::value& value);
  Verdict DecodeMetadata(od::value& value, DecodedField& field);
  Verdict CheckMetadataKey(std::string_view key, std::size_t offset);
  Verdict CheckMetadataValue(od::value value, const MetadataPlace& place);
  Verdict CheckMetadataArray(od::value& value, const MetadataPlace& place);
  Verdict BrokenText() const;
  bool IsJson(std::string_view data);
  std::size_t OffsetOf(od::value& value) { return text.OffsetOf(Token(value).data()); }

  const ItemLimits limits;
  PaddedText text;
  PaddedText data_text;
  // Of the item in hand:
  std::string_view source;
  od::document document;
  DecodedItem* item = nullptr;
  std::array<bool, kItemFieldCount> seen{};
  std::vector<std::string_view> metadata_keys;
};

Verdict ItemParser::Impl::BrokenText() const {
  const auto fault = FindJsonFault(source);
  const std::string_view code = fault ? fault->code : codes::kInvalidJson;
  const std::size_t offset = fault ? fault->offset : 0;
  std::string message = code == codes::kInvalidUtf8 ? "the text is not valid UTF-8"
                        : code == codes::kNulByte   ? "the text holds a NUL byte"
                                                    : "the text is not valid JSON";
  return Refuse(code, "", message.append(" at byte ").append(std::to_string(offset)), offset);
}

Verdict ItemParser::Impl::Decode(std::string_view json, DecodedItem& decoded) {
  source = json;
  item = &decoded;
  seen.fill(false);
  if (json.size() > limits.record_bytes_max) {
    return Refuse(codes::kTooLarge, "", TooLargeMessage(limits), 0);
  }
  // The loader passes blank lines over, so an empty text is a record without a value.
  if (json.empty()) return Refuse(codes::kInvalidJson, "", "the record has no value", 0);
  // Later versions of simdjson skip a byte order mark, earlier ones refuse it.
  if (json.starts_with("\xEF\xBB\xBF") || text.Open({json}, document)) return BrokenText();
  od::json_type type{};
  if (document.type().get(type)) return BrokenText();
  if (type != od::json_type::object) {
    if (FindJsonFault(source)) return BrokenText();
    return Refuse(codes::kWrongType, "", "the item is not a JSON object", 0);
  }
  od::object object;
  if (document.get_object().get(object)) return BrokenText();
  if (auto refusal = DecodeFields(object)) return refusal;
  if (!AtEnd(document)) return BrokenText();
  return std::nullopt;
}

Verdict ItemParser::Impl::DecodeFields(od::object& object) {
  for (auto element : object) {
    od::field field;
    std::string_view key;
    if (std::move(element).get(field) || !DecodeKey(field, key)) return BrokenText();
    if (auto refusal = DecodeField(key, field.value())) return refusal;
  }
  return std::nullopt;
}

Verdict ItemParser::Impl::DecodeField(std::string_view key, od::value value) {
  const auto id = FindItemField(key);
  if (id) return DecodeKnown(*id, value);
  Walker walker(limits.depth_max);
  switch (walker.Walk(value, 1)) {
    case Walked::kFine:
      return std::nullopt;
    case Walked::kBroken:
      return BrokenText();
    case Walked::kTooDeep:
      break;
  }
  return Refuse(codes::kTooDeep, PointerTo("", key),
                "the item nests deeper than " + std::to_string(limits.depth_max) + " levels",
                text.OffsetOf(walker.too_deep_at()));
}

Verdict ItemParser::Impl::DecodeKnown(ItemField id, od::value& value) {
  const std::string_view name = ItemFieldName(id);
  const std::size_t offset = OffsetOf(value);
  const auto refuse = [&](std::string_view code, std::string_view what) {
    return Refuse(code, PointerTo("", name), std::string(name).append(" ").append(what), offset);
  };
  if (std::exchange(seen[static_cast<std::size_t>(id)], true)) {
    return refuse(codes::kDuplicateField, "is there more than once");
  }
  od::json_type type{};
  if (value.type().get(type)) return BrokenText();
  if (type == od::json_type::null) {
    return Walker::IsScalar(value, type) ? std::nullopt : BrokenText();
  }
  DecodedField& field = (*item)[id];
  field.offset = offset;
  field.present = true;
  if (id == ItemField::kMetadata) {
    if (type != od::json_type::object) return refuse(codes::kWrongType, "is not an object");
    return DecodeMetadata(value, field);
  }
  if (type != od::json_type::string) return refuse(codes::kWrongType, "is not a string");
  return DecodeString(value, field.text) ? std::nullopt : BrokenText();
}

Verdict ItemParser::Impl::DecodeMetadata(od::value& value, DecodedField& field) {
  const char* start = Token(value).data();
  od::object object;
  if (value.get_object().get(object)) return BrokenText();
  metadata_keys.clear();
  for (auto element : object) {
    od::field entry;
    std::string_view key;
    if (std::move(element).get(entry) || !DecodeKey(entry, key)) return BrokenText();
    od::value inner = entry.value();
    if (auto refusal = CheckMetadataKey(key, OffsetOf(inner))) return refusal;
    metadata_keys.push_back(key);
    if (auto refusal = CheckMetadataValue(inner, {.key = key})) return refusal;
  }
  // The next token stands behind the object: what lies between is the object as it was sent.
  const char* end = nullptr;
  if (document.current_location().get(end)) return BrokenText();
  field.text = TrimJsonEnd({start, static_cast<std::size_t>(end - start)});
  return std::nullopt;
}

Verdict ItemParser::Impl::CheckMetadataKey(std::string_view key, std::size_t offset) {
  if (key.find('\0') != std::string_view::npos) {
    return Refuse(codes::kNulByte, "/metadata",
                  "a key of metadata holds a NUL character, which stores cannot keep", offset);
  }
  if (IsBlank(key)) {
    return Refuse(codes::kInvalidMetadata, "/metadata", "a key of metadata is blank", offset);
  }
  for (const std::string_view earlier : metadata_keys) {
    if (key != earlier) continue;
    return Refuse(codes::kDuplicateField, PointerTo("/metadata", key),
                  "a key of metadata is there more than once", offset);
  }
  if (metadata_keys.size() < limits.metadata_keys_max) return std::nullopt;
  return Refuse(codes::kInvalidMetadata, "/metadata",
                "metadata has more than " + std::to_string(limits.metadata_keys_max) + " keys",
                offset);
}

Verdict ItemParser::Impl::CheckMetadataValue(od::value value, const MetadataPlace& place) {
  const bool in_array = place.index.has_value();
  od::json_type type{};
  if (value.type().get(type)) return BrokenText();
  const std::size_t offset = OffsetOf(value);
  const auto refuse = [&](std::string_view message) {
    return Refuse(codes::kInvalidMetadata, place.Pointer(), std::string(message), offset);
  };
  if (type == od::json_type::array && !in_array) return CheckMetadataArray(value, place);
  if (type == od::json_type::array || type == od::json_type::object) {
    return refuse("metadata values are scalars or arrays of scalars, this one nests");
  }
  if (type == od::json_type::string) {
    std::string_view decoded;
    if (!DecodeString(value, decoded)) return BrokenText();
    if (decoded.find('\0') == std::string_view::npos) return std::nullopt;
    return Refuse(codes::kNulByte, place.Pointer(),
                  "a value of metadata holds a NUL character, which stores cannot keep", offset);
  }
  if (!Walker::IsScalar(value, type)) return BrokenText();
  if (type == od::json_type::null && in_array) return refuse("an array of metadata holds null");
  double number = 0;
  if (type == od::json_type::number && (value.get_double().get(number) || !std::isfinite(number))) {
    return refuse("a number of metadata is too large for a double");
  }
  return std::nullopt;
}

Verdict ItemParser::Impl::CheckMetadataArray(od::value& value, const MetadataPlace& place) {
  const std::size_t offset = OffsetOf(value);
  od::array array;
  if (value.get_array().get(array)) return BrokenText();
  std::size_t count = 0;
  for (auto element : array) {
    od::value inner;
    if (std::move(element).get(inner)) return BrokenText();
    const MetadataPlace element_place{.key = place.key, .index = count++};
    if (auto refusal = CheckMetadataValue(inner, element_place)) return refusal;
  }
  if (count > 0) return std::nullopt;
  return Refuse(codes::kInvalidMetadata, place.Pointer(), "an array of metadata is empty", offset);
}

// Brackets around the data make one walk serve scalars, objects and arrays alike.
bool ItemParser::Impl::IsJson(std::string_view data) {
  od::document wrapped;
  od::array array;
  if (data_text.Open({"[", data, "]"}, wrapped)) return false;
  if (wrapped.get_array().get(array)) return false;
  Walker walker(kDataDepthMax);
  std::size_t count = 0;
  for (auto element : array) {
    od::value value;
    if (std::move(element).get(value) || ++count > 1) return false;
    if (walker.Walk(value, 0) != Walked::kFine) return false;
  }
  return count == 1 && AtEnd(wrapped);
}

std::string TooLargeMessage(const ItemLimits& limits) {
  return "the item is longer than " + std::to_string(limits.record_bytes_max) +
         " bytes, the most that a record may hold";
}

ItemParser::ItemParser(const ItemLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
ItemParser::~ItemParser() = default;

std::optional<Refusal> ItemParser::Parse(std::string_view json, Item& item) {
  DecodedItem decoded;
  if (auto refusal = impl_->Decode(json, decoded)) return refusal;
  if (auto refusal = ApplyItemRules(decoded, impl_->limits, item)) return refusal;
  if (item.data_type == DataType::kJson && !impl_->IsJson(item.content)) {
    return Refuse(codes::kInvalidData, "/data", "data is not valid JSON, as data_type json says",
                  decoded[ItemField::kData].offset);
  }
  return std::nullopt;
}

}  // namespace headrace
