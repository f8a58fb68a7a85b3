// What a seed stands for: how large the world is, and which faults happen how often.
#pragma once

#include "common/config/worker_settings.h"
#include "common/ports/graph_store.h"
#include "tests/simulation/random.h"

namespace headrace::simulation {

// How often a fault happens, per thousand occasions; 0 turns it off for the whole run.
struct FaultRates {
  // Occasions are rounds of the scheduler.
  int crash = 0;         // within the next few calls of a port
  int stop = 0;          // a worker is stopped in good order
  int rebalance = 0;     // partitions change hands
  int expire = 0;        // a member's session times out, which it does not know yet
  int kafka_away = 0;    // for a while
  int store_outage = 0;  // for a while
  int redis_away = 0;    // for a while
  int redis_loss = 0;    // it is set back, or emptied
  int journal_away = 0;  // to those who look a batch up in it, for a while
  int leap = 0;          // of the clock
  // Occasions are calls.
  int poll_error = 0;
  int redelivery = 0;        // records come twice
  int unread_commit = 0;     // what is committed of an assigned partition cannot be read yet
  int commit_error = 0;      // half of them were done all the same
  int delivery_failure = 0;  // for good: the producer dies; half of them were done all the same
  int redis_error = 0;       // half of them were done all the same, or in part
  // Occasions are chunks.
  int transient = 0;
  int applied_unknown = 0;  // applied, but reported as transient
  int throttled = 0;
  int fatal = 0;
  int late = 0;  // the result comes after seconds
  // Occasions are items.
  int resumed = 0;   // the load begins anew with the first
  int bad = 0;       // for good
  int stubborn = 0;  // the store has trouble with it as long as there are faults
};

struct Plan {
  static Plan Of(std::uint64_t seed);

  int workers = 1;
  int partitions = 1;
  int graphs = 1;
  int batches = 1;
  int items = 10;
  int hot = 300;            // of a thousand items so many belong to the first graph, and more
  int sent_at_once = 1;     // records
  int rounds = 1'000;       // of the scheduler, with faults
  bool eager = false;       // the rebalance protocol: everything is revoked first
  bool names_items = true;  // the store says which item it refuses
  bool fences = false;      // the store refuses what an earlier owner of a partition writes
  int deadly = 0;           // so many items end the process that tries them
  // Nothing else ends one, and every drain has the time that it takes, so what becomes of those
  // items is exact.
  bool only_deadly = false;
  FaultRates rates;
  StoreTraits traits;
  WorkerSettings settings;
};

}  // namespace headrace::simulation
