// The programs in front of the workers: a load, other producers, and an operator's replay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/batch_fact.h"
#include "tests/fakes/memory_outcome_store.h"
#include "tests/simulation/stage.h"

namespace headrace::simulation {

// They do not die here; what they write is in Kafka at once.
class Workload {
 public:
  explicit Workload(Stage& stage);

  // Sends a record, or announces a batch.
  void Step();
  // Opens a round for items that failed and sends them again.
  void Replay();
  // All is sent and sealed.
  bool done() const { return sent_ >= stage_.plan.items && unsealed_ == 0; }
  // Every sealed batch is complete in these counts.
  void CheckComplete(const fakes::MemoryOutcomeStore::Contents& redis) const;

 private:
  struct Batch {
    BatchId id;
    std::string project;
    bool opened = false;
    bool again = false;  // the load was resumed: everything comes again
    std::uint32_t next = 0;
    std::uint32_t end = 0;            // one past the highest index that was sent
    std::vector<std::string> graphs;  // by index
  };

  BatchId NewBatchId();
  void Announce(const Batch& batch, BatchFactKind kind);
  void SendTracked(Batch& batch);
  void SendForeign();
  void SendAgain(const ItemLife& failed);
  // Puts a record into the items topic; `header` as the item's id, none if empty.
  Place NextPlace(const std::string& key) const;
  void Send(const Place& place, const std::string& header, const std::string& value, ItemLife item);
  ItemLife NewItem(const ItemRef& ref, const std::string& key);
  bool DrawDeadly();
  void Journal(const BatchFact& fact);
  std::string GraphName();

  Stage& stage_;
  std::vector<Batch> batches_;
  int sent_ = 0;
  int unsealed_ = 0;
  int deadly_left_ = 0;
  std::int64_t next_sequence_ = 1;
};

}  // namespace headrace::simulation
