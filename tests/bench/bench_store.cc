// What a graph store takes by itself: chunks such as the worker forms them, made here and handed to
// Submit, without Kafka, lanes, outcomes and accounting.
//
//   bench-store URL RECORDS GRAPHS BYTES LANE_ITEMS     LANE_ITEMS: items of a graph in a chunk
//
// The store is migrated first, should be empty, and gets as many chunks at once as it asks for.
// Prints a line of JSON: seconds, and the processor time of this process.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/graph/make_store.h"
#include "tests/bench/work_checks.h"

namespace headrace::bench {
namespace {

struct Plan {
  std::uint64_t items = 0;
  std::uint64_t graphs = 1;
  std::size_t bytes = 0;
  std::size_t lane_items = 1;
};

// Chunk n is made of the graphs that follow those of chunk n - 1, so that chunks that are under way
// together share none as long as they are neighbours. The items of a chunk are as scattered over
// their batch as those that the worker gathers: a store with sorted keys pays for that.
class ChunkMaker {
 public:
  ChunkMaker(const Plan& plan, const StoreTraits& traits)
      : plan_(plan),
        chunk_items_(std::min<std::uint64_t>(traits.chunk_items_max,
                                             plan.lane_items * traits.chunk_lanes_max)),
        filler_(plan.bytes, 'x'),
        places_(plan.graphs * plan.lane_items) {
    std::mt19937_64 random(1);
    std::vector<std::uint32_t> round(plan.graphs);
    for (std::uint64_t turn = 0; turn < plan.lane_items; ++turn) {
      std::iota(round.begin(), round.end(), static_cast<std::uint32_t>(turn * plan.graphs));
      std::shuffle(round.begin(), round.end(), random);
      for (std::uint64_t graph = 0; graph < plan.graphs; ++graph) {
        places_[graph * plan.lane_items + turn] = round[graph];
      }
    }
  }

  bool done() const { return made_ == plan_.items; }

  Chunk Next() {
    Chunk chunk;
    chunk.items.reserve(chunk_items_);
    while (!done() && chunk.items.size() < chunk_items_) {
      if (chunk.items.size() % plan_.lane_items == 0) graph_ = (graph_ + 1) % plan_.graphs;
      chunk.items.push_back(NextItem());
    }
    return chunk;
  }

 private:
  WriteItem NextItem() {
    WriteItem item;
    item.graph = GraphKey{"bench", GraphKind::kGraph, "g" + std::to_string(graph_)};
    item.ref = {batch_, IndexOf(made_), 0};
    item.episode = batch_.ItemUuid(item.ref.index);
    item.accepted_at = Timestamp(std::chrono::seconds(1'700'000'000));
    item.payload = "{\"graph_id\":\"" + item.graph->id + "\",\"index\":" + std::to_string(made_++) +
                   ",\"type\":\"graph_episode\",\"data_type\":\"text\",\"data\":\"";
    if (item.payload.size() + 2 < plan_.bytes) {
      item.payload.append(filler_, 0, plan_.bytes - item.payload.size() - 2);
    }
    item.payload += "\"}";
    return item;
  }

  std::uint32_t IndexOf(std::uint64_t made) const {
    const std::uint64_t in_window = made % places_.size();
    return static_cast<std::uint32_t>(made - in_window + places_[in_window]);
  }

  const Plan plan_;
  const std::uint64_t chunk_items_;
  const std::string filler_;
  // Where the items of a window of graphs * lane_items stand in their batch, in the order in which
  // they are made: a topic has one item of each graph after the other, in no order.
  std::vector<std::uint32_t> places_;
  const BatchId batch_ = BatchId::Random();
  std::uint64_t made_ = 0;
  std::uint64_t graph_ = 0;
};

// Lets so many neighbouring chunks be under way.
class Window final : public ChunkSink {
 public:
  explicit Window(std::size_t width) : busy_(width) {}

  // Waits until the chunk that is `width` before this one has ended.
  std::uint64_t Enter() {
    MutexLock lock(mutex_);
    const std::uint64_t number = entered_++;
    while (busy_[number % busy_.size()]) changed_.wait(mutex_);
    busy_[number % busy_.size()] = true;
    return number;
  }

  // Waits for all; what went wrong, if anything did.
  Status Drain() {
    for (std::size_t count = 0; count < busy_.size(); ++count) Enter();
    MutexLock lock(mutex_);
    return failed_.empty() ? Status() : Invalid(failed_);
  }

  void OnChunkDone(ChunkResult result, Chunk) override {
    MutexLock lock(mutex_);
    if (result.error) failed_ = result.error->message;
    if (!result.failures.empty()) failed_ = result.failures.front().message;
    if (result.duplicates > 0) failed_ = "the store was not empty";
    busy_[result.token % busy_.size()] = false;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<bool> busy_ GUARDED_BY(mutex_);
  std::uint64_t entered_ GUARDED_BY(mutex_) = 0;
  std::string failed_ GUARDED_BY(mutex_);
};

Status Measure(const std::string& url, const Plan& plan) {
  auto store = graph::OpenGraphStore(url, {.auto_migrate = true});
  if (!store.ok()) return std::move(store).error();
  const StoreTraits traits = (*store)->traits();
  if (traits.chunks_in_flight_max * (traits.chunk_items_max / plan.lane_items) > plan.graphs) {
    return Invalid("too few graphs for chunks that share none");
  }
  Window window(traits.chunks_in_flight_max);
  ChunkMaker maker(plan, traits);
  const Reading begun = Reading::Now();
  while (!maker.done()) {
    Chunk chunk = maker.Next();
    chunk.token = window.Enter();
    (*store)->Submit(std::move(chunk), window);
  }
  if (Status drained = window.Drain(); !drained.ok()) return drained;
  const Reading ended = Reading::Now();
  std::printf("{\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n", ended.seconds - begun.seconds,
              ended.cpu_seconds - begun.cpu_seconds);
  return {};
}

}  // namespace
}  // namespace headrace::bench

int main(int argc, char** argv) {
  using namespace headrace;
  if (argc != 6) {
    std::fprintf(stderr, "bench-store URL RECORDS GRAPHS BYTES LANE_ITEMS\n");
    return 2;
  }
  const auto number = [&](int at) { return std::strtoull(argv[at], nullptr, 10); };
  const Status done = bench::Measure(
      argv[1],
      {.items = number(2), .graphs = number(3), .bytes = number(4), .lane_items = number(5)});
  if (done.ok()) return 0;
  std::fprintf(stderr, "bench-store: %s\n", done.error().message.c_str());
  return 1;
}
