// The wire form of outcomes: the version byte, then
//   {"batch":"<uuid>","project":"p","round":0,"succeeded":[first,last,first,last,...],
//    "failed":[{"index":7,"code":"c","message":"m","attempts":1}]}
// Empty members are left out. Written by hand, because a worker writes one for every few items.
#include "common/model/outcome.h"

#include <simdjson.h>

#include <array>
#include <charconv>

#include "common/base/json_text.h"
#include "common/model/graph_key.h"

namespace headrace {
namespace {

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

using simdjson::dom::element;

// True when `json` is a whole number from 0 to `max`; anything else leaves `value` alone.
template <typename T>
bool ReadNumber(const element& json, std::uint64_t max, T& value) {
  std::uint64_t number = 0;
  if (json.get(number) != simdjson::SUCCESS || number > max) return false;
  value = static_cast<T>(number);
  return true;
}

template <typename T>
bool ReadMember(const element& object, const char* name, std::uint64_t max, T& value) {
  element member;
  return object[name].get(member) == simdjson::SUCCESS && ReadNumber(member, max, value);
}

bool ReadString(const element& object, const char* name, std::string& value) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return false;
  value = text;
  return true;
}

// Of members that may be absent.
enum class Found { kNo, kYes, kOfAnotherType };

template <typename T>
Found Find(const element& object, const char* name, T& value) {
  element member;
  if (object[name].get(member) != simdjson::SUCCESS) return Found::kNo;
  return member.get(value) == simdjson::SUCCESS ? Found::kYes : Found::kOfAnotherType;
}

bool ReadRanges(const element& object, const char* name, std::vector<IndexRange>& ranges) {
  simdjson::dom::array numbers;
  if (const Found found = Find(object, name, numbers); found != Found::kYes) {
    return found == Found::kNo;
  }
  ranges.reserve(numbers.size() / 2);
  for (auto number = numbers.begin(); number != numbers.end(); ++number) {
    IndexRange range;
    if (!ReadNumber(*number, BatchId::kItemsMax - 1, range.first)) return false;
    if (!(++number != numbers.end())) return false;
    if (!ReadNumber(*number, BatchId::kItemsMax - 1, range.last)) return false;
    if (range.first > range.last) return false;
    ranges.push_back(range);
  }
  return true;
}

bool ReadFailed(const element& object, std::vector<FailedItem>& failed) {
  simdjson::dom::array entries;
  if (const Found found = Find(object, "failed", entries); found != Found::kYes) {
    return found == Found::kNo;
  }
  for (const element& entry : entries) {
    FailedItem item;
    if (!ReadMember(entry, "index", BatchId::kItemsMax - 1, item.index)) return false;
    if (!ReadMember(entry, "attempts", UINT32_MAX, item.error.attempts)) return false;
    if (!ReadString(entry, "code", item.error.code)) return false;
    if (!ReadString(entry, "message", item.error.message)) return false;
    failed.push_back(std::move(item));
  }
  return true;
}

bool ReadBatch(const element& object, BatchId& batch) {
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
  // Keeps its buffers: the projector reads one record for every few items.
  static thread_local simdjson::dom::parser parser;
  element object;
  if (parser.parse(value.data() + 1, value.size() - 1).get(object) != simdjson::SUCCESS ||
      !object.is_object()) {
    return Invalid("the outcome record is not a JSON object");
  }
  OutcomeRecord record;
  if (!ReadBatch(object, record.batch)) return Malformed("batch");
  if (!ReadString(object, "project", record.project)) return Malformed("project");
  if (!IsValidProject(record.project)) return Malformed("project");
  if (Find(object, "upstream", record.upstream) == Found::kOfAnotherType) {
    return Malformed("upstream");
  }
  if (!ReadMember(object, "round", kRoundMax, record.round)) return Malformed("round");
  if (!ReadRanges(object, "succeeded", record.succeeded)) return Malformed("succeeded");
  if (!ReadRanges(object, "skipped", record.skipped)) return Malformed("skipped");
  if (!ReadRanges(object, "canceled", record.canceled)) return Malformed("canceled");
  if (!ReadFailed(object, record.failed)) return Malformed("failed");
  return record;
}

}  // namespace headrace
