// What a worker's loop is made of, and what it is told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/accounting/batch_directory.h"
#include "common/base/clock.h"
#include "common/base/wakeup.h"
#include "common/config/worker_settings.h"
#include "common/ports/event_log.h"
#include "common/ports/graph_store.h"
#include "worker/admission.h"
#include "worker/backlog.h"
#include "worker/flow_observer.h"
#include "worker/loop_beat.h"
#include "worker/repeat_gate.h"
#include "worker/worker_observer.h"

namespace headrace::worker {

struct WorkerPorts {
  // Makes the member of the worker group; the loop is its listener.
  std::function<Result<std::unique_ptr<EventConsumer>>(AssignmentListener&)> open_consumer;
  EventProducer& producer;
  OutcomeSource& outcomes;
  GraphStore& store;
  accounting::BatchDirectory& directory;
  WorkerObserver& observer;
  const Clock& clock;
  const Wakeup& wakeup;
  // What only metrics need; a loop without them works as well.
  FlowObserver* flow = nullptr;
  BacklogSource* backlog = nullptr;
  LoopBeat* beat = nullptr;
};

struct WorkerPlan {
  WorkerSettings settings;
  AdmissionSettings admission;  // names the items topic
  std::string outcomes_topic;
  std::string dead_letters_topic;
  std::string writer;      // of this process only, see CommitNote
  std::uint64_t seed = 1;  // of the retry jitter
  // Of a partition, from its first unfinished record on; a byte each.
  std::size_t ledger_span_max = 1u << 20;
};

}  // namespace headrace::worker
