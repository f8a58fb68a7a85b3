#include "common/graph/postgres_chunk.h"

#include <map>
#include <string_view>
#include <utility>

#include "common/base/sha256.h"
#include "common/graph/episode_row.h"
#include "common/graph/group_id.h"
#include "common/graph/item_structure.h"

namespace headrace::graph {
namespace {

using Type = PostgresType;

struct GraphEntry {
  std::int32_t number = 0;  // counts from 1 in the order of keys
  std::uint32_t incarnation = 0;
};

struct ThreadEntry {
  std::int32_t number = 0;
  const GraphKey* graph = nullptr;  // of its first message
  Timestamp first_at{};
};

// By project and id: what a thread is called by, whatever graph a message claims it for.
using ThreadKey = std::pair<std::string_view, std::string_view>;

// The graphs and threads of a run, in the order in which apply_chunk locks them.
struct Names {
  std::map<GraphKey, GraphEntry> graphs;
  std::map<ThreadKey, ThreadEntry> threads;
};

ThreadKey KeyOf(const WriteItem& write, const Item& item) {
  return {write.graph->project, item.thread_id};
}

Names NamesOf(const Chunk& chunk, const std::vector<Item>& items, const PostgresRun& run) {
  Names names;
  for (const std::size_t position : run) {
    const WriteItem& write = chunk.items[position];
    const Item& item = items[position];
    names.graphs.try_emplace(*write.graph, GraphEntry{0, write.incarnation});
    if (item.type != ItemType::kThreadMessage) continue;
    names.threads.try_emplace(KeyOf(write, item),
                              ThreadEntry{0, &*write.graph, EventTimeOf(write, item)});
  }
  std::int32_t number = 0;
  for (auto& [key, entry] : names.graphs) entry.number = ++number;
  number = 0;
  for (auto& [key, entry] : names.threads) entry.number = ++number;
  return names;
}

void AppendGraphs(const Names& names, std::vector<PostgresValue>& values) {
  PostgresArray project(Type::kText), kind(Type::kText), id(Type::kText), name(Type::kText),
      escaped(Type::kText), incarnation(Type::kInt8);
  for (const auto& [key, entry] : names.graphs) {
    project.Add(key.project);
    kind.Add(GraphKindName(key.kind));
    id.Add(key.id);
    name.Add(PreferredGroupId(key));
    escaped.Add(EscapedGroupId(key));
    incarnation.AddInt8(entry.incarnation);
  }
  for (PostgresArray* array : {&project, &kind, &id, &name, &escaped, &incarnation}) {
    values.push_back(array->Take());
  }
}

Uuid SagaOf(const GraphKey& graph, const std::string& group, std::string_view thread_id) {
  return Uuid::FromParts({"saga", graph.project, group, thread_id});
}

void AppendThreads(const Names& names, std::vector<PostgresValue>& values) {
  PostgresArray graph(Type::kInt4), id(Type::kText), saga(Type::kUuid), escaped(Type::kUuid),
      first_at(Type::kTime);
  for (const auto& [key, entry] : names.threads) {
    graph.AddInt4(names.graphs.at(*entry.graph).number);
    id.Add(key.second);
    saga.AddUuid(SagaOf(*entry.graph, PreferredGroupId(*entry.graph), key.second));
    escaped.AddUuid(SagaOf(*entry.graph, EscapedGroupId(*entry.graph), key.second));
    first_at.AddTime(entry.first_at);
  }
  for (PostgresArray* array : {&graph, &id, &saga, &escaped, &first_at}) {
    values.push_back(array->Take());
  }
}

// Who an item is and where it goes.
void AppendPlaces(const Chunk& chunk, const std::vector<Item>& items, const PostgresRun& run,
                  const Names& names, std::vector<PostgresValue>& values) {
  PostgresArray uuid(Type::kUuid), graph(Type::kInt4), thread(Type::kInt4), at(Type::kTime),
      given(Type::kBool), batch(Type::kUuid), index(Type::kInt8), round(Type::kInt4),
      skip(Type::kBool);
  for (const std::size_t position : run) {
    const WriteItem& write = chunk.items[position];
    const Item& item = items[position];
    const bool message = item.type == ItemType::kThreadMessage;
    uuid.AddUuid(write.episode);
    graph.AddInt4(names.graphs.at(*write.graph).number);
    thread.AddInt4(message ? names.threads.at(KeyOf(write, item)).number : 0);
    at.AddTime(EventTimeOf(write, item));
    given.AddBool(item.created_at.has_value());
    batch.AddUuid(write.ref.batch.uuid());
    index.AddInt8(write.ref.index);
    round.AddInt4(write.ref.round);
    skip.AddBool(write.skip);
  }
  for (PostgresArray* array :
       {&uuid, &graph, &thread, &at, &given, &batch, &index, &round, &skip}) {
    values.push_back(array->Take());
  }
}

// What an item says.
void AppendTexts(const std::vector<Item>& items, const PostgresRun& run,
                 std::vector<PostgresValue>& values) {
  PostgresArray type(Type::kText), source(Type::kText), role(Type::kText), speaker(Type::kText),
      description(Type::kText), document(Type::kText), sha(Type::kBytes), content(Type::kText),
      metadata(Type::kText);
  for (const std::size_t position : run) {
    const Item& item = items[position];
    const Sha256Digest digest = Sha256Of(item.content);
    type.Add(ItemTypeName(item.type));
    source.Add(SourceOf(item));
    const bool has_role = item.type == ItemType::kThreadMessage && item.role.has_value();
    has_role ? role.Add(RoleName(*item.role)) : role.AddNull();
    speaker.Add(item.name);
    description.Add(item.source_description);
    document.Add(item.document_id);
    sha.Add({reinterpret_cast<const char*>(digest.data()), digest.size()});
    content.Add(item.content);
    item.metadata.empty() ? metadata.AddNull() : metadata.Add(item.metadata);
  }
  for (PostgresArray* array :
       {&type, &source, &role, &speaker, &description, &document, &sha, &content, &metadata}) {
    values.push_back(array->Take());
  }
}

}  // namespace

ChunkReader::ChunkReader() : parser_(StructureOnly()) {}

bool ChunkReader::Fits(const WriteItem& write, const Item& item) {
  if (!seen_.episodes.insert(write.episode).second) return false;
  const auto graph = seen_.incarnations.try_emplace(*write.graph, write.incarnation).first;
  if (graph->second != write.incarnation) return false;
  if (item.type != ItemType::kThreadMessage) return true;
  const auto thread =
      seen_.threads.try_emplace({write.graph->project, item.thread_id}, *write.graph);
  return thread.first->second == *write.graph;
}

std::vector<PostgresRun> ChunkReader::Read(const Chunk& chunk, std::vector<ItemFailure>& failures) {
  if (items_.size() < chunk.items.size()) items_.resize(chunk.items.size());
  std::vector<PostgresRun> runs;
  seen_ = Seen();
  for (std::size_t position = 0; position < chunk.items.size(); ++position) {
    const WriteItem& write = chunk.items[position];
    if (auto refusal = parser_.Parse(write.payload, items_[position])) {
      failures.push_back(
          {position, std::string(refusal->code), std::move(refusal->message), false});
      continue;
    }
    const bool fits = Fits(write, items_[position]);
    if (!fits) {
      seen_ = Seen();
      Fits(write, items_[position]);
    }
    if (!fits || runs.empty()) runs.emplace_back();
    runs.back().push_back(position);
  }
  return runs;
}

std::vector<PostgresValue> RunValues(const Chunk& chunk, const std::vector<Item>& items,
                                     const PostgresRun& run) {
  const Names names = NamesOf(chunk, items, run);
  std::vector<PostgresValue> values;
  AppendGraphs(names, values);
  AppendThreads(names, values);
  AppendPlaces(chunk, items, run, names, values);
  AppendTexts(items, run, values);
  return values;
}

}  // namespace headrace::graph
