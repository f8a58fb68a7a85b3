#include "common/model/batch_fact.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "common/model/graph_key.h"
#include "common/model/timestamp.h"

namespace headrace {
namespace {

using Json = nlohmann::json;

constexpr char kFactVersion = '\x01';
constexpr std::string_view kKeyPrefix = "batch/";
constexpr std::array<std::string_view, 3> kPlainFactNames{"opened", "dispatched", "sealed"};
constexpr std::string_view kRetryName = "retry/";

struct FactKey {
  BatchId batch;
  BatchFactKind kind = BatchFactKind::kOpened;
  std::uint8_t round = 0;         // of a retry
  std::uint32_t first_index = 0;  // of a retry
};

template <typename T>
bool ParseDecimal(std::string_view text, T& value) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// "<round>/<first index>"
Result<FactKey> ParseRetryKey(const BatchId& batch, std::string_view text) {
  FactKey key{.batch = batch, .kind = BatchFactKind::kRetryOpened};
  const std::size_t slash = text.find('/');
  const bool read = slash != std::string_view::npos &&
                    ParseDecimal(text.substr(0, slash), key.round) &&
                    ParseDecimal(text.substr(slash + 1), key.first_index);
  if (!read || key.round == 0 || key.round > kRoundMax) {
    return Invalid("the journal key names no round and index of its retry");
  }
  return key;
}

// kNotFound for keys that name something else, facts that later versions add included.
Result<FactKey> ParseKey(std::string_view key) {
  if (!key.starts_with(kKeyPrefix)) return NotFound("not the key of a batch fact");
  key.remove_prefix(kKeyPrefix.size());
  const auto batch = BatchId::Parse(key.substr(0, Uuid::kTextLength));
  if (!batch) return Invalid("the journal key does not name a batch");
  key.remove_prefix(Uuid::kTextLength);
  if (!key.starts_with('/')) return Invalid("the journal key names no fact of its batch");
  key.remove_prefix(1);
  if (key.starts_with(kRetryName)) return ParseRetryKey(*batch, key.substr(kRetryName.size()));
  for (std::size_t i = 0; i < kPlainFactNames.size(); ++i) {
    if (key == kPlainFactNames[i]) {
      return FactKey{.batch = *batch, .kind = static_cast<BatchFactKind>(i)};
    }
  }
  return NotFound("not a batch fact that this build knows");
}

void WriteNumber(Json& object, const char* name, const std::optional<std::uint64_t>& value) {
  if (value) object[name] = *value;
}

void WriteText(Json& object, const char* name, const std::string& value) {
  if (!value.empty()) object[name] = value;
}

// Absent members are fine; members of another type are not.
bool ReadNumber(const Json& object, const char* name, std::optional<std::uint64_t>& value) {
  const auto member = object.find(name);
  if (member == object.end()) return true;
  if (!member->is_number_unsigned()) return false;
  value = member->get<std::uint64_t>();
  return true;
}

bool ReadText(const Json& object, const char* name, std::string& value) {
  const auto member = object.find(name);
  if (member == object.end()) return true;
  if (!member->is_string()) return false;
  value = member->get_ref<const std::string&>();
  return true;
}

// False unless they are by index, disjoint and not empty.
bool ReadIndexes(const Json& object, std::vector<IndexRange>& ranges) {
  const auto member = object.find("indexes");
  if (member == object.end() || !member->is_array() || member->empty()) return false;
  for (const Json& entry : *member) {
    if (!entry.is_array() || entry.size() != 2) return false;
    if (!entry[0].is_number_unsigned() || !entry[1].is_number_unsigned()) return false;
    const auto first = entry[0].get<std::uint64_t>();
    const auto last = entry[1].get<std::uint64_t>();
    if (first > last || last >= BatchId::kItemsMax) return false;
    if (!ranges.empty() && first <= ranges.back().last) return false;
    ranges.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
  }
  return true;
}

bool ReadFlag(const Json& object, const char* name, bool& value) {
  const auto member = object.find(name);
  if (member == object.end()) return true;
  if (!member->is_boolean()) return false;
  value = member->get<bool>();
  return true;
}

bool ReadTime(const Json& object, Timestamp& at) {
  std::string text;
  if (!ReadText(object, "at", text)) return false;
  const auto time = ParseRfc3339(text);
  if (time) at = *time;
  return time.has_value();
}

Error Malformed(std::string_view member) {
  return Invalid(std::string("the batch fact has a missing or impossible ").append(member));
}

// What a retry says beside its key; the two must agree.
Status ReadRetry(const Json& object, const FactKey& key, BatchFact& fact) {
  fact.round = key.round;
  if (!ReadFlag(object, "upstream", fact.upstream)) return Malformed("upstream");
  if (!ReadIndexes(object, fact.indexes)) return Malformed("indexes");
  if (fact.indexes.front().first != key.first_index) return Malformed("indexes");
  if (fact.item_count != CountOf(fact.indexes)) return Malformed("item_count");
  return {};
}

// What the kind of fact promises its readers beyond the common members.
Status CheckComplete(const BatchFact& fact) {
  const bool sealed = fact.kind == BatchFactKind::kSealed;
  if (sealed && !fact.item_count) return Malformed("item_count");
  if (sealed && !fact.index_end) return Malformed("index_end");
  if (fact.kind == BatchFactKind::kDispatched && !fact.dispatched) return Malformed("dispatched");
  return {};
}

}  // namespace

std::string BatchFactKey(const BatchFact& fact) {
  std::string key(kKeyPrefix);
  key.append(fact.batch.ToString()).append("/");
  if (fact.kind != BatchFactKind::kRetryOpened) {
    return key.append(kPlainFactNames.at(static_cast<std::size_t>(fact.kind)));
  }
  return key.append(kRetryName)
      .append(std::to_string(fact.round))
      .append("/")
      .append(std::to_string(fact.indexes.at(0).first));
}

std::string EncodeBatchFact(const BatchFact& fact) {
  Json object{{"project", fact.project}, {"at", FormatRfc3339(fact.at)}};
  WriteNumber(object, "item_count", fact.item_count);
  WriteNumber(object, "index_end", fact.index_end);
  WriteNumber(object, "rejected", fact.rejected);
  WriteNumber(object, "dispatched", fact.dispatched);
  WriteText(object, "source_sha256", fact.source_sha256);
  // As text, so that the client gets its metadata back byte for byte.
  WriteText(object, "metadata", fact.metadata);
  if (fact.upstream) object["upstream"] = true;
  if (fact.archived) object["archived"] = true;
  for (const IndexRange& range : fact.indexes) {
    object["indexes"].push_back({range.first, range.last});
  }
  return kFactVersion + object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<BatchFact> DecodeBatchFact(std::string_view key, std::string_view value) {
  const auto parsed_key = ParseKey(key);
  if (!parsed_key.ok()) return parsed_key.error();
  if (value.empty()) return Invalid("the batch fact is empty");
  if (value.front() != kFactVersion) {
    const int version = static_cast<unsigned char>(value.front());
    return Permanent("the batch fact has version " + std::to_string(version) +
                     ", this build reads version 1");
  }
  const Json object = Json::parse(value.substr(1), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Invalid("the batch fact is not a JSON object");
  BatchFact fact;
  fact.kind = parsed_key->kind;
  fact.batch = parsed_key->batch;
  if (!ReadText(object, "project", fact.project)) return Malformed("project");
  if (!IsValidProject(fact.project)) return Malformed("project");
  if (!ReadTime(object, fact.at)) return Malformed("at");
  if (!ReadNumber(object, "item_count", fact.item_count)) return Malformed("item_count");
  if (!ReadNumber(object, "index_end", fact.index_end)) return Malformed("index_end");
  if (!ReadNumber(object, "rejected", fact.rejected)) return Malformed("rejected");
  if (!ReadNumber(object, "dispatched", fact.dispatched)) return Malformed("dispatched");
  if (!ReadText(object, "source_sha256", fact.source_sha256)) return Malformed("source_sha256");
  if (!ReadText(object, "metadata", fact.metadata)) return Malformed("metadata");
  if (!ReadFlag(object, "archived", fact.archived)) return Malformed("archived");
  Status complete = CheckComplete(fact);
  if (complete.ok() && fact.kind == BatchFactKind::kRetryOpened) {
    complete = ReadRetry(object, *parsed_key, fact);
  }
  if (!complete.ok()) return complete.error();
  return fact;
}

}  // namespace headrace
