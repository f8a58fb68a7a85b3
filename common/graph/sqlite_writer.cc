#include "common/graph/sqlite_writer.h"

#include <algorithm>

#include "common/base/log.h"
#include "common/graph/item_structure.h"
#include "common/graph/sqlite_errors.h"
#include "common/graph/sqlite_schema.h"
#include "common/model/refusal_codes.h"

namespace headrace::graph {
namespace {

void Fail(ChunkResult& result, std::size_t position, std::string_view code, std::string message) {
  result.failures.push_back({position, std::string(code), std::move(message), false});
}

}  // namespace

Result<std::unique_ptr<SqliteWriter>> SqliteWriter::Open(const SqliteSettings& settings,
                                                         SourceClaims& claims) {
  auto connection = OpenSqliteDatabase(settings);
  if (!connection.ok()) return std::move(connection).error();
  return std::unique_ptr<SqliteWriter>(new SqliteWriter(*std::move(connection), claims));
}

SqliteWriter::SqliteWriter(std::unique_ptr<Connection> connection, SourceClaims& claims)
    : connection_(std::move(connection)),
      fence_(*connection_, claims),
      graphs_(*connection_),
      threads_(*connection_),
      episodes_(*connection_),
      parser_(StructureOnly()) {}

ChunkResult SqliteWriter::Apply(const Chunk& chunk) {
  ChunkResult result;
  touched_ = Touched();
  bool fenced = false;
  SqliteCode code = connection_->Run("BEGIN IMMEDIATE");
  if (code == kSqliteOk) code = fence_.Draw();
  if (code == kSqliteOk) code = fence_.Check(chunk, fenced);
  if (code == kSqliteOk && !fenced) code = WriteAll(chunk, result);
  if (code == kSqliteOk) code = connection_->Run("COMMIT");
  if (code == kSqliteOk) {
    fence_.Keep();
    if (fenced) result.error = FencedError();
  } else {
    result = ChunkResult();
    result.error = ChunkErrorOf(code, connection_->LastMessage());
    connection_->RollBack();
  }
  result.token = chunk.token;
  return result;
}

void SqliteWriter::DrawTokens() {
  SqliteCode code = connection_->Run("BEGIN IMMEDIATE");
  if (code == kSqliteOk) code = fence_.Draw();
  if (code == kSqliteOk) code = connection_->Run("COMMIT");
  if (code == kSqliteOk) return fence_.Keep();
  log::Debug("claims_wait_for_the_store", {{"reason", connection_->LastMessage()}});
  connection_->RollBack();
}

SqliteCode SqliteWriter::WriteAll(const Chunk& chunk, ChunkResult& result) {
  touched_.now = SystemClock().WallNow();
  for (std::size_t position = 0; position < chunk.items.size(); ++position) {
    if (SqliteCode code = WriteOne(chunk, position, result); code != kSqliteOk) return code;
  }
  return SaveTouched();
}

// An error that the item's values caused undid only its own statement, so the others go on.
SqliteCode SqliteWriter::WriteOne(const Chunk& chunk, std::size_t position, ChunkResult& result) {
  const WriteItem& write = chunk.items[position];
  if (auto refusal = parser_.Parse(write.payload, item_)) {
    Fail(result, position, refusal->code, std::move(refusal->message));
    return kSqliteOk;
  }
  const SqliteCode code = Place(write, position, result);
  if (!IsItemError(code)) return code;
  Fail(result, position, codes::kStoreRefused,
       "the store refused the item: " + connection_->LastMessage());
  return kSqliteOk;
}

SqliteCode SqliteWriter::Place(const WriteItem& write, std::size_t position, ChunkResult& result) {
  GraphRow* graph = nullptr;
  if (SqliteCode code = GraphOf(write, graph); code != kSqliteOk) return code;
  if (write.incarnation < graph->incarnation) {
    result.failures.push_back({position, std::string(codes::kErased),
                               "the graph was deleted after the item was accepted", true});
    return kSqliteOk;
  }
  if (write.incarnation > graph->incarnation) {
    if (SqliteCode code = EraseOlder(write, *graph); code != kSqliteOk) return code;
  }
  ThreadRow* thread = nullptr;
  if (item_.type == ItemType::kThreadMessage) {
    if (SqliteCode code = ThreadOf(write, *graph, thread); code != kSqliteOk) return code;
    if (thread->graph_id != graph->id) {
      Fail(result, position, codes::kThreadConflict, "the thread belongs to another graph");
      return kSqliteOk;
    }
  }
  return Insert(write, *graph, thread, result);
}

SqliteCode SqliteWriter::Insert(const WriteItem& write, GraphRow& graph, ThreadRow* thread,
                                ChunkResult& result) {
  EpisodePlace place{graph.id, graph.next_seq, std::nullopt, 0};
  if (thread != nullptr) {
    place.thread_ref = thread->id;
    place.thread_seq = thread->next_seq;
  }
  bool added = false;
  const SqliteCode code = episodes_.Add(write, item_, place, touched_.now, added);
  if (code != kSqliteOk) return code;
  Progress& progress = touched_.progress[{*write.graph, write.ref.batch}];
  progress.last_index = std::max(progress.last_index, write.ref.index);
  if (!added) {
    ++progress.duplicates;
    ++result.duplicates;
    return kSqliteOk;
  }
  ++progress.applied;
  ++graph.next_seq;
  if (thread != nullptr) {
    ++thread->next_seq;
    if (!thread->first_added) thread->first_added = write.episode;
    thread->last_added = write.episode;
  }
  return kSqliteOk;
}

SqliteCode SqliteWriter::GraphOf(const WriteItem& write, GraphRow*& row) {
  auto found = touched_.graphs.find(*write.graph);
  if (found == touched_.graphs.end()) {
    GraphRow fresh;
    const SqliteCode code = graphs_.FindOrAdd(*write.graph, touched_.now, fresh);
    if (code != kSqliteOk) return code;
    found = touched_.graphs.emplace(*write.graph, std::move(fresh)).first;
  }
  row = &found->second;
  return kSqliteOk;
}

SqliteCode SqliteWriter::ThreadOf(const WriteItem& write, const GraphRow& graph, ThreadRow*& row) {
  const std::pair key(write.graph->project, item_.thread_id);
  auto found = touched_.threads.find(key);
  if (found == touched_.threads.end()) {
    const ThreadName name{key.first, key.second, EventTimeOf(write, item_)};
    ThreadRow fresh;
    const SqliteCode code = threads_.FindOrAdd(name, graph, touched_.now, fresh);
    if (code != kSqliteOk) return code;
    found = touched_.threads.emplace(key, std::move(fresh)).first;
  }
  row = &found->second;
  return kSqliteOk;
}

// What this chunk has put there before belongs to the older incarnation too.
SqliteCode SqliteWriter::EraseOlder(const WriteItem& write, GraphRow& row) {
  const SqliteCode code = graphs_.Erase(write.incarnation, touched_.now, row);
  if (code != kSqliteOk) return code;
  std::erase_if(touched_.threads,
                [&](const auto& entry) { return entry.second.graph_id == row.id; });
  std::erase_if(touched_.progress,
                [&](const auto& entry) { return entry.first.first == *write.graph; });
  return graphs_.FindOrAdd(*write.graph, touched_.now, row);
}

SqliteCode SqliteWriter::SaveTouched() {
  for (const auto& [key, row] : touched_.threads) {
    if (SqliteCode code = threads_.Save(row); code != kSqliteOk) return code;
  }
  for (const auto& [key, progress] : touched_.progress) {
    const GraphRow& row = touched_.graphs.at(key.first);
    SqliteCode code = kSqliteOk;
    if (progress.applied > 0) code = graphs_.Save(row, touched_.now);
    if (code == kSqliteOk) code = graphs_.AddProgress(row, key.second, progress, touched_.now);
    if (code != kSqliteOk) return code;
  }
  return kSqliteOk;
}

}  // namespace headrace::graph
