#include "producer/cli/load_summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "producer/cli/batch_text.h"
#include "producer/cli/human_format.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

double ItemsPerSecond(const LoadSummary& summary) {
  const double seconds = static_cast<double>(summary.elapsed.count()) / 1000;
  return seconds > 0 ? static_cast<double>(summary.accepted) / seconds : 0;
}

std::string RejectedText(const Rejections& rejections) {
  std::string text = FormatCount(rejections.count);
  std::string codes;
  for (const auto& [code, count] : rejections.count_by_code) {
    codes += (codes.empty() ? "" : ", ") + code + " " + FormatCount(count);
  }
  return codes.empty() ? text : text + "  (" + codes + ")";
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json RefusedLinesJson(const Rejections& rejections) {
  Json lines = Json::array();
  for (const RefusedLine& line : rejections.shown) {
    lines.push_back(Json{{"file", line.file},
                         {"line", line.line},
                         {"column", line.column},
                         {"pointer", line.refusal.pointer},
                         {"code", line.refusal.code},
                         {"message", line.refusal.message}});
  }
  return lines;
}

}  // namespace

std::string ForeignText(const intake::ForeignItems& foreign) {
  std::string text = FormatCount(foreign.count) + " of other projects: ";
  for (std::size_t at = 0; at < foreign.projects.size(); ++at) {
    text += (at == 0 ? "" : ", ") + foreign.projects[at];
  }
  return foreign.more_projects ? text + ", ..." : text;
}

std::string LoadSummaryText(const LoadSummary& summary, const Rejections& rejections) {
  std::string text;
  const auto fact = [&text](std::string name, const std::string& value) {
    name.resize(std::max<std::size_t>(11, name.size() + 1), ' ');
    text += name + value + "\n";
  };
  if (!summary.batch_id.empty()) fact("batch", summary.batch_id);
  fact("project", summary.project);
  if (summary.batch) fact("status", summary.batch->status);
  // A load that was refused before it sent anything has neither a count nor a rate.
  const bool refused = summary.batch_id.empty() && !summary.problem.empty();
  if (!refused) {
    fact(summary.dry_run ? "acceptable" : "accepted", FormatCount(summary.accepted));
  }
  if (rejections.count > 0) fact("rejected", RejectedText(rejections));
  if (!refused && summary.foreign.count > 0) fact("left out", ForeignText(summary.foreign));
  if (summary.batch) {
    fact("succeeded", FormatCount(summary.batch->succeeded));
    fact("failed", FormatCount(summary.batch->failed));
    if (summary.batch->skipped > 0) fact("skipped", FormatCount(summary.batch->skipped));
    if (summary.batch->canceled > 0) fact("canceled", FormatCount(summary.batch->canceled));
  }
  if (!refused) {
    fact("time", FormatSeconds(summary.elapsed) + ", " + FormatRate(ItemsPerSecond(summary)));
  }
  return text;
}

std::string LoadSummaryJson(const LoadSummary& summary, const Rejections& rejections) {
  Json json;
  json["batch_id"] = TextOrNull(summary.batch_id);
  json["project"] = summary.project;
  json["dry_run"] = summary.dry_run;
  json["sealed"] = summary.sealed;
  json["accepted"] = summary.accepted;
  json["rejected"] = rejections.count;
  json["rejected_by_code"] = Json::object();
  for (const auto& [code, count] : rejections.count_by_code) json["rejected_by_code"][code] = count;
  json["refused_lines"] = RefusedLinesJson(rejections);
  json["other_projects"] = Json{{"items", summary.foreign.count},
                                {"projects", summary.foreign.projects},
                                {"more", summary.foreign.more_projects}};
  json["bytes"] = summary.bytes;
  json["seconds"] = static_cast<double>(summary.elapsed.count()) / 1000;
  json["items_per_second"] = static_cast<std::uint64_t>(ItemsPerSecond(summary));
  json["source_sha256"] = TextOrNull(summary.source_sha256);
  json["batch"] =
      summary.batch ? Json::parse(BatchJson(*summary.batch), nullptr, false) : Json(nullptr);
  json["problem"] = TextOrNull(summary.problem);
  json["resume"] = TextOrNull(summary.resume);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace headrace::cli
