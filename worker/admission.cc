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
  WorkItem item;
  item.source = record.source;
  item.offset = record.offset;
  item.write.accepted_at = record.append_time > Timestamp{} ? record.append_time : now;
  if (record.FindHeader(kControlHeader)) return {Verdict::Kind::kUnknown, std::move(item), {}};

  Result<GraphKey> graph = GraphKey::Parse(record.key);
  if (!graph.ok()) {
    item.write.graph.project = ProjectOf(record.key);
    return Refuse(record, std::move(item), codes::kInvalidKey, graph.error().message);
  }
  item.write.graph = std::move(*graph);
  if (record.value.size() > settings_.limits.record_bytes_max) {
    return Refuse(record, std::move(item), codes::kTooLarge,
                  "the record has " + std::to_string(record.value.size()) +
                      " bytes; the limit is " + std::to_string(settings_.limits.record_bytes_max));
  }
  const auto header = record.FindHeader(kItemIdHeader);
  return header ? JudgeTracked(record, *header, std::move(item))
                : JudgeUpstream(record, std::move(item));
}

Verdict Admission::JudgeTracked(const Record& record, std::string_view header, WorkItem item) {
  const Result<ItemIdHeader> id = ParseItemIdHeader(header);
  if (!id.ok()) {
    return Refuse(record, std::move(item), codes::kInvalidHeader, id.error().message);
  }
  const Result<accounting::KnownBatch> batch = directory_.Find(id->ref.batch, kFindTimeout);
  if (!batch.ok() && batch.error().code == ErrorCode::kNotFound) {
    return Refuse(record, std::move(item), codes::kUnknownBatch,
                  "batch " + id->ref.batch.ToString() + " was never opened");
  }
  if (!batch.ok()) return {Verdict::Kind::kUndecided, std::move(item), {}};
  if (batch->project != item.write.graph.project) {
    return Refuse(record, std::move(item), codes::kForeignBatch,
                  "batch " + id->ref.batch.ToString() + " belongs to another project");
  }
  if (batch->index_end && id->ref.index >= *batch->index_end) {
    return Refuse(record, std::move(item), codes::kIndexOutOfRange,
                  "index " + std::to_string(id->ref.index) + " is beyond the batch's " +
                      std::to_string(*batch->index_end));
  }
  item.write.ref = id->ref;
  item.write.episode = id->ref.batch.ItemUuid(id->ref.index);
  item.write.incarnation = id->incarnation;
  item.write.skip = id->skip;
  item.again = id->again;
  if (id->accepted_at) item.write.accepted_at = *id->accepted_at;
  if (batch->upstream) {
    item.upstream = true;
    item.write.episode = id->episode.value_or(item.write.episode);
    if (auto error = FindFault(record.value, item.write.graph)) {
      return {Verdict::Kind::kRefused, std::move(item), std::move(error)};
    }
  }
  item.write.payload.assign(record.value);
  return {Verdict::Kind::kAdmitted, std::move(item), {}};
}

Verdict Admission::JudgeUpstream(const Record& record, WorkItem item) {
  PlaceUpstream(record, item);
  if (auto error = FindFault(record.value, item.write.graph)) {
    return {Verdict::Kind::kRefused, std::move(item), std::move(error)};
  }
  item.write.payload.assign(record.value);
  return {Verdict::Kind::kAdmitted, std::move(item), {}};
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

Verdict Admission::Refuse(const Record& record, WorkItem item, std::string_view code,
                          std::string message) {
  // What a refused record claims to be cannot be trusted, so it counts as an upstream one.
  PlaceUpstream(record, item);
  return {Verdict::Kind::kRefused, std::move(item),
          ItemError{std::string(code), std::move(message), 1}};
}

void Admission::PlaceUpstream(const Record& record, WorkItem& item) const {
  const std::string& project = item.write.graph.project;
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
