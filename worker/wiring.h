// Joins the worker's parts to the real Kafka: once for the product and for what measures it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/service.h"
#include "common/base/wakeup.h"
#include "common/config/settings.h"
#include "common/kafka/consumer.h"
#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "common/ports/outcome_store.h"
#include "worker/loop_beat.h"
#include "worker/metrics.h"

namespace headrace::worker {

// The topic of the worker's channel.
std::string ItemsTopic(const Settings& settings);

// How a member of the channel's worker group reads `items_topic`. Half of the worker's bytes are
// for what is fetched ahead.
kafka::ConsumerOptions ItemsReader(const Settings& settings, const std::string& items_topic);

// Applies the outcomes topic to `outcome_store` on a thread of its own.
Result<std::unique_ptr<Service>> StartProjector(const Settings& settings,
                                                std::unique_ptr<OutcomeStore> outcome_store,
                                                const Clock& clock, Metrics& metrics);

struct LoopParts {
  std::string items_topic;
  std::string cluster_id;
  std::unique_ptr<EventProducer> producer;  // of outcomes and dead letters
  GraphStore& store;
  const Clock& clock;
  Metrics& metrics;
  const Wakeup& wakeup;
  LoopBeat& beat;
};

// The loop with its own view of Kafka, as a member of the worker group and a reader of the journal,
// and of Redis, which is asked about what may be a repeat. Returns when `should_stop` said so and
// the store has stopped, or when the loop failed.
Status RunLoop(const Settings& settings, LoopParts parts, const std::function<bool()>& should_stop);

}  // namespace headrace::worker
