#include "tests/simulation/process.h"

#include <utility>

#include "tests/simulation/member.h"

namespace headrace::simulation {
namespace {

accounting::ProjectorSettings ProjectionSettings(Random& random) {
  accounting::ProjectorSettings settings{.outcomes_topic = kOutcomesTopic,
                                         .journal_topic = kJournalTopic};
  settings.records_max = static_cast<std::size_t>(random.Between(1, 50));
  return settings;
}

worker::WorkerPlan LoopPlan(Stage& stage, std::int64_t incarnation) {
  return {.settings = stage.plan.settings,
          .admission = {.topic = kItemsTopic, .cluster_id = kClusterId, .limits = {}},
          .outcomes_topic = kOutcomesTopic,
          .dead_letters_topic = kLettersTopic,
          .writer = std::to_string(incarnation),
          .seed = stage.random.Next() | 1u};
}

std::unique_ptr<EventConsumer> OpenReader(Stage& stage, Host& host, const std::string& topic) {
  return std::make_unique<Member>(stage, &host,
                                  MemberPlace{.topics = {topic}, .group = "", .listener = nullptr});
}

}  // namespace

void CheckingObserver::OnMisrouted(const Record& record, std::int32_t) {
  Checker::Fail("a record is where its key belongs", std::string(record.key));
}

void CheckingObserver::OnInFlight(const worker::InFlight& in_flight) {
  held = in_flight;
  checker_.Holds(host_, in_flight);
}

// Told just after what is held.
void CheckingObserver::OnFlow(const worker::Flow&, const worker::Standing& now) {
  waiting_retry = now.waiting_retry;
  if (waiting_retry + held.items_in_store + held.reported <= held.items) return;
  Checker::Fail("a worker knows what waits for a retry",
                std::to_string(waiting_retry) + " of " + std::to_string(held.items) + " items");
}

void CheckingObserver::OnForeignRecord(const std::string& topic, std::int32_t) {
  Checker::Fail("the projector reads what workers write", topic);
}

void CheckingObserver::OnUnknownVersion(const std::string& topic, std::int32_t) {
  Checker::Fail("the projector reads what workers write", topic);
}

SimOutcomes::SimOutcomes(Stage& stage, Host& host, Redis& redis)
    : stage_(stage),
      host_(host),
      redis_(stage, host, redis),
      outcomes_(OpenReader(stage, host, kOutcomesTopic)),
      lookup_(redis_, *outcomes_, kOutcomesTopic) {}

void SimOutcomes::Ask(std::vector<ItemRef> items) {
  Host::Call(&host_);
  waiting_.insert(waiting_.end(), items.begin(), items.end());
}

void SimOutcomes::Collect(std::vector<worker::ItemOutcome>& answers) {
  Host::Call(&host_);
  if (stage_.random.Chance(300)) return;
  if (question_.empty()) question_ = std::exchange(waiting_, {});
  if (question_.empty()) return;
  auto answer = lookup_.Answer(question_);
  if (!answer.ok()) return;
  question_.clear();
  answers.insert(answers.end(), answer->begin(), answer->end());
}

Process::Process(Stage& stage, Redis& redis, const Wakeup& wakeup, std::int64_t incarnation)
    : stage_(stage),
      host_(incarnation, stage.trace),
      pace_(stage.clock),
      producer_(stage, host_),
      store_(stage, host_, pace_),
      observer_(stage.checker, host_, pace_),
      outcomes_(stage, host_, redis),
      redis_(stage, host_, redis),
      directory_(OpenReader(stage, host_, kJournalTopic)),
      loop_({.open_consumer =
                 [this](AssignmentListener& listener) -> Result<std::unique_ptr<EventConsumer>> {
               return std::unique_ptr<EventConsumer>(
                   std::make_unique<Member>(stage_, &host_,
                                            MemberPlace{.topics = {kItemsTopic},
                                                        .group = kWorkerGroup,
                                                        .listener = &listener,
                                                        .leads_work = true}));
             },
             .producer = producer_,
             .outcomes = outcomes_,
             .store = store_,
             .directory = directory_,
             .observer = observer_,
             .clock = stage.clock,
             .wakeup = wakeup,
             .flow = &observer_},
            LoopPlan(stage, incarnation)),
      projection_(ProjectionSettings(stage.random), redis_, stage.clock, observer_) {
  stage_.trace.Note("starts", {{"worker", incarnation}});
  CHECK(loop_.Join().ok());
  const Status opened = projection_.Open(
      [this](AssignmentListener& listener) -> Result<std::unique_ptr<EventConsumer>> {
        return std::unique_ptr<EventConsumer>(
            std::make_unique<Member>(stage_, &host_,
                                     MemberPlace{.topics = {kOutcomesTopic, kJournalTopic},
                                                 .group = kAccountingGroup,
                                                 .listener = &listener}));
      });
  CHECK(opened.ok());
}

Process::~Process() = default;

bool Process::StepLoop() {
  return Turn([this] {
    host_.polled = false;
    const bool goes_on = loop_.Step().ok();
    stage_.checker.Stepped(host_, stage_.clock.Now());
    if (goes_on) {
      if (!producer_.failed()) return;
      Checker::Fail("a worker that cannot deliver ends", "it goes on");
    }
    ended_ = true;
    stage_.trace.Note("gives_up", {{"worker", host_.incarnation()}});
    stage_.checker.Lost();
    store_.Stop();
    projection_.Close();
  });
}

bool Process::StepProjection() {
  return Turn([this] { projection_.Step(std::chrono::milliseconds(0)); });
}

// In a process whose loop drains, the loop finds out at its next call of a port.
bool Process::StepStore() {
  store_.Progress();
  if (host_.dead() && !busy_) Bury();
  return !host_.dead();
}

void Process::Stop() {
  stage_.trace.Note("stops", {{"worker", host_.incarnation()}});
  Turn([this] {
    ended_ = true;
    host_.draining = true;
    loop_.Finish();
    stage_.checker.Left(host_, host_.holds);
    store_.Stop();
    projection_.Close();
  });
}

bool Process::Turn(const std::function<void()>& turn) {
  busy_ = true;
  try {
    turn();
  } catch (const Death&) {
    Bury();
  }
  busy_ = false;
  return !ended_ && !host_.dead();
}

void Process::Bury() {
  stage_.checker.Lost();
  store_.Stop();
}

}  // namespace headrace::simulation
