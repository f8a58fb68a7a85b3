#include "worker/outcome_reader.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "common/base/log.h"

namespace headrace::worker {
namespace {

constexpr std::chrono::milliseconds kPause{50};

}  // namespace

OutcomeReader::OutcomeReader(Ports ports, std::string outcomes_topic, std::size_t questions_max)
    : ports_(std::move(ports)),
      lookup_(*ports_.store, *ports_.outcomes, std::move(outcomes_topic)),
      questions_(questions_max),
      answers_(questions_max) {}

OutcomeReader::~OutcomeReader() { Stop(); }

Status OutcomeReader::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void OutcomeReader::Stop() {
  thread_.request_stop();
  questions_.Close();
  answers_.Close();
  if (thread_.joinable()) thread_.join();
}

void OutcomeReader::Ask(std::vector<ItemRef> items) { questions_.Push(std::move(items)); }

void OutcomeReader::Collect(std::vector<ItemOutcome>& answers) {
  std::vector<std::vector<ItemOutcome>> drained;
  answers_.DrainInto(drained);
  for (std::vector<ItemOutcome>& some : drained) {
    std::move(some.begin(), some.end(), std::back_inserter(answers));
  }
}

void OutcomeReader::Run(const std::stop_token& stop) {
  bool waiting = false;
  std::vector<Question> more;
  while (auto question = questions_.Pop()) {
    more.clear();
    questions_.DrainInto(more);
    for (const Question& other : more) {
      question->insert(question->end(), other.begin(), other.end());
    }
    while (!stop.stop_requested()) {
      Result<std::vector<ItemOutcome>> answer = lookup_.Answer(*question);
      if (answer.ok()) {
        if (waiting) log::Info("repeats_known");
        waiting = false;
        answers_.Push(std::move(*answer));
        ports_.wakeup.Signal();
        break;
      }
      if (!std::exchange(waiting, true)) {
        log::Info("repeats_wait", {{"reason", answer.error().message}});
      }
      std::this_thread::sleep_for(kPause);
    }
  }
}

}  // namespace headrace::worker
