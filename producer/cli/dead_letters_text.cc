#include "producer/cli/dead_letters_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/model/timestamp.h"
#include "producer/cli/human_format.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;
using retry::DeadLetter;
using retry::ReplayPlan;

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string ItemId(const DeadLetter& letter) {
  return letter.id.ref.batch.ItemUuid(letter.id.ref.index).ToString();
}

std::string Place(const Record& record) {
  return std::to_string(record.source.partition) + "/" + std::to_string(record.offset);
}

// "3 items", "1 item".
std::string Items(std::uint64_t count) {
  return FormatCount(count) + (count == 1 ? " item" : " items");
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

std::string LettersByCode(const CountByCode& counts) {
  if (counts.empty()) return "no dead letters\n";
  std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
  std::ranges::stable_sort(sorted,
                           [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::vector<std::string>> rows{{"LETTERS", "CODE"}};
  for (const auto& [code, count] : sorted) rows.push_back({FormatCount(count), OneLine(code)});
  return FormatTable(rows);
}

std::vector<std::string> LetterHeading() {
  return {"PROJECT", "ITEM", "ROUND", "CODE", "ATTEMPTS", "LAST TRY", "ORIGIN", "GRAPH", "MESSAGE"};
}

std::vector<std::string> LetterRow(const Record& record, const DeadLetter& letter) {
  return {OneLine(letter.project),
          letter.id.ref.batch.ToString() + "/" + std::to_string(letter.id.ref.index),
          std::to_string(letter.id.ref.round),
          OneLine(letter.code),
          std::to_string(letter.attempts),
          OneLine(letter.last_try),
          OneLine(letter.origin),
          OneLine(record.key),
          OneLine(letter.message)};
}

std::string LetterJson(const Record& record, const DeadLetter& letter) {
  Json json;
  json["item_id"] = ItemId(letter);
  json["batch_id"] = letter.id.ref.batch.ToString();
  json["index"] = letter.id.ref.index;
  json["round"] = letter.id.ref.round;
  json["project"] = letter.project;
  json["graph"] = record.key;
  json["code"] = letter.code;
  json["message"] = letter.message;
  json["attempts"] = letter.attempts;
  if (!letter.first_try.empty()) json["first_try"] = letter.first_try;
  json["last_try"] = letter.last_try;
  json["origin"] = letter.origin;
  json["letter"] = Place(record);
  return Line(json);
}

std::string LetterDetails(const Record& record) {
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"key", OneLine(record.key)});
  rows.push_back({"letter", Place(record)});
  rows.push_back({"written", FormatRfc3339(record.append_time)});
  rows.push_back({"bytes", FormatCount(record.value.size())});
  for (const Header& header : record.headers) {
    rows.push_back({OneLine(header.name), OneLine(header.value)});
  }
  std::string text;
  for (std::vector<std::string>& row : rows) {
    row[0].resize(std::max<std::size_t>(row[0].size(), 20), ' ');
    text += row[0] + " " + row[1] + "\n";
  }
  return text;
}

std::string ReplayText(const ReplayPlan& plan, bool done) {
  std::string text;
  if (!plan.counts.empty()) {
    std::vector<std::vector<std::string>> rows{{"ITEMS", "CODE", "PROJECT"}};
    for (const retry::CodeCount& count : plan.counts) {
      rows.push_back({FormatCount(count.items), OneLine(count.code), OneLine(count.project)});
    }
    text = FormatTable(rows) + "\n";
  }
  text += Items(plan.items) + (done ? " sent again\n" : " would be sent again\n");
  const auto note = [&](std::uint64_t count, const char* what) {
    if (count > 0) text += Items(count) + what;
  };
  note(plan.resumed, done ? " of an interrupted replay sent\n"
                          : " of an interrupted replay would be sent, too\n");
  note(plan.replayed_before, " left alone: replayed before\n");
  note(plan.hopeless, " left alone: the record itself was refused, it must be sent anew\n");
  note(plan.exhausted, " left alone: tried in the last possible round\n");
  return text;
}

std::string ReplayJson(const ReplayPlan& plan, bool done, std::uint64_t sent) {
  Json json;
  json["dry_run"] = !done;
  json["items"] = plan.items;
  json["resumed"] = plan.resumed;
  json["sent"] = sent;
  json["replayed_before"] = plan.replayed_before;
  json["not_replayable"] = plan.hopeless;
  json["rounds_exhausted"] = plan.exhausted;
  json["counts"] = Json::array();
  for (const retry::CodeCount& count : plan.counts) {
    json["counts"].push_back(
        Json{{"code", count.code}, {"project", count.project}, {"items", count.items}});
  }
  return Line(json);
}

}  // namespace headrace::cli
