#include "common/model/archive_line.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/json_text.h"
#include "common/model/outcome.h"
#include "common/model/timestamp.h"

namespace headrace {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = R"({"headrace_archive":)";
constexpr std::uint32_t kVersion = 1;

void AppendStart(const ArchiveMark& mark, std::string& out) {
  out.append(kPrefix);
  out.append(R"({"v":1,"written":")").append(FormatRfc3339(mark.written_at));
  out.append(R"(","graph":)");
  AppendJsonString(out, mark.graph.ToString());
}

// One past the object that `text` begins with; 0 when it does not end.
std::size_t EndOfObject(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    if (in_string) {
      if (character == '\\') ++at;
      in_string = character != '"';
    } else if (character == '"') {
      in_string = true;
    } else if (character == '{') {
      ++depth;
    } else if (character == '}' && --depth == 0) {
      return at + 1;
    }
    if (depth == 0) return 0;
  }
  return 0;
}

const std::string* TextOf(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() ? nullptr : found->get_ptr<const std::string*>();
}

bool TakeTime(const Json& json, const char* name, Timestamp& time) {
  const std::string* text = TextOf(json, name);
  const std::optional<Timestamp> parsed = text == nullptr ? std::nullopt : ParseRfc3339(*text);
  if (parsed) time = *parsed;
  return parsed.has_value();
}

template <typename T>
bool TakeNumber(const Json& json, const char* name, std::uint64_t max, T& number) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_unsigned()) return false;
  const auto value = found->get<std::uint64_t>();
  number = static_cast<T>(value);
  return value <= max;
}

bool TakeIds(const Json& json, ArchiveMark& mark) {
  const std::string* uuid = TextOf(json, "uuid");
  const std::string* batch = TextOf(json, "batch");
  if (uuid == nullptr || batch == nullptr) return false;
  const std::optional<Uuid> episode = Uuid::Parse(*uuid);
  const std::optional<BatchId> id = BatchId::Parse(*batch);
  if (!episode || !id) return false;
  mark.episode = *episode;
  mark.ref.batch = *id;
  return true;
}

bool TakeItem(const Json& json, ArchiveMark& mark) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  mark.skip = json.value("skip", Json()) == Json(true);
  return TakeIds(json, mark) && TakeTime(json, "accepted", mark.accepted_at) &&
         TakeNumber(json, "index", BatchId::kItemsMax - 1, mark.ref.index) &&
         TakeNumber(json, "round", kRoundMax, mark.ref.round) &&
         TakeNumber(json, "incarnation", kMax, mark.incarnation);
}

Result<ArchiveMark> MarkOf(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  std::uint32_t version = 0;
  if (!json.is_object() || !TakeNumber(json, "v", 1'000'000, version)) {
    return Invalid("headrace_archive is no mark of an archive");
  }
  if (version != kVersion) {
    return Invalid("headrace_archive is of version " + std::to_string(version) +
                   "; this Headrace knows " + std::to_string(kVersion));
  }
  ArchiveMark mark;
  const std::string* graph = TextOf(json, "graph");
  if (graph == nullptr) return Invalid("headrace_archive names no graph");
  Result<GraphKey> key = GraphKey::Parse(*graph);
  if (!key.ok()) return std::move(key).error().Prefix("headrace_archive");
  mark.graph = *std::move(key);
  std::uint32_t below = 0;
  const bool erase = json.contains("erased_below");
  if (erase && TakeNumber(json, "erased_below", 0xFFFFFFFF, below)) mark.erased_below = below;
  const bool whole = TakeTime(json, "written", mark.written_at) &&
                     (erase ? mark.erased_below.has_value() : TakeItem(json, mark));
  if (!whole) return Invalid("headrace_archive lacks a field, or has a wrong one");
  return mark;
}

// Where the mark's object ends, counted from the beginning of the line.
std::size_t EndOfMark(std::string_view line) {
  const std::size_t end = EndOfObject(line.substr(kPrefix.size()));
  return end == 0 ? 0 : kPrefix.size() + end;
}

}  // namespace

void AppendArchiveLine(const ArchiveMark& mark, std::string_view item, std::string& out) {
  AppendStart(mark, out);
  out.append(R"(,"uuid":")").append(mark.episode.ToString());
  out.append(R"(","batch":")").append(mark.ref.batch.ToString());
  out.append(R"(","index":)").append(std::to_string(mark.ref.index));
  out.append(R"(,"round":)").append(std::to_string(mark.ref.round));
  out.append(R"(,"accepted":")").append(FormatRfc3339(mark.accepted_at));
  out.append(R"(","incarnation":)").append(std::to_string(mark.incarnation));
  if (mark.skip) out.append(R"(,"skip":true)");
  out.append("},");
  const std::size_t brace = std::min(item.find('{'), item.size() - 1);
  const std::size_t from = out.size();
  out.append(item.substr(brace + 1));
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
      [](char character) { return character == '\n' || character == '\r'; }, ' ');
  out.push_back('\n');
}

void AppendEraseLine(const ArchiveMark& mark, std::string& out) {
  AppendStart(mark, out);
  out.append(R"(,"erased_below":)").append(std::to_string(mark.erased_below.value_or(0)));
  out.append("}}\n");
}

bool IsArchiveLine(std::string_view line) { return line.starts_with(kPrefix); }

Result<ArchiveMark> ParseArchiveMark(std::string_view line) {
  const std::size_t end = IsArchiveLine(line) ? EndOfMark(line) : 0;
  if (end == 0) return Invalid("headrace_archive is no mark of an archive");
  return MarkOf(line.substr(kPrefix.size(), end - kPrefix.size()));
}

Result<ArchiveLine> ParseArchiveLine(std::string_view line) {
  Result<ArchiveMark> mark = ParseArchiveMark(line);
  if (!mark.ok()) return std::move(mark).error();
  ArchiveLine parsed{*std::move(mark), {}};
  if (parsed.mark.erased_below) return parsed;
  const std::string_view rest = line.substr(EndOfMark(line));
  if (!rest.starts_with(',')) return Invalid("the line of an archive has no item");
  parsed.item.reserve(rest.size());
  parsed.item.push_back('{');
  parsed.item.append(rest.substr(1));
  return parsed;
}

}  // namespace headrace
