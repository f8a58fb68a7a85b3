// Writing the table episode.
#pragma once

#include "common/base/clock.h"
#include "common/graph/episode_row.h"
#include "common/graph/sqlite_handles.h"
#include "common/model/item.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

// Where an episode goes. `seq` and `thread_seq` are used only if it is new.
struct EpisodePlace {
  std::int64_t graph_id = 0;
  std::int64_t seq = 0;
  std::optional<std::int64_t> thread_ref;
  std::int64_t thread_seq = 0;
};

// Used by one thread within its transactions.
class EpisodeTable {
 public:
  explicit EpisodeTable(Connection& connection);

  // `added` is false when an episode of that uuid is there already; it stays as it is.
  SqliteCode Add(const WriteItem& write, const Item& item, const EpisodePlace& place, Timestamp now,
                 bool& added);

 private:
  SqliteCode NoteOtherContent(const WriteItem& write, std::string_view digest);

  Connection& connection_;
  Statement add_;
  Statement find_digest_;
};

}  // namespace headrace::graph
