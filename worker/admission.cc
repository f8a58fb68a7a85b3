#include "worker/admission.h"

#include <utility>

#include "common/model/item_header.h"
#include "common/model/refusal_codes.h"

namespace headrace::worker {
namespace {

constexpr std::string_view kControlHeader = "headrace-control";
// How long one record may hold up the others while the journal is read for its batch.
constexpr std::chrono::milliseconds kFindTimeout{1'000};

// The project to account a record under whose key is not a key: what stands before the first slash,
// or "default". A key without a slash names no project; customer numbers, say, would make
// thousands.
std::string ProjectOf(std::string_view key) {
  const std::size_t slash = key.find('/');
  const std::string_view project = key.substr(0, slash);
  return slash != std::string_view::npos && IsValidProject(project) ? std::string(project)
                                                                    : "default";
}

}  // namespace

Admission::Admission(AdmissionSettings settings, accounting::BatchDirectory& directory)
    : settings_(std::move(settings)), directory_(directory), parser_(settings_.limits) {}

Verdict Admission::Judge(const Record& record, Timestamp now) {
  Verdict verdict;
  WorkItem& item = verdict.item;
  item.source = record.source;
  item.offset = record.offset;
  item.write.accepted_at = record.append_time > Timestamp{} ? record.append_time : now;
  if (record.FindHeader(kControlHeader)) {
    verdict.kind = Verdict::Kind::kUnknown;
    return verdict;
  }
  Result<SharedGraphKey> graph = graphs_.Named(record.key);
  if (!graph.ok()) {
    item.write.graph = GraphKey{.project = ProjectOf(record.key)};
    Refuse(record, codes::kInvalidKey, graph.error().message, verdict);
    return verdict;
  }
  item.write.graph = *std::move(graph);
  if (record.value.size() > settings_.limits.record_bytes_max) {
    Refuse(record, codes::kTooLarge, TooLargeMessage(settings_.limits), verdict);
    return verdict;
  }
  const auto header = record.FindHeader(kItemIdHeader);
  header ? JudgeTracked(record, *header, verdict) : JudgeUpstream(record, verdict);
  return verdict;
}

void Admission::JudgeTracked(const Record& record, std::string_view header, Verdict& verdict) {
  const Result<ItemIdHeader> id = ParseItemIdHeader(header);
  if (!id.ok()) return Refuse(record, codes::kInvalidHeader, id.error().message, verdict);
  const auto name = [&] { return "batch " + id->ref.batch.ToString(); };
  const accounting::KnownBatch* batch = directory_.Known(id->ref.batch);
  if (batch == nullptr) {
    const auto found = directory_.Find(id->ref.batch, kFindTimeout);
    if (!found.ok() && found.error().code == ErrorCode::kNotFound) {
      return Refuse(record, codes::kUnknownBatch, name() + " was never opened", verdict);
    }
    batch = directory_.Known(id->ref.batch);
  }
  if (batch == nullptr) {
    verdict.kind = Verdict::Kind::kUndecided;
    return;
  }
  WriteItem& write = verdict.item.write;
  if (batch->project != write.graph->project) {
    return Refuse(record, codes::kForeignBatch, name() + " belongs to another project", verdict);
  }
  if (batch->index_end && id->ref.index >= *batch->index_end) {
    return Refuse(record, codes::kIndexOutOfRange,
                  "index " + std::to_string(id->ref.index) + " is beyond the batch's " +
                      std::to_string(*batch->index_end),
                  verdict);
  }
  write.ref = id->ref;
  write.episode = id->ref.batch.ItemUuid(id->ref.index);
  // Nobody else names an episode: it could be the one that another item is going to be.
  if (batch->upstream || batch->archived) write.episode = id->episode.value_or(write.episode);
  write.incarnation = id->incarnation;
  write.skip = id->skip;
  verdict.item.again = id->again;
  if (id->accepted_at) write.accepted_at = *id->accepted_at;
  if (batch->upstream) {
    verdict.item.upstream = true;
    if (auto error = FindFault(record.value, *write.graph)) {
      verdict.kind = Verdict::Kind::kRefused;
      verdict.refusal = std::move(error);
      return;
    }
  }
  write.payload = payloads_.Copy(record.value);
}

void Admission::JudgeUpstream(const Record& record, Verdict& verdict) {
  PlaceUpstream(record, verdict.item);
  if (auto error = FindFault(record.value, *verdict.item.write.graph)) {
    verdict.kind = Verdict::Kind::kRefused;
    verdict.refusal = std::move(error);
    return;
  }
  verdict.item.write.payload = payloads_.Copy(record.value);
}

std::optional<ItemError> Admission::FindFault(std::string_view value, const GraphKey& graph) {
  if (const auto refusal = parser_.Parse(value, scratch_)) {
    return ItemError{
        std::string(refusal->code),
        refusal->pointer.empty() ? refusal->message : refusal->pointer + ": " + refusal->message,
        1};
  }
  // A thread message may leave its user to the key; whatever the value does name must agree.
  if (scratch_.type == ItemType::kThreadMessage && scratch_.user_id.empty() &&
      graph.kind == GraphKind::kUser) {
    scratch_.user_id = graph.id;
  }
  const Result<GraphKey> named = DestinationOf(scratch_, graph.project);
  if (named.ok() && *named == graph) return std::nullopt;
  return ItemError{std::string(codes::kKeyMismatch),
                   "the record's key and its value name different graphs", 1};
}

void Admission::Refuse(const Record& record, std::string_view code, std::string message,
                       Verdict& verdict) {
  // What a refused record claims to be cannot be trusted, so it counts as an upstream one.
  PlaceUpstream(record, verdict.item);
  verdict.kind = Verdict::Kind::kRefused;
  verdict.refusal = ItemError{std::string(code), std::move(message), 1};
}

void Admission::PlaceUpstream(const Record& record, WorkItem& item) const {
  const std::string& project = item.write.graph->project;
  item.upstream = true;
  item.write.ref = UpstreamItemRef(settings_.cluster_id, settings_.topic, record.source.partition,
                                   record.offset, project);
  const auto key = record.FindHeader(kItemKeyHeader);
  item.write.episode =
      key ? UpstreamEpisodeUuid(project, record.key, *key)
          : UpstreamEpisodeUuid(settings_.cluster_id, settings_.topic, record.source.partition,
                                record.offset, record.append_time);
}

}  // namespace headrace::worker
