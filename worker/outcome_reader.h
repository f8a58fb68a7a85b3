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
#include "worker/repeat_gate.h"

namespace headrace::worker {

// The outcome store is written by the projector, which may be behind. So a question about a batch
// waits until the projector has passed the end that the batch's partition of the outcomes topic had
// when the question was asked: everything that the former owner of the item reported is in then.
// While Kafka or the store cannot be reached, questions wait; nothing is guessed.
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
  Result<std::vector<ItemOutcome>> Answer(const Question& question);
  Status AwaitProjector(const Question& question);
  Status ReadBatch(std::span<const ItemRef> items, std::vector<ItemOutcome>& answers);

  const Ports ports_;
  const std::string outcomes_topic_;
  BoundedQueue<Question> questions_;
  BoundedQueue<std::vector<ItemOutcome>> answers_;
  std::vector<std::int64_t> ends_;  // of the outcomes topic, when the question was begun
  std::jthread thread_;
};

}  // namespace headrace::worker
