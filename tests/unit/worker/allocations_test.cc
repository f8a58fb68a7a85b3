// The loop's hot path allocates nothing in steady state: everything is counted that this process
// takes from the heap while the whole loop drains a topic over ports that take nothing themselves.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "common/accounting/batch_directory.h"
#include "common/graph/null_store.h"
#include "common/model/batch_fact.h"
#include "common/model/item_header.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/unit/worker/recording_observer.h"
#include "worker/worker_loop.h"

namespace {

// The test's thread is the only one that works while it counts.
std::size_t allocations = 0;
std::size_t live_bytes = 0;

void* Allocate(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  ++allocations;
  live_bytes += malloc_usable_size(block);
  return block;
}

void Free(void* block) {
  if (block != nullptr) live_bytes -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* block) noexcept { Free(block); }
void operator delete[](void* block) noexcept { Free(block); }
void operator delete(void* block, std::size_t) noexcept { Free(block); }
void operator delete[](void* block, std::size_t) noexcept { Free(block); }

namespace headrace::worker {
namespace {

using std::chrono::milliseconds;

constexpr std::int32_t kPartitions = 8;
constexpr std::size_t kPayloadBytes = 1'024;

// A topic of items, made beforehand.
struct Feed {
  struct Entry {
    std::string id;
    std::int32_t graph;
    std::int32_t partition;
    Header header;
  };

  Feed(const BatchId& batch, std::size_t items, std::int32_t graphs) : payload(kPayloadBytes, 'x') {
    for (std::int32_t graph = 0; graph < graphs; ++graph) {
      // As long as the ids that people use: a UUID.
      keys.push_back("default/u/" + Uuid::Random().ToString());
    }
    for (std::size_t i = 0; i < items; ++i) {
      const auto graph = static_cast<std::int32_t>(i * 7'919 % static_cast<std::size_t>(graphs));
      const std::string& key = keys[static_cast<std::size_t>(graph)];
      entries.push_back({EncodeItemIdHeader({.ref = {batch, static_cast<std::uint32_t>(i), 0}}),
                         graph,
                         fakes::MemoryEventLog::PartitionOf(key, kPartitions),
                         {}});
    }
    for (Entry& entry : entries) entry.header = {kItemIdHeader, entry.id};
    next_offset.resize(kPartitions);
  }

  std::string payload;
  std::vector<std::string> keys;
  std::vector<Entry> entries;
  std::size_t next = 0;
  std::vector<std::int64_t> next_offset;
};

class FeedConsumer final : public EventConsumer {
 public:
  FeedConsumer(Feed& feed, AssignmentListener& listener) : feed_(feed), listener_(listener) {}

  Status Poll(milliseconds, std::size_t count_max, std::vector<Record>& records) override {
    records.clear();
    if (!assigned_) Assign();
    while (records.size() < count_max && feed_.next < feed_.entries.size()) {
      const Feed::Entry& entry = feed_.entries[feed_.next++];
      records.push_back({.source = {0, entry.partition},
                         .offset = feed_.next_offset[static_cast<std::size_t>(entry.partition)]++,
                         .append_time = Timestamp(std::chrono::hours(1)),
                         .key = feed_.keys[static_cast<std::size_t>(entry.graph)],
                         .value = feed_.payload,
                         .headers = {&entry.header, 1}});
    }
    return {};
  }
  Status Commit(std::span<const PartitionPosition>) override { return {}; }
  void Pause(TopicPartition) override {}
  void Resume(TopicPartition) override {}
  Status Seek(const PartitionPosition&) override { return {}; }
  Result<std::vector<std::int64_t>> EndOffsets(std::uint16_t) override {
    return std::vector<std::int64_t>(kPartitions, 0);
  }

 private:
  void Assign() {
    assigned_ = true;
    std::vector<PartitionPosition> positions;
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
      positions.push_back({{0, partition}, PartitionPosition::kFromStart, {}});
    }
    listener_.OnAssigned(positions);
  }

  Feed& feed_;
  AssignmentListener& listener_;
  bool assigned_ = false;
};

class AcknowledgingProducer final : public EventProducer {
 public:
  Status Produce(const OutgoingRecord& record) override {
    deliveries_.push_back({record.token, {}});
    return {};
  }
  void PollDeliveries(milliseconds, std::vector<Delivery>& out) override {
    for (Delivery& delivery : deliveries_) out.push_back(std::move(delivery));
    deliveries_.clear();
  }
  Status Flush(milliseconds) override { return {}; }

 private:
  std::vector<Delivery> deliveries_;
};

// Holds chunks of one graph each, as a slow store does, until the test says that they are done.
class SlowStore final : public GraphStore {
 public:
  explicit SlowStore(std::size_t chunks_max) : chunks_max_(chunks_max) {
    waiting_.reserve(chunks_max);
    done_.reserve(chunks_max);
  }

  StoreTraits traits() const override {
    return {.chunk_items_max = 100, .chunk_lanes_max = 1, .chunks_in_flight_max = chunks_max_};
  }
  ClaimId Claim(std::string_view) override { return ++last_claim_; }
  void Submit(Chunk chunk, ChunkSink& sink) override {
    waiting_.push_back(std::move(chunk));
    sink_ = &sink;
  }
  void CompleteAll() {
    std::swap(waiting_, done_);
    for (Chunk& chunk : done_) {
      ChunkResult result;
      result.token = chunk.token;
      sink_->OnChunkDone(std::move(result), std::move(chunk));
    }
    done_.clear();
  }
  std::size_t waiting() const { return waiting_.size(); }
  Result<std::vector<StoredEpisode>> Read(const EpisodeQuery&) override { return NotFound(""); }
  Status Erase(const GraphKey&, std::uint32_t) override { return {}; }
  void Stop() override {}

 private:
  const std::size_t chunks_max_;
  ClaimId last_claim_ = kNoClaim;
  std::vector<Chunk> waiting_, done_;
  ChunkSink* sink_ = nullptr;
};

class NothingAsked final : public OutcomeSource {
 public:
  void Ask(std::vector<ItemRef>) override { FAIL() << "nothing here may be a repeat"; }
  void Collect(std::vector<ItemOutcome>&) override {}
};

class Drain {
 public:
  Drain(GraphStore& store, std::size_t items, std::int32_t graphs, std::size_t lane_items)
      : log_(clock_), batch_(BatchId::Random()), feed_(batch_, items, graphs) {
    log_.CreateTopic("journal", 1);
    const BatchFact fact{.kind = BatchFactKind::kOpened, .batch = batch_, .project = "default"};
    log_.Append("journal", 0, BatchFactKey(fact), EncodeBatchFact(fact));
    directory_ =
        std::make_unique<accounting::BatchDirectory>(log_.OpenConsumer({"journal"}, "", nullptr));
    WorkerSettings settings;
    settings.lane_chunk_items_max = lane_items;
    loop_ = std::make_unique<WorkerLoop>(
        WorkerPorts{.open_consumer =
                        [this](AssignmentListener& listener) {
                          return Result<std::unique_ptr<EventConsumer>>(
                              std::make_unique<FeedConsumer>(feed_, listener));
                        },
                    .producer = producer_,
                    .outcomes = outcomes_,
                    .store = store,
                    .directory = *directory_,
                    .observer = observer,
                    .clock = clock_,
                    .wakeup = wakeup_},
        WorkerPlan{.settings = settings,
                   .admission = {.topic = "items", .cluster_id = "cluster", .limits = {}},
                   .outcomes_topic = "outcomes",
                   .dead_letters_topic = "letters"});
    EXPECT_TRUE(loop_->Join().ok());
  }

  void Step() {
    clock_.Advance(milliseconds(1));
    EXPECT_TRUE(loop_->Step().ok());
  }
  std::size_t succeeded() const {
    return observer.outcomes[static_cast<std::size_t>(ItemState::kSucceeded)];
  }
  // Until so many items have succeeded in all.
  void RunTo(std::size_t items, const std::function<void()>& between) {
    for (int step = 0; step < 1'000'000 && succeeded() < items; ++step) {
      Step();
      between();
    }
    ASSERT_GE(succeeded(), items);
  }

  RecordingObserver observer;

 private:
  fakes::ManualClock clock_;
  fakes::MemoryEventLog log_;
  Wakeup wakeup_ = std::move(*Wakeup::Open());
  BatchId batch_;
  Feed feed_;
  AcknowledgingProducer producer_;
  NothingAsked outcomes_;
  std::unique_ptr<accounting::BatchDirectory> directory_;
  std::unique_ptr<WorkerLoop> loop_;
};

constexpr std::size_t kItems = 60'000, kWarm = 30'000;
// A commit and a record of outcomes take a few each.
constexpr std::size_t kPerThousandItems = 20;

void ExpectNoAllocationPerItem(Drain& drain, const std::function<void()>& between) {
  drain.RunTo(kWarm, between);
  const std::size_t before = allocations, items_before = drain.succeeded();
  drain.RunTo(kItems, between);
  const std::size_t thousands = (drain.succeeded() - items_before) / 1'000;
  EXPECT_LE(allocations - before, kPerThousandItems * thousands)
      << static_cast<double>(allocations - before) / static_cast<double>(thousands)
      << " allocations a thousand items";
}

TEST(WorkerAllocations, NoneAnItemWhileAFastStoreDrains) {
  graph::NullStore store;
  Drain drain(store, kItems, 1'000, 100);
  ExpectNoAllocationPerItem(drain, [] {});
}

TEST(WorkerAllocations, NoneAnItemWhereEveryItemIsAChunkOfItsOwn) {
  SlowStore store(10'000);
  Drain drain(store, kItems, 1'000, 1);
  ExpectNoAllocationPerItem(drain, [&] { store.CompleteAll(); });
}

// Ids as long as a UUID included. A graph's key and lane cost about 300 bytes beside its items.
TEST(WorkerAllocations, LittleMemoryAnItemInFlight) {
  constexpr std::size_t kHeld = 10'000;
  const std::pair<std::int32_t, std::size_t> bounds[] = {{1'000, 260}, {10'000, 560}};
  for (const auto& [graphs, bytes_max] : bounds) {
    SCOPED_TRACE(graphs);
    SlowStore store(10'000);
    Drain drain(store, kHeld, graphs, 1);
    const std::size_t before = live_bytes;
    for (int step = 0; step < 100; ++step) drain.Step();
    EXPECT_EQ(drain.observer.in_flight, kHeld);
    EXPECT_EQ(store.waiting(), static_cast<std::size_t>(graphs));
    const std::size_t beside = live_bytes - before - kHeld * kPayloadBytes;
    EXPECT_LE(beside / kHeld, bytes_max);
  }
}

}  // namespace
}  // namespace headrace::worker
