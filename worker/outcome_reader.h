// Reads from the outcome store whether items have ended, on a thread of its own.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/base/bounded_queue.h"
#include "common/base/service.h"
#include "common/base/wakeup.h"
#include "common/ports/event_log.h"
#include "common/ports/outcome_store.h"
#include "worker/outcome_lookup.h"
#include "worker/repeat_gate.h"

namespace headrace::worker {

// While Kafka or the store cannot be reached, or the projector is behind, questions wait; nothing
// is guessed (see OutcomeLookup).
class OutcomeReader final : public OutcomeSource, public Service {
 public:
  struct Ports {
    std::unique_ptr<OutcomeStore> store;
    std::unique_ptr<EventConsumer> outcomes;  // asked for end offsets only; topic number 0
    const Wakeup& wakeup;                     // signalled when there are answers
  };
  // Ask never waits as long as no more than `questions_max` items wait for an answer.
  OutcomeReader(Ports ports, std::string outcomes_topic, std::size_t questions_max);
  ~OutcomeReader() override;

  Status Start() override;
  void Stop() override;

  void Ask(std::vector<ItemRef> items) override;
  void Collect(std::vector<ItemOutcome>& answers) override;

 private:
  using Question = std::vector<ItemRef>;

  void Run(const std::stop_token& stop);

  const Ports ports_;
  OutcomeLookup lookup_;
  BoundedQueue<Question> questions_;
  BoundedQueue<std::vector<ItemOutcome>> answers_;
  std::jthread thread_;
};

}  // namespace headrace::worker
