// Publishes how items ended: outcomes packed into records of the outcomes topic, failed items to
// the dead-letter topic first.
//
// What is durable when. A failed item's dead letter is acknowledged before its outcome is produced:
// after a crash in between, the item has no outcome and is tried again, so the letter is written
// again; the other way round it would count as failed and have no letter. An item is `done`, and
// its offset may be committed, only when its outcome is acknowledged by all in-sync replicas.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/model/outcome.h"
#include "common/ports/event_log.h"
#include "worker/dead_letter.h"
#include "worker/spare_vectors.h"

namespace headrace::worker {

struct FinishedItem {
  ItemRef ref;
  std::string project;
  bool upstream = false;
  ItemState state = ItemState::kSucceeded;
  std::optional<ItemError> error;  // of a failed item
  TopicPartition source;
  std::int64_t offset = 0;
};

// An item whose outcome is acknowledged.
struct DoneItem {
  TopicPartition source;
  std::int64_t offset = 0;
};

struct ReporterSettings {
  std::string outcomes_topic;
  std::string dead_letters_topic;
  std::size_t record_items_max = 1'000;
  std::chrono::milliseconds delay_max{5};  // how long an outcome waits for company
};

// Owned by the loop thread. Any failed delivery is final for the producer (see EventProducer), so
// the worker must end and start again from its commits.
class OutcomeReporter {
 public:
  OutcomeReporter(EventProducer& producer, ReporterSettings settings);

  Status Report(FinishedItem item, SteadyTime now);
  // Writes the dead letter; the outcome follows when it is acknowledged.
  Status ReportFailed(FinishedItem item, const DeadLetter& letter);
  // Sends what is due and appends what was acknowledged to `done`. With `flush`, everything is due.
  Status Pump(SteadyTime now, bool flush, std::vector<DoneItem>& done);

  bool idle() const { return collecting_.empty() && letters_.empty() && sent_.empty(); }

 private:
  // Outcomes of one batch and round that wait for company.
  struct Collected {
    OutcomeRecord record;
    std::vector<DoneItem> items;
    SteadyTime since{};
  };
  using Group = std::tuple<BatchId, std::uint8_t>;

  Status Send(Collected collected);
  Status Settle(const Delivery& delivery, SteadyTime now, std::vector<DoneItem>& done);

  EventProducer& producer_;
  const ReporterSettings settings_;
  std::uint64_t next_token_ = 1;
  std::map<Group, Collected> collecting_;
  std::unordered_map<std::uint64_t, FinishedItem> letters_;        // dead letters under way
  std::unordered_map<std::uint64_t, std::vector<DoneItem>> sent_;  // outcome records under way
  std::vector<Delivery> deliveries_;
  SpareVectors<DoneItem> spare_items_;
  SpareVectors<IndexRange> spare_ranges_;
};

}  // namespace headrace::worker
