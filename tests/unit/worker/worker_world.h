// A whole worker over the ports in memory: what the tests of loop and admission stand on.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/accounting/batch_directory.h"
#include "common/model/batch_fact.h"
#include "common/model/item_header.h"
#include "common/model/outcome.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/fakes/memory_graph_store.h"
#include "tests/unit/worker/recording_observer.h"
#include "worker/worker_loop.h"

namespace headrace::worker {

inline const std::string kItems = "items", kOutcomes = "outcomes", kJournal = "journal",
                         kLetters = "letters", kGroup = "workers";

// Answers at once, from what the test says.
class ToldOutcomes final : public OutcomeSource {
 public:
  void Ask(std::vector<ItemRef> items) override {
    asked += items.size();
    waiting_.insert(waiting_.end(), items.begin(), items.end());
  }
  void Collect(std::vector<ItemOutcome>& answers) override {
    if (!reachable) return;
    for (const ItemRef& ref : waiting_) answers.push_back({ref, ended.contains(ref.index)});
    waiting_.clear();
  }

  bool reachable = true;
  std::set<std::uint32_t> ended;  // indices
  std::size_t asked = 0;

 private:
  std::vector<ItemRef> waiting_;
};

// The loop runs in the test's thread: Run() gives it a number of rounds, between which `each`
// may move the world.
class WorkerWorld {
 public:
  explicit WorkerWorld(int partition_count = 3, StoreTraits traits = {})
      : partitions(partition_count), log(clock), store(traits), wakeup(std::move(*Wakeup::Open())) {
    for (const std::string& topic : {kItems, kOutcomes, kLetters}) {
      log.CreateTopic(topic, partitions);
    }
    log.CreateTopic(kJournal, 1);
    settings.commit_interval = std::chrono::milliseconds(1);
    settings.retry_backoff = std::chrono::milliseconds(10);
    settings.drain_timeout = std::chrono::milliseconds(50);
  }

  // Registers a batch, as a load does before its first item.
  BatchId OpenBatch(std::optional<std::uint64_t> index_end = {}, std::string project = "default") {
    BatchFact fact{.kind = BatchFactKind::kOpened,
                   .batch = BatchId::Random(),
                   .project = std::move(project),
                   .at = clock.WallNow(),
                   .index_end = index_end};
    log.Append(kJournal, 0, BatchFactKey(fact), EncodeBatchFact(fact));
    return fact.batch;
  }

  std::int64_t AddItem(const BatchId& batch, std::uint32_t index, const std::string& graph,
                       const std::string& text, int partition = -1) {
    const std::string key = "default/g/" + graph;
    ItemIdHeader header;
    header.ref = {batch, index, 0};
    return log.Append(kItems, partition >= 0 ? partition : PartitionOfKey(key), key,
                      Episode(graph, text), {{"headrace-item-id", EncodeItemIdHeader(header)}});
  }

  static std::string Episode(const std::string& graph, const std::string& text) {
    return R"({"type":"graph_episode","graph_id":")" + graph + R"(","data":")" + text +
           R"(","data_type":"text"})";
  }

  int PartitionOfKey(const std::string& key) const {
    return fakes::MemoryEventLog::PartitionOf(key, partitions);
  }

  std::unique_ptr<WorkerLoop> MakeLoop() {
    producer = log.OpenProducer();
    directory = std::make_unique<accounting::BatchDirectory>(
        Between(log.OpenConsumer({kJournal}, "", nullptr), kJournal));
    return std::make_unique<WorkerLoop>(
        WorkerPorts{.open_consumer =
                        [this](AssignmentListener& listener) {
                          return Result<std::unique_ptr<EventConsumer>>(
                              Between(log.OpenConsumer({kItems}, kGroup, &listener), kItems));
                        },
                    .producer = *producer,
                    .outcomes = outcomes,
                    .store = loop_store != nullptr ? *loop_store : store,
                    .directory = *directory,
                    .observer = observer,
                    .clock = clock,
                    .wakeup = wakeup,
                    .beat = beat},
        WorkerPlan{.settings = settings,
                   .admission = {.topic = kItems, .cluster_id = "cluster", .limits = {}},
                   .outcomes_topic = kOutcomes,
                   .dead_letters_topic = kLetters,
                   .writer = "loop" + std::to_string(++loops_),
                   .ledger_span_max = ledger_span_max});
  }

  // Runs a new loop for `rounds` rounds, then stops it in good order. `each` is called before every
  // round; by default the store completes what it has.
  Status Run(int rounds, std::function<void(int)> each = {}) {
    auto loop = MakeLoop();
    int round = 0;
    return loop->Run([&] {
      clock.Advance(std::chrono::milliseconds(10));
      wakeup.Signal();  // no real waiting
      if (each) {
        each(round);
      } else {
        store.CompleteAll();
      }
      return round++ >= rounds;
    });
  }

  // Runs a new loop for `rounds` rounds; then its process is gone, as by kill -9: no farewell, no
  // commit, and what the store has not completed never comes back.
  void RunAndDie(int rounds) {
    auto loop = MakeLoop();
    ASSERT_TRUE(loop->Join().ok());
    for (int round = 0; round < rounds; ++round) {
      clock.Advance(std::chrono::milliseconds(10));
      store.CompleteAll();
      ASSERT_TRUE(loop->Step().ok());
    }
    log.ExpireMembers(kGroup);
  }

  std::vector<OutcomeRecord> Outcomes() const {
    std::vector<OutcomeRecord> records;
    for (const fakes::StoredRecord& record : log.Records(kOutcomes)) {
      auto decoded = DecodeOutcomeRecord(record.value);
      EXPECT_TRUE(decoded.ok());
      records.push_back(std::move(*decoded));
    }
    return records;
  }

  std::size_t Succeeded() const {
    std::size_t count = 0;
    for (const OutcomeRecord& record : Outcomes()) {
      for (const IndexRange& range : record.succeeded) count += range.last - range.first + 1;
    }
    return count;
  }

  std::int64_t Committed(int partition) const {
    const auto position = log.Committed(kGroup, kItems, partition);
    return position ? position->offset : -1;
  }

  const int partitions;
  fakes::ManualClock clock;
  fakes::MemoryEventLog log;
  fakes::MemoryGraphStore store;
  GraphStore* loop_store = nullptr;  // what the loop is given instead, over `store`
  LoopBeat* beat = nullptr;
  // Puts something between the loop and its consumer of a topic.
  std::function<std::unique_ptr<EventConsumer>(std::unique_ptr<EventConsumer>, const std::string&)>
      between;
  ToldOutcomes outcomes;
  RecordingObserver observer;
  WorkerSettings settings;
  std::size_t ledger_span_max = 1u << 20;
  Wakeup wakeup;
  std::unique_ptr<EventProducer> producer;
  std::unique_ptr<accounting::BatchDirectory> directory;

 private:
  int loops_ = 0;

  std::unique_ptr<EventConsumer> Between(std::unique_ptr<EventConsumer> consumer,
                                         const std::string& topic) {
    return between ? between(std::move(consumer), topic) : std::move(consumer);
  }
};

}  // namespace headrace::worker
