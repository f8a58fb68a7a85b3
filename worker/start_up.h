// What a worker does before its loop: it waits for what it needs, and refuses what would lose data.
#pragma once

#include <memory>
#include <string>

#include "common/base/wakeup.h"
#include "common/config/settings.h"
#include "common/kafka/client_statistics.h"
#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "worker/worker_metrics.h"

namespace headrace::worker {

// All wait until they succeed, retrying every second. kCancelled: a stop signal came first; any
// other error cannot be waited out.

// kInvalid: the store's URL or file is wrong.
Result<std::unique_ptr<GraphStore>> WaitForStore(const Settings& settings, WorkerMetrics& metrics,
                                                 WorkerHealth& health, const Wakeup& wakeup);
// Kafka and its topics; the result is the cluster's id. Missing topics are waited for, because an
// orchestrator may start the worker first. kInvalid: a topic's setting would lose data.
Result<std::string> WaitForKafka(const Settings& settings, WorkerMetrics& metrics,
                                 WorkerHealth& health, const Wakeup& wakeup);

// The producer of outcomes and dead letters. The reporter packs outcomes, so the client does not
// wait for more of them; a setting of the operator's stands.
Result<std::unique_ptr<EventProducer>> OpenOutcomeProducer(const Settings& settings,
                                                           const Wakeup& wakeup,
                                                           kafka::ProducerObserver& observer);

}  // namespace headrace::worker
