// The projector applies the outcomes and journal topics to the outcome store.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/service.h"
#include "common/ports/event_log.h"
#include "common/ports/outcome_store.h"

namespace headrace::accounting {

// What a store that was emptied, or set back, had forgotten of a partition.
enum class Lost { kTail, kWhole };

// Where the projector tells others how it is; implemented over metrics. Log lines are the
// projector's own. Called on its thread.
class ProjectorObserver {
 public:
  virtual ~ProjectorObserver() = default;
  // On every change, and at the first answer.
  virtual void OnOutcomeStoreReachable(bool reachable) = 0;
  virtual void OnApplied(std::size_t outcomes) = 0;
  // On every change, and at the first positions. Incomplete: the store lacks something of our
  // partitions that was in the log when we last looked for our place.
  virtual void OnViewComplete(bool complete) = 0;
  // The store had forgotten a part of the partition, which is read again from what it knows.
  // Neither a first start nor a mark that another projector moved on is told.
  virtual void OnRebuild(const std::string& topic, std::int32_t partition, Lost lost) = 0;
  // A record that is not ours was passed over.
  virtual void OnForeignRecord(const std::string& topic, std::int32_t partition) = 0;
  // A record of a newer version: the partition stands still until this program is updated.
  virtual void OnUnknownVersion(const std::string& topic, std::int32_t partition) = 0;
};

struct ProjectorSettings {
  std::string outcomes_topic;       // topic number 0 of the consumer
  std::string journal_topic;        // topic number 1
  std::size_t records_max = 2'000;  // read, then applied together
  std::chrono::milliseconds poll_timeout{100};
  // While so many items end between two steps, their outcomes are gathered for so long before they
  // are applied together.
  std::size_t flow_items = 100;
  std::chrono::milliseconds gather_time{50};
  std::chrono::milliseconds reconcile_interval{3'000};  // how soon an emptied store is noticed
  std::chrono::milliseconds commit_interval{5'000};
  // A rebuild that hears nothing for this long has seen all that retention left of the topic.
  std::chrono::milliseconds rebuild_idle_max{30'000};
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{3'000};
};

// Opens a consumer of [outcomes, journal] in the accounting group that reports to `listener`.
using ConsumerFactory =
    std::function<Result<std::unique_ptr<EventConsumer>>(AssignmentListener& listener)>;

// A service with one thread. `clock` and `observer` must outlive it. Start fails when the consumer
// cannot be opened; an absent Kafka or outcome store is waited for. Stop returns when what was read
// has been applied once, or at once while the store is away.
std::unique_ptr<Service> MakeProjector(const ProjectorSettings& settings,
                                       ConsumerFactory open_consumer,
                                       std::unique_ptr<OutcomeStore> store, const Clock& clock,
                                       ProjectorObserver& observer);

}  // namespace headrace::accounting
