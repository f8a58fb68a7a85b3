// Tells the observer whenever the brokers cease to answer, or answer again.
#pragma once

#include "worker/worker_observer.h"

namespace headrace::worker {

// Owned by the loop thread.
class KafkaWatch {
 public:
  explicit KafkaWatch(WorkerObserver& observer) : observer_(observer) {}

  // Passes on only what ends the worker.
  Status Note(const Status& status);
  bool answers() const { return answers_; }

 private:
  WorkerObserver& observer_;
  bool answers_ = true;
};

}  // namespace headrace::worker
