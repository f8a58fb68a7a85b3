// The wire form of outcomes: the version byte, then
//   {"batch":"<uuid>","project":"p","round":0,"succeeded":[first,last,first,last,...],
//    "failed":[{"index":7,"code":"c","message":"m","attempts":1}]}
// Empty members are left out. Written by hand, because a worker writes one for every few items.
#include "common/model/outcome.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "common/model/graph_key.h"

namespace headrace {
namespace {

using Json = nlohmann::json;

void AppendNumber(std::string& out, std::uint32_t value) {
  std::array<char, 10> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void AppendRanges(std::string& out, std::string_view name, const std::vector<IndexRange>& ranges) {
  if (ranges.empty()) return;
  out.append(",\"").append(name).append("\":");
  char separator = '[';
  for (const IndexRange& range : ranges) {
    out.push_back(separator);
    AppendNumber(out, range.first);
    out.push_back(',');
    AppendNumber(out, range.last);
    separator = ',';
  }
  out.push_back(']');
}

void AppendFailed(std::string& out, const std::vector<FailedItem>& failed) {
  if (failed.empty()) return;
  out.append(",\"failed\":");
  char separator = '[';
  for (const FailedItem& item : failed) {
    out.push_back(separator);
    out.append("{\"index\":");
    AppendNumber(out, item.index);
    out.append(",\"code\":");
    AppendJsonString(out, item.error.code);
    out.append(",\"message\":");
    AppendJsonString(out, item.error.message);
    out.append(",\"attempts\":");
    AppendNumber(out, item.error.attempts);
    out.push_back('}');
    separator = ',';
  }
  out.push_back(']');
}

// True when `json` is a whole number from 0 to `max`; anything else leaves `value` alone.
template <typename T>
bool ReadNumber(const Json& json, std::uint64_t max, T& value) {
  if (!json.is_number_unsigned()) return false;
  const auto number = json.get<std::uint64_t>();
  if (number > max) return false;
  value = static_cast<T>(number);
  return true;
}

template <typename T>
bool ReadMember(const Json& object, const char* name, std::uint64_t max, T& value) {
  const auto member = object.find(name);
  return member != object.end() && ReadNumber(*member, max, value);
}

bool ReadString(const Json& object, const char* name, std::string& value) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return false;
  value = member->get_ref<const std::string&>();
  return true;
}

bool ReadRanges(const Json& object, const char* name, std::vector<IndexRange>& ranges) {
  const auto member = object.find(name);
  if (member == object.end()) return true;
  if (!member->is_array() || member->size() % 2 != 0) return false;
  ranges.reserve(member->size() / 2);
  for (std::size_t i = 0; i < member->size(); i += 2) {
    IndexRange range;
    if (!ReadNumber((*member)[i], BatchId::kItemsMax - 1, range.first)) return false;
    if (!ReadNumber((*member)[i + 1], BatchId::kItemsMax - 1, range.last)) return false;
    if (range.first > range.last) return false;
    ranges.push_back(range);
  }
  return true;
}

bool ReadFailed(const Json& object, std::vector<FailedItem>& failed) {
  const auto member = object.find("failed");
  if (member == object.end()) return true;
  if (!member->is_array()) return false;
  failed.reserve(member->size());
  for (const Json& entry : *member) {
    FailedItem item;
    if (!entry.is_object()) return false;
    if (!ReadMember(entry, "index", BatchId::kItemsMax - 1, item.index)) return false;
    if (!ReadMember(entry, "attempts", UINT32_MAX, item.error.attempts)) return false;
    if (!ReadString(entry, "code", item.error.code)) return false;
    if (!ReadString(entry, "message", item.error.message)) return false;
    failed.push_back(std::move(item));
  }
  return true;
}

bool ReadUpstream(const Json& object, bool& upstream) {
  const auto member = object.find("upstream");
  if (member == object.end()) return true;
  if (!member->is_boolean()) return false;
  upstream = member->get<bool>();
  return true;
}

bool ReadBatch(const Json& object, BatchId& batch) {
  std::string text;
  if (!ReadString(object, "batch", text)) return false;
  const auto parsed = BatchId::Parse(text);
  if (parsed) batch = *parsed;
  return parsed.has_value();
}

Error Malformed(std::string_view member) {
  return Invalid(std::string("the outcome record has a missing or impossible ").append(member));
}

}  // namespace

std::string EncodeOutcomeRecord(const OutcomeRecord& record) {
  std::string out;
  out.reserve(128 + 16 * record.succeeded.size() + 128 * record.failed.size());
  out.push_back(kOutcomeVersion);
  out.append("{\"batch\":\"").append(record.batch.ToString()).append("\",\"project\":");
  AppendJsonString(out, record.project);
  if (record.upstream) out.append(",\"upstream\":true");
  out.append(",\"round\":");
  AppendNumber(out, record.round);
  AppendRanges(out, "succeeded", record.succeeded);
  AppendRanges(out, "skipped", record.skipped);
  AppendRanges(out, "canceled", record.canceled);
  AppendFailed(out, record.failed);
  out.push_back('}');
  return out;
}

Result<OutcomeRecord> DecodeOutcomeRecord(std::string_view value) {
  if (value.empty()) return Invalid("the outcome record is empty");
  if (value.front() != kOutcomeVersion) {
    const int version = static_cast<unsigned char>(value.front());
    return Permanent("the outcome record has version " + std::to_string(version) +
                     ", this build reads version 1");
  }
  const Json object = Json::parse(value.substr(1), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Invalid("the outcome record is not a JSON object");
  OutcomeRecord record;
  if (!ReadBatch(object, record.batch)) return Malformed("batch");
  if (!ReadString(object, "project", record.project)) return Malformed("project");
  if (!IsValidProject(record.project)) return Malformed("project");
  if (!ReadUpstream(object, record.upstream)) return Malformed("upstream");
  if (!ReadMember(object, "round", kRoundMax, record.round)) return Malformed("round");
  if (!ReadRanges(object, "succeeded", record.succeeded)) return Malformed("succeeded");
  if (!ReadRanges(object, "skipped", record.skipped)) return Malformed("skipped");
  if (!ReadRanges(object, "canceled", record.canceled)) return Malformed("canceled");
  if (!ReadFailed(object, record.failed)) return Malformed("failed");
  return record;
}

}  // namespace headrace
