#include "tests/simulation/world.h"

#include <algorithm>

#include "tests/simulation/member.h"

namespace headrace::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Far more than the longest chain of back-offs, lateness and projector pauses takes, also at the
// pace of less than an item a second that a worker keeps for a while after much throttling.
constexpr int kDrainRoundsMax = 60'000;
// More than ten minutes in all: the slowest pace grows by a tenth in one.
constexpr milliseconds kCalmStep{500};
constexpr int kCalmStepsMax = 1'500;

}  // namespace

World::World(std::uint64_t seed, bool print, const Wakeup& wakeup)
    : stage_(seed, print), redis_(stage_), workload_(stage_), wakeup_(wakeup) {
  stage_.cluster.CreateTopic(kItemsTopic, stage_.plan.partitions);
  stage_.cluster.CreateTopic(kOutcomesTopic, 2);
  stage_.cluster.CreateTopic(kLettersTopic, 2);
  stage_.cluster.CreateTopic(kJournalTopic, 1);
  processes_.resize(static_cast<std::size_t>(stage_.plan.workers));
}

World::~World() {
  for (auto& process : processes_) {
    if (process) process->host().Die();
  }
}

void World::Run() {
  stage_.clock.Advance(std::chrono::seconds(1));
  for (int round = 0; round < stage_.plan.rounds || !workload_.done(); ++round) {
    Round(600);
    StrikeWorkers();
    StrikeServices();
    if (stage_.random.Chance(200)) {
      for (int i = 0; i < stage_.plan.sent_at_once; ++i) workload_.Step();
    }
    if (stage_.random.Chance(5)) workload_.Replay();
    if (stage_.random.Chance(50)) redis_.CheckAgainstTopic(false);
  }
  EndFaults();
  Drain();
}

void World::Round(int loop_per_thousand) {
  const bool leaps = stage_.Strikes(stage_.plan.rates.leap);
  stage_.clock.Advance(leaps ? milliseconds(stage_.random.Between(200, 6'000))
                             : milliseconds(stage_.random.Between(0, 12)));
  const std::size_t first = stage_.random.Below(processes_.size());
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    auto& process = processes_[(first + i) % processes_.size()];
    if (!process) {
      if (!stage_.faults || stage_.random.Chance(100)) Start(process);
      continue;
    }
    GiveTurns(process, loop_per_thousand);
  }
}

void World::PassTime() {
  stage_.clock.Advance(microseconds(stage_.random.Between(500, 6'000)));
  StrikeServices();
  for (auto& process : processes_) {
    if (process) GiveTurns(process, 200);
  }
  wakeup_.Signal();
}

// A process in whose code we are keeps what runs beside its loop.
void World::GiveTurns(std::unique_ptr<Process>& process, int loop_per_thousand) {
  if (process->host().dead()) return;
  if (stage_.random.Chance(600) && !process->StepStore()) {
    if (!process->busy()) process.reset();
    return;
  }
  if (stage_.random.Chance(300)) process->StepProducer();
  if (process->busy()) return;
  if (stage_.random.Chance(loop_per_thousand) && !process->StepLoop()) {
    process.reset();
    return;
  }
  if (stage_.random.Chance(300) && !process->StepProjection()) process.reset();
}

void World::Start(std::unique_ptr<Process>& process) {
  process = std::make_unique<Process>(stage_, redis_, wakeup_, ++incarnations_);
  process->host().pass_time = [this] { PassTime(); };
}

void World::StrikeWorkers() {
  const FaultRates& rates = stage_.plan.rates;
  auto& process = processes_[stage_.random.Below(processes_.size())];
  if (process && stage_.Strikes(rates.crash)) {
    process->host().DieWithin(stage_.random.Between(1, 150));
  }
  if (process && stage_.Strikes(rates.stop)) {
    process->Stop();
    process.reset();
  }
  if (stage_.Strikes(rates.rebalance)) {
    Group& group =
        stage_.cluster.GroupNamed(stage_.random.Chance(800) ? kWorkerGroup : kAccountingGroup);
    stage_.cluster.Rebalance(group, stage_.random.Between(0, 900));
  }
}

// Also while a worker drains.
void World::StrikeServices() {
  const FaultRates& rates = stage_.plan.rates;
  const SteadyTime now = stage_.clock.Now();
  if (stage_.Strikes(rates.kafka_away)) {
    const milliseconds time(stage_.random.Between(10, 1'500));
    kafka_away_until_ = now + time;
    if (time > stage_.plan.settings.session_timeout) EndSessions();
  }
  stage_.cluster.reachable = now >= kafka_away_until_;
  if (stage_.Strikes(rates.store_outage)) {
    stage_.store_out_until = now + milliseconds(stage_.random.Between(50, 8'000));
  }
  if (stage_.Strikes(rates.journal_away)) {
    stage_.journal_away_until = now + milliseconds(stage_.random.Between(100, 8'000));
  }
  if (stage_.Strikes(rates.redis_away)) {
    redis_.away_until = now + milliseconds(stage_.random.Between(10, 3'000));
  }
  if (stage_.Strikes(rates.redis_loss)) redis_.Lose();
  if (stage_.Strikes(rates.expire)) {
    Group& group =
        stage_.cluster.GroupNamed(stage_.random.Chance(800) ? kWorkerGroup : kAccountingGroup);
    if (group.members.empty()) return;
    stage_.cluster.Expel(group, *group.members[stage_.random.Below(group.members.size())]);
  }
}

// Brokers that come back know nobody any more, who lives as before.
void World::EndSessions() {
  for (const std::string& name : {kWorkerGroup, kAccountingGroup}) {
    Group& group = stage_.cluster.GroupNamed(name);
    while (!group.members.empty()) stage_.cluster.Expel(group, *group.members.front());
  }
}

void World::EndFaults() {
  stage_.trace.Note("faults_end");
  stage_.faults = false;
  stage_.cluster.reachable = true;
  kafka_away_until_ = {};
  stage_.store_out_until = {};
  stage_.journal_away_until = {};
  redis_.away_until = {};
  for (auto& process : processes_) {
    if (process) process->host().DieWithin(0);
  }
}

void World::Drain() {
  for (int round = 0; round < kDrainRoundsMax; ++round) {
    Round(900);
    if (round % 16 == 0 && IsQuiet()) {
      redis_.CheckAgainstTopic(true);
      workload_.CheckComplete(redis_.store.Save());
      stage_.checker.JudgeAll();
      return AwaitFullSpeed();
    }
  }
  SayWhatIsLeft();
}

// Nothing is asked of the store any more, and nothing is refused.
void World::AwaitFullSpeed() {
  for (int step = 0; step < kCalmStepsMax; ++step) {
    if (std::ranges::all_of(
            processes_, [](const auto& process) { return !process || process->at_full_speed(); })) {
      return;
    }
    stage_.clock.Advance(kCalmStep);
    Round(1'000);
  }
  Checker::Fail("a throttled worker returns to full speed", "it has been calm for long");
}

bool World::IsQuiet() const {
  for (const auto& process : processes_) {
    if (!process || !process->holds_nothing()) return false;
  }
  for (const auto& [key, item] : stage_.items.items()) {
    if (!item.outcome_at) return false;
  }
  const auto& committed = const_cast<Cluster&>(stage_.cluster).GroupNamed(kWorkerGroup).committed;
  for (const auto& [place, ref] : stage_.items.places()) {
    const auto found = committed.find({0, place.partition});
    if (found == committed.end() || found->second.offset <= place.offset) return false;
  }
  const auto contents = redis_.store.Save();
  for (const std::string& topic : {kOutcomesTopic, kJournalTopic}) {
    for (int partition = 0; partition < stage_.cluster.Partitions(topic); ++partition) {
      const auto mark = contents.marks.find({topic, partition});
      const std::int64_t applied = mark == contents.marks.end() ? 0 : mark->second;
      if (applied < stage_.cluster.End(topic, partition)) return false;
    }
  }
  return true;
}

void World::SayWhatIsLeft() const {
  for (const auto& [key, item] : stage_.items.items()) {
    if (!item.outcome_at) Checker::Fail("every item ends", Checker::Name(item));
  }
  for (const auto& process : processes_) {
    if (process && !process->holds_nothing()) {
      Checker::Fail("a worker without work holds nothing",
                    std::to_string(process->held().items) + " items of " +
                        std::to_string(process->held().bytes) + " bytes");
    }
  }
  redis_.CheckAgainstTopic(true);
  Checker::Fail("everything finished is committed", "after all work had ended");
}

}  // namespace headrace::simulation
