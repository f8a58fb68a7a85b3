// The graph store: where episodes end up. One conformance suite (tests/conformance) holds every
// implementation to what is written here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/graph_key.h"
#include "common/model/ids.h"
#include "common/model/item.h"

namespace headrace {

// A caller's right to write what comes from one source, such as a partition of a topic; see
// GraphStore::Claim.
using ClaimId = std::uint64_t;
inline constexpr ClaimId kNoClaim = 0;  // of an item that nobody else could write

// One item to write. `payload` is the item's JSON as its producer sent it; the store parses what it
// needs, on its own thread. A payload that does not parse is that item's failure, not the chunk's.
struct WriteItem {
  ItemRef ref;
  Uuid episode;  // the primary key: writing it again changes nothing
  SharedGraphKey graph;
  Timestamp accepted_at{};  // event time of an item without created_at
  std::uint32_t incarnation = 0;
  bool skip = false;
  ClaimId claim = kNoClaim;  // of the source that the item came from
  std::string payload;
};

// Items of one or more graphs; those of one graph stand in order. The whole chunk is applied, or
// nothing of it but for the items that the result names.
struct Chunk {
  std::uint64_t token = 0;  // comes back in the result
  std::vector<WriteItem> items;
};

// What the worker must do about an error.
enum class StoreErrorClass {
  kTransient,  // the same chunk again, with backoff; other lanes flow
  kThrottled,  // wait for retry_after, lower concurrency for the whole store
  kItem,       // one of the items is bad and the store cannot say which: split the chunk
  kFatal,      // stop consuming and alert; never dead-letter the stream
  kFenced,     // another owner claimed a source of the chunk: claim again what is still ours
};

struct StoreError {
  StoreErrorClass error_class = StoreErrorClass::kTransient;
  std::string code;     // stable
  std::string message;  // one sentence, never item content
  std::optional<std::chrono::milliseconds> retry_after;
};

struct ItemFailure {
  std::size_t position = 0;  // in Chunk::items
  std::string code;
  std::string message;
  bool canceled = false;  // the destination was erased: outcome canceled, not failed
};

struct ChunkResult {
  std::uint64_t token = 0;
  std::optional<StoreError>
      error;  // set: nothing was applied (or it is unknown: replay is harmless)
  std::vector<ItemFailure> failures;  // otherwise: these were not applied, all others are durable
  // Items that were there already. A store that merges chunks may count them on any of those.
  std::uint32_t duplicates = 0;
};

// Takes results, exactly once a chunk: from the store's threads, or from within Submit itself when
// the store has the answer at once. So it hands the result over and returns; it never waits and
// never calls the store.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual void OnChunkDone(ChunkResult result, Chunk chunk) = 0;
};

struct StoreTraits {
  std::size_t chunk_items_max = 500;
  std::size_t chunk_lanes_max = 500;  // graphs in one chunk
  std::size_t chunks_in_flight_max = 2;
  bool keeps_episodes = true;  // false: Read finds nothing, ever
};

// A stored episode, for reading back.
struct StoredEpisode {
  Uuid uuid;
  std::int64_t seq = 0;  // place in its graph, from 1, without gaps
  std::optional<std::int64_t> thread_seq;
  ItemRef ref;
  Item item;             // as stored; created_at only when the client gave one
  Timestamp valid_at{};  // event time
  Timestamp ingested_at{};
};

struct EpisodeQuery {
  GraphKey graph;
  std::string thread_id;       // empty: the whole graph
  std::int64_t after_seq = 0;  // episodes with a larger seq (thread_seq when a thread is named)
  std::size_t limit = 100;
};

class GraphStore {
 public:
  virtual ~GraphStore() = default;

  virtual StoreTraits traits() const = 0;
  // Makes the caller the owner of `source` in the eyes of everybody who writes to the same place,
  // and voids the claims that this object gave for it before. Returns at once; in the store it
  // holds before the first chunk under it is applied, and as soon as the store can be asked. From
  // then on a chunk under an earlier claim, of whichever process, is answered with kFenced and
  // nothing of it is applied. Two that believe they own a source are told apart by who claimed
  // last.
  virtual ClaimId Claim(std::string_view source) = 0;
  // Returns at once; the result goes to `sink`, which outlives the store's work on the chunk. The
  // caller keeps to traits() and never has two chunks of one graph under way.
  virtual void Submit(Chunk chunk, ChunkSink& sink) = 0;
  // In order of seq, from any thread. kNotFound when the graph (or thread) has no episode.
  virtual Result<std::vector<StoredEpisode>> Read(const EpisodeQuery& query) = 0;
  // Deletes everything of the graph that belongs to incarnations below `incarnation`, and remembers
  // it: items of an older incarnation that come later are canceled, so nothing rises again. An item
  // of a newer incarnation than the graph's does the same first: it proves that the erase was
  // asked for.
  virtual Status Erase(const GraphKey& graph, std::uint32_t incarnation) = 0;
  // Waits for submitted chunks, but not for long where a server does not answer: such a chunk is
  // answered as transient. Then closes: what comes later is refused as transient (chunks) or
  // kCancelled. Idempotent; called by the store's owner, as is the destructor, which stops too.
  virtual void Stop() = 0;
};

}  // namespace headrace
