#include "common/redis/batch_view.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <unordered_map>
#include <utility>

#include "common/redis/connection.h"
#include "common/redis/redis_keys.h"

namespace headrace::redis {
namespace {

constexpr std::string_view kUpstream = "upstream";
constexpr std::size_t kPage = 100;  // batches asked for at once

using Fields = std::unordered_map<std::string, std::string>;

Fields ToFields(const Reply& reply) {
  Fields fields;
  for (std::size_t i = 0; i + 1 < reply.items.size(); i += 2) {
    fields.emplace(reply.items[i].text, reply.items[i + 1].text);
  }
  return fields;
}

std::string Text(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

std::uint64_t ToNumber(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::uint64_t Number(const Fields& fields, const char* name) {
  return ToNumber(Text(fields, name));
}

// What is not final is split by `dispatched`, which may lag behind or run ahead of the outcomes: it
// comes from another topic.
void DeriveOpenCounters(BatchSummary& summary, std::uint64_t dispatched) {
  const std::uint64_t terminal =
      summary.succeeded + summary.failed + summary.skipped + summary.canceled;
  summary.item_count = std::max(summary.item_count, terminal);
  const std::uint64_t handed_over = std::min(dispatched, summary.item_count);
  summary.processing = handed_over > terminal ? handed_over - terminal : 0;
  summary.queued = summary.item_count - terminal - summary.processing;
}

BatchSummary ToSummary(std::string id, const Fields& fields) {
  BatchSummary summary;
  summary.id = std::move(id);
  summary.project = Text(fields, "project");
  summary.status = Text(fields, "status");
  summary.item_count = Number(fields, "item_count");
  summary.succeeded = Number(fields, "succeeded");
  summary.failed = Number(fields, "failed");
  summary.skipped = Number(fields, "skipped");
  summary.canceled = Number(fields, "canceled");
  summary.rejected = Number(fields, "rejected");
  summary.created_at = Text(fields, "created_at");
  summary.started_at = Text(fields, "started_at");
  summary.completed_at = Text(fields, "completed_at");
  summary.metadata = Text(fields, "metadata");
  summary.declared = fields.contains("declared");
  summary.sealed = fields.contains("sealed");
  DeriveOpenCounters(summary, Number(fields, "dispatched"));
  summary.retrying = Number(fields, "retrying");
  summary.round = static_cast<std::uint8_t>(Number(fields, "round"));
  summary.final =
      summary.sealed && summary.queued == 0 && summary.processing == 0 && summary.retrying == 0;
  return summary;
}

// The earlier of two times, where empty means not yet.
void TakeEarlier(std::string& time, const std::string& other) {
  if (time.empty() || (!other.empty() && other < time)) time = other;
}

void AddTo(BatchSummary& total, const BatchSummary& part) {
  total.item_count += part.item_count;
  total.succeeded += part.succeeded;
  total.failed += part.failed;
  total.skipped += part.skipped;
  total.canceled += part.canceled;
  total.retrying += part.retrying;
  total.round = std::max(total.round, part.round);
  TakeEarlier(total.created_at, part.created_at);
  TakeEarlier(total.started_at, part.started_at);
}

FailedBatchItem ToFailedItem(const std::string& batch_id, const std::string& index,
                             const std::string& json) {
  FailedBatchItem item;
  item.batch_id = batch_id;
  item.index = static_cast<std::uint32_t>(ToNumber(index));
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return item;
  const auto text = [&](const char* name) {
    const auto found = parsed.find(name);
    return found != parsed.end() && found->is_string() ? found->get<std::string>() : "";
  };
  item.error.code = text("code");
  item.error.message = text("message");
  const auto attempts = parsed.find("attempts");
  if (attempts != parsed.end() && attempts->is_number_unsigned()) {
    item.error.attempts = attempts->get<std::uint32_t>();
  }
  return item;
}

class RedisBatchView final : public BatchView {
 public:
  RedisBatchView(const RedisSettings& settings, std::unique_ptr<Connection> connection)
      : settings_(settings), connection_(std::move(connection)) {}

  Result<ViewState> State() override {
    auto reply = connection_->Call({"HGETALL", MetaKey(settings_.prefix)});
    if (!reply.ok()) return std::move(reply).error();
    const Fields fields = ToFields(*reply);
    bool marked = false;
    for (const auto& [name, value] : fields) {
      if (name.starts_with(kMarkPrefix)) marked = true;
      if (!name.starts_with(kRebuildingPrefix)) continue;
      // The note may have outlived its projector; the mark tells.
      const std::string place = name.substr(kRebuildingPrefix.size());
      const auto mark = fields.find(std::string(kMarkPrefix) + place);
      if (mark == fields.end() || ToNumber(mark->second) < ToNumber(value)) {
        return ViewState::kRebuilding;
      }
    }
    return marked ? ViewState::kReady : ViewState::kEmpty;
  }

  Result<std::vector<BatchSummary>> List(const std::string& project, std::size_t limit) override {
    std::vector<BatchSummary> list;
    auto upstream = ShowUpstream(project);
    if (upstream.ok()) {
      ++limit;  // it is no batch that one would page through
      list.push_back(std::move(*upstream));
    } else if (!upstream.ok() && upstream.error().code != ErrorCode::kNotFound) {
      return std::move(upstream).error();
    }
    for (std::size_t start = 0; list.size() < limit; start += kPage) {
      auto ids = Members(ProjectBatchesKey(settings_.prefix, project), start);
      if (!ids.ok()) return std::move(ids).error();
      if (ids->empty()) break;
      auto page = Summaries(*ids);
      if (!page.ok()) return std::move(page).error();
      for (BatchSummary& summary : *page) {
        if (list.size() < limit) list.push_back(std::move(summary));
      }
    }
    return list;
  }

  Result<BatchSummary> Show(const std::string& project, const std::string& id) override {
    if (id == kUpstream) return ShowUpstream(project);
    const auto batch = BatchId::Parse(id);
    if (!batch) return NotFound("\"" + id + "\" is not a batch id");
    auto found = Summaries({*batch});
    if (!found.ok()) return std::move(found).error();
    if (found->empty() || (!found->front().project.empty() && found->front().project != project)) {
      return NotFound("project " + project + " has no batch " + id);
    }
    return std::move(found->front());
  }

  Result<BatchErrors> Errors(const std::string& project, const std::string& id,
                             std::size_t limit) override {
    auto batches = BatchesOf(project, id);
    if (!batches.ok()) return std::move(batches).error();
    BatchErrors errors;
    for (const BatchId& batch : *batches) {
      if (Status status = AddErrors(batch, errors); !status.ok()) return std::move(status).error();
    }
    if (errors.items.size() > limit) errors.items.resize(limit);
    return errors;
  }

 private:
  Result<std::vector<BatchId>> BatchesOf(const std::string& project, const std::string& id) {
    if (id == kUpstream) return AllUpstream(project);
    auto shown = Show(project, id);
    if (!shown.ok()) return std::move(shown).error();
    return std::vector<BatchId>{*BatchId::Parse(id)};
  }

  Result<std::vector<BatchId>> AllUpstream(const std::string& project) {
    std::vector<BatchId> all;
    for (std::size_t start = 0;; start += kPage) {
      auto page = Members(ProjectUpstreamKey(settings_.prefix, project), start);
      if (!page.ok() || page->empty()) return page.ok() ? Result(std::move(all)) : std::move(page);
      all.insert(all.end(), page->begin(), page->end());
    }
  }

  Result<BatchSummary> ShowUpstream(const std::string& project) {
    auto batches = AllUpstream(project);
    if (!batches.ok()) return std::move(batches).error();
    auto parts = Summaries(*batches);
    if (!parts.ok()) return std::move(parts).error();
    if (parts->empty()) return NotFound("project " + project + " has no upstream records");
    BatchSummary total;
    total.id = kUpstream;
    total.project = project;
    total.status = "open";
    for (const BatchSummary& part : *parts) AddTo(total, part);
    return total;
  }

  // One page of a project's list, newest first. Empty past the end.
  Result<std::vector<BatchId>> Members(const std::string& key, std::size_t start) {
    auto reply = connection_->Call(
        {"ZREVRANGE", key, std::to_string(start), std::to_string(start + kPage - 1)});
    if (!reply.ok()) return std::move(reply).error();
    std::vector<BatchId> ids;
    for (const Reply& member : reply->items) {
      if (const auto id = BatchId::Parse(member.text)) ids.push_back(*id);
    }
    return ids;
  }

  // Batches that have expired are left out.
  Result<std::vector<BatchSummary>> Summaries(const std::vector<BatchId>& ids) {
    std::vector<Command> commands;
    for (const BatchId& id : ids) {
      commands.push_back({"HGETALL", BatchKeys(settings_.prefix, id).batch});
    }
    auto replies = connection_->Pipeline(commands);
    if (!replies.ok()) return std::move(replies).error();
    std::vector<BatchSummary> summaries;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Reply& reply = (*replies)[i];
      if (reply.kind == Reply::Kind::kError) return connection_->ErrorOf(reply);
      if (!reply.items.empty()) summaries.push_back(ToSummary(ids[i].ToString(), ToFields(reply)));
    }
    return summaries;
  }

  Status AddErrors(const BatchId& batch, BatchErrors& errors) {
    const BatchKeys keys(settings_.prefix, batch);
    auto codes = connection_->Call({"HGETALL", keys.error_codes});
    if (!codes.ok()) return std::move(codes).error();
    for (const auto& [code, count] : ToFields(*codes)) {
      errors.count_by_code[code] += ToNumber(count);
    }
    auto items = connection_->Call({"HGETALL", keys.errors});
    if (!items.ok()) return std::move(items).error();
    const std::size_t before = errors.items.size();
    for (const auto& [index, json] : ToFields(*items)) {
      errors.items.push_back(ToFailedItem(batch.ToString(), index, json));
    }
    std::ranges::sort(std::span(errors.items).subspan(before), {}, &FailedBatchItem::index);
    return {};
  }

  const RedisSettings settings_;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<BatchView>> OpenBatchView(const RedisSettings& settings) {
  auto connection = Connection::Open(settings);
  if (!connection.ok()) return std::move(connection).error();
  return std::unique_ptr<BatchView>(
      std::make_unique<RedisBatchView>(settings, std::move(*connection)));
}

}  // namespace headrace::redis
