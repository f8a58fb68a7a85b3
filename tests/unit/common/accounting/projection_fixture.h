// A projection over a log and a store in memory, driven step by step with a manual clock.
#pragma once

#include <gtest/gtest.h>

#include "common/accounting/projection.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/memory_event_log.h"
#include "tests/fakes/memory_outcome_store.h"

namespace headrace::accounting {

using fakes::MemoryEventLog;
using fakes::MemoryOutcomeStore;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Notes final : public ProjectorObserver {
 public:
  void OnOutcomeStoreReachable(bool reachable) override { reachable_changes.push_back(reachable); }
  void OnApplied(std::size_t outcomes) override { applied += outcomes; }
  void OnViewComplete(bool complete) override { complete_changes.push_back(complete); }
  void OnRebuild(const std::string&, std::int32_t, Lost lost) override {
    ++(lost == Lost::kWhole ? rebuilt : rewound);
  }
  void OnForeignRecord(const std::string&, std::int32_t) override { ++foreign; }
  void OnUnknownVersion(const std::string&, std::int32_t) override { ++unknown; }

  std::vector<bool> reachable_changes;
  std::size_t applied = 0;
  std::vector<bool> complete_changes;
  int rebuilt = 0;
  int rewound = 0;
  int foreign = 0;
  int unknown = 0;
};

class ProjectionTest : public testing::Test {
 protected:
  ProjectionTest() {
    log_.CreateTopic("outcomes", 2);
    log_.CreateTopic("journal", 1);
  }

  ProjectorSettings Settings() const {
    ProjectorSettings settings;
    settings.outcomes_topic = "outcomes";
    settings.journal_topic = "journal";
    return settings;
  }

  std::unique_ptr<Projection> Join() { return Join(Settings()); }
  std::unique_ptr<Projection> Join(const ProjectorSettings& settings) {
    auto projection = std::make_unique<Projection>(settings, store_, clock_, notes_);
    const Status opened = projection->Open([&](AssignmentListener& listener) {
      return Result(log_.OpenConsumer({"outcomes", "journal"}, "headrace.accounting", &listener));
    });
    EXPECT_TRUE(opened.ok());
    return projection;
  }

  std::int64_t AddOutcome(const BatchId& batch, IndexRange succeeded, int partition = 0) {
    OutcomeRecord record;
    record.batch = batch;
    record.project = "p";
    record.succeeded = {succeeded};
    return log_.Append("outcomes", partition, batch.ToString(), EncodeOutcomeRecord(record));
  }

  void AddFact(BatchFactKind kind, const BatchId& batch, std::uint64_t count) {
    BatchFact fact;
    fact.kind = kind;
    fact.batch = batch;
    fact.project = "p";
    fact.at = clock_.WallNow();
    if (kind == BatchFactKind::kDispatched) {
      fact.dispatched = count;
    } else {
      fact.item_count = count;
      fact.index_end = count;
    }
    log_.Append("journal", 0, BatchFactKey(fact), EncodeBatchFact(fact));
  }

  void Run(Projection& projection, int steps = 4) {
    for (int i = 0; i < steps; ++i) projection.Step(milliseconds(0));
  }

  // Lets the next reconciliation come due.
  void RunLater(Projection& projection) {
    clock_.Advance(seconds(10));
    Run(projection);
  }

  std::uint64_t Succeeded(const BatchId& batch) {
    const auto count = MemoryOutcomeStore::Count(store_.Save(), batch);
    return count ? count->by_state[1] : 0;
  }

  std::string StatusOf(const BatchId& batch) {
    const auto count = MemoryOutcomeStore::Count(store_.Save(), batch);
    return count ? count->status : "absent";
  }

  std::int64_t Mark(int partition = 0) { return store_.Save().marks.at({"outcomes", partition}); }

  fakes::ManualClock clock_;
  MemoryEventLog log_{clock_};
  MemoryOutcomeStore store_;
  Notes notes_;
  const BatchId batch_ = BatchId::Random();
};

}  // namespace headrace::accounting
