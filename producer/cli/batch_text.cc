#include "producer/cli/batch_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "producer/cli/human_format.h"

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;
using redis::BatchSummary;

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json ToJson(const BatchSummary& batch) {
  Json json;
  json["batch_id"] = batch.id;
  json["project"] = batch.project;
  json["status"] = batch.status;
  json["sealed"] = batch.sealed;
  json["final"] = batch.final;
  json["item_count"] = batch.item_count;
  json["queued"] = batch.queued;
  json["processing"] = batch.processing;
  json["succeeded"] = batch.succeeded;
  json["failed"] = batch.failed;
  json["skipped"] = batch.skipped;
  json["canceled"] = batch.canceled;
  json["rejected"] = batch.rejected;
  json["retrying"] = batch.retrying;
  json["round"] = batch.round;
  json["created_at"] = TextOrNull(batch.created_at);
  json["started_at"] = TextOrNull(batch.started_at);
  json["completed_at"] = TextOrNull(batch.completed_at);
  const Json metadata = Json::parse(batch.metadata, nullptr, false);
  json["metadata"] = metadata.is_object() ? metadata : Json(nullptr);
  return json;
}

bool AnyOf(const std::vector<BatchSummary>& batches, std::uint64_t BatchSummary::*counter) {
  return std::any_of(batches.begin(), batches.end(),
                     [counter](const BatchSummary& batch) { return batch.*counter > 0; });
}

// Upstream has no total; a batch has one once it is sealed, or from the start when it was declared.
bool HasTotal(const BatchSummary& batch) { return batch.sealed || batch.declared; }

// Empty while the total is unknown.
std::string PercentText(const BatchSummary& batch, std::uint64_t part) {
  const std::uint64_t total = batch.item_count;
  if (total == 0 || !HasTotal(batch)) return {};
  // One lost item in a million must not hide behind "0%".
  if (part > 0 && part * 100 < total) return "<1%";
  return std::to_string(Percent(part, total)) + "%";
}

}  // namespace

std::uint64_t FinishedItems(const BatchSummary& batch) {
  return batch.succeeded + batch.failed + batch.skipped + batch.canceled;
}

std::string BatchTable(const std::vector<BatchSummary>& batches) {
  if (batches.empty()) return "no batches\n";
  // Columns that are zero everywhere would only push the others off the screen.
  const bool skipped = AnyOf(batches, &BatchSummary::skipped);
  const bool canceled = AnyOf(batches, &BatchSummary::canceled);
  const bool rejected = AnyOf(batches, &BatchSummary::rejected);
  std::vector<std::vector<std::string>> rows(1);
  rows[0] = {"BATCH", "STATUS", "ITEMS", "DONE", "QUEUED", "PROCESSING", "SUCCEEDED", "FAILED"};
  if (skipped) rows[0].emplace_back("SKIPPED");
  if (canceled) rows[0].emplace_back("CANCELED");
  if (rejected) rows[0].emplace_back("REJECTED");
  rows[0].emplace_back("CREATED");
  for (const BatchSummary& batch : batches) {
    std::vector<std::string> row{batch.id,
                                 batch.status,
                                 FormatCount(batch.item_count),
                                 PercentText(batch, FinishedItems(batch)),
                                 FormatCount(batch.queued),
                                 FormatCount(batch.processing),
                                 FormatCount(batch.succeeded),
                                 FormatCount(batch.failed)};
    if (skipped) row.push_back(FormatCount(batch.skipped));
    if (canceled) row.push_back(FormatCount(batch.canceled));
    if (rejected) row.push_back(FormatCount(batch.rejected));
    row.push_back(batch.created_at.empty() ? "-" : batch.created_at);
    rows.push_back(std::move(row));
  }
  return FormatTable(rows);
}

std::string BatchDetails(const BatchSummary& batch) {
  const auto fact = [](const char* name, const std::string& value) {
    std::string line(name);
    line.resize(12, ' ');
    return line + value + "\n";
  };
  std::string text =
      fact("batch", batch.id) + fact("project", batch.project) + fact("status", batch.status);
  const std::uint64_t finished = FinishedItems(batch);
  std::string done = FormatCount(finished) + " of " + FormatCount(batch.item_count) + " items";
  const std::string percent = PercentText(batch, finished);
  if (!percent.empty()) done += ", " + percent;
  if (!HasTotal(batch)) done += " so far";
  text += fact("finished", done);
  if (!batch.created_at.empty()) text += fact("created", batch.created_at);
  if (!batch.started_at.empty()) text += fact("started", batch.started_at);
  if (!batch.completed_at.empty()) text += fact("completed", batch.completed_at);
  if (!batch.metadata.empty()) text += fact("metadata", batch.metadata);
  if (batch.rejected > 0) {
    text += fact("rejected", FormatCount(batch.rejected) + " input lines, not part of the batch");
  }
  if (batch.retrying > 0) {
    text += fact("retrying", FormatCount(batch.retrying) + " items, still counted as they ended " +
                                 "in the round before");
  }
  std::vector<std::vector<std::string>> counters;
  const auto counter = [&](std::string name, std::uint64_t count) {
    name.resize(10, ' ');
    counters.push_back({name, FormatCount(count), PercentText(batch, count)});
  };
  counter("queued", batch.queued);
  counter("processing", batch.processing);
  counter("succeeded", batch.succeeded);
  counter("failed", batch.failed);
  counter("skipped", batch.skipped);
  counter("canceled", batch.canceled);
  return text + "\n" + FormatTable(counters, false);
}

std::string ErrorsText(const std::string& batch_id, const redis::BatchErrors& errors) {
  if (errors.count_by_code.empty() && errors.items.empty()) return "no errors\n";
  std::vector<std::pair<std::string, std::uint64_t>> codes(errors.count_by_code.begin(),
                                                           errors.count_by_code.end());
  std::stable_sort(codes.begin(), codes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::vector<std::string>> groups{{"ITEMS", "CODE"}};
  std::uint64_t total = 0;
  for (const auto& [code, count] : codes) {
    groups.push_back({FormatCount(count), code});
    total += count;
  }
  const bool name_batches = std::ranges::any_of(
      errors.items, [&](const auto& item) { return item.batch_id != batch_id; });
  std::vector<std::vector<std::string>> rows{{"INDEX", "ATTEMPTS", "CODE", "MESSAGE"}};
  if (name_batches) rows[0].insert(rows[0].begin(), "BATCH");
  for (const redis::FailedBatchItem& item : errors.items) {
    std::vector<std::string> row{std::to_string(item.index), std::to_string(item.error.attempts),
                                 item.error.code, item.error.message};
    if (name_batches) row.insert(row.begin(), item.batch_id);
    rows.push_back(std::move(row));
  }
  std::string text = FormatTable(groups);
  if (errors.items.empty()) return text;
  text += "\n" + FormatTable(rows);
  if (total > errors.items.size()) {
    text += "... " + FormatCount(total - errors.items.size()) + " more\n";
  }
  return text;
}

std::string BatchJson(const BatchSummary& batch) { return Line(ToJson(batch)); }

std::string BatchListJson(const std::vector<BatchSummary>& batches) {
  Json list = Json::array();
  for (const BatchSummary& batch : batches) list.push_back(ToJson(batch));
  return Line(Json{{"batches", list}});
}

std::string ErrorsJson(const std::string& batch_id, const redis::BatchErrors& errors) {
  Json items = Json::array();
  for (const redis::FailedBatchItem& item : errors.items) {
    items.push_back(Json{{"batch_id", item.batch_id},
                         {"index", item.index},
                         {"code", item.error.code},
                         {"message", item.error.message},
                         {"attempts", item.error.attempts}});
  }
  Json codes = Json::object();
  for (const auto& [code, count] : errors.count_by_code) codes[code] = count;
  return Line(Json{{"batch_id", batch_id}, {"count_by_code", codes}, {"items", items}});
}

}  // namespace headrace::cli
