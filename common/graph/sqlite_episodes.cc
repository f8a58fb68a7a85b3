#include "common/graph/sqlite_episodes.h"

#include <string>

#include "common/base/log.h"
#include "common/base/sha256.h"

namespace headrace::graph {
namespace {

void AddOptional(Statement& statement, std::optional<std::int64_t> value) {
  if (value) {
    statement.Add(*value);
  } else {
    statement.AddNull();
  }
}

void AddOptional(Statement& statement, std::optional<std::string_view> value) {
  if (value) {
    statement.Add(*value);
  } else {
    statement.AddNull();
  }
}

}  // namespace

EpisodeTable::EpisodeTable(Connection& connection)
    : connection_(connection),
      add_(connection,
           "INSERT INTO episode (uuid, graph_id, seq, thread_ref, thread_seq, item_type, source,"
           " content, source_description, document_id, role, speaker, metadata, valid_at,"
           " valid_at_given, ingested_at, batch_id, batch_seq, round, skip_extraction,"
           " content_sha256)"
           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
           " ON CONFLICT (uuid) DO NOTHING"),
      find_digest_(connection, "SELECT content_sha256 FROM episode WHERE uuid = ?") {}

SqliteCode EpisodeTable::Add(const WriteItem& write, const Item& item, const EpisodePlace& place,
                             Timestamp now, bool& added) {
  const bool message = item.type == ItemType::kThreadMessage;
  const std::string uuid = write.episode.ToString();
  const std::string batch = write.ref.batch.ToString();
  const Sha256Digest digest = Sha256Of(item.content);
  const std::string_view digest_bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
  add_.Start().Add(uuid).Add(place.graph_id).Add(place.seq);
  AddOptional(add_, place.thread_ref);
  AddOptional(add_, place.thread_ref ? std::optional(place.thread_seq) : std::nullopt);
  add_.Add(ItemTypeName(item.type)).Add(SourceOf(item)).Add(item.content);
  add_.Add(item.source_description).Add(item.document_id);
  AddOptional(add_, message && item.role ? std::optional(RoleName(*item.role)) : std::nullopt);
  add_.Add(item.name);
  AddOptional(
      add_, item.metadata.empty() ? std::nullopt : std::optional<std::string_view>(item.metadata));
  add_.Add(EventTimeOf(write, item).time_since_epoch().count());
  add_.Add(std::int64_t{item.created_at.has_value()});
  add_.Add(now.time_since_epoch().count());
  add_.Add(batch).Add(std::int64_t{write.ref.index}).Add(std::int64_t{write.ref.round});
  add_.Add(std::int64_t{write.skip}).AddBlob(digest_bytes);
  const SqliteCode code = add_.Run();
  added = code == kSqliteOk && connection_.ChangedRows() == 1;
  if (code != kSqliteOk || added) return code;
  return NoteOtherContent(write, digest_bytes);
}

// The first content stands; whoever sent another one under the same key may want to know.
SqliteCode EpisodeTable::NoteOtherContent(const WriteItem& write, std::string_view digest) {
  const std::string uuid = write.episode.ToString();
  const SqliteCode code = find_digest_.Start().Add(uuid).Step();
  if (code == kSqliteRow && find_digest_.row().Text(0) != digest) {
    log::Debug("episode_kept_with_first_content", {{"episode", uuid}});
  }
  find_digest_.Reset();
  return code == kSqliteRow || code == kSqliteDone ? kSqliteOk : code;
}

}  // namespace headrace::graph
