#include "producer/cli/projector_command.h"

#include <CLI/CLI.hpp>
#include <atomic>
#include <utility>

#include "common/accounting/projector.h"
#include "common/kafka/consumer.h"
#include "common/kafka/topic_names.h"
#include "common/redis/redis_outcome_store.h"
#include "producer/cli/human_format.h"
#include "producer/cli/interrupt.h"

namespace headrace::cli {
namespace {

constexpr std::chrono::milliseconds kLook{1'000};
constexpr std::size_t kPrefetchBytes = 8u << 20;

// Counts for the last line; what goes wrong is in the projector's own log lines.
class OutcomeCount final : public accounting::ProjectorObserver {
 public:
  void OnOutcomeStoreReachable(bool) override {}
  void OnApplied(std::size_t outcomes) override { applied_ += outcomes; }
  void OnViewComplete(bool) override {}
  void OnRebuild(const std::string&, std::int32_t, accounting::Lost) override {}
  void OnForeignRecord(const std::string&, std::int32_t) override {}
  void OnUnknownVersion(const std::string&, std::int32_t) override {}

  std::uint64_t applied() const { return applied_; }

 private:
  std::atomic<std::uint64_t> applied_ = 0;  // written by the projector's thread
};

ExitCode RunProjector(const CommandContext& context) {
  const Settings& settings = context.settings;
  Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return Fail(context, interrupt.error());
  auto store = redis::OpenRedisOutcomeStore(settings.redis);
  if (!store.ok()) return Fail(context, store.error());
  const kafka::TopicNames topics(settings.topics.prefix);
  const kafka::ConsumerOptions options{
      .topics = {topics.outcomes, topics.journal},
      .group = kafka::GroupNames(settings.topics.prefix).accounting,
      .client_id = "headrace-projector",
      .session_timeout = settings.worker.session_timeout,
      .prefetch_bytes_max = kPrefetchBytes};
  const SystemClock clock;
  OutcomeCount count;
  const std::unique_ptr<Service> projector = accounting::MakeProjector(
      {.outcomes_topic = topics.outcomes, .journal_topic = topics.journal},
      [&settings, &options](AssignmentListener& listener) {
        return kafka::OpenConsumer(settings.kafka, options, &listener, nullptr);
      },
      *std::move(store), clock, count);
  if (Status started = projector->Start(); !started.ok()) return Fail(context, started.error());
  context.err << "headrace: projecting " << topics.outcomes << " and " << topics.journal
              << " to Redis until SIGTERM or Ctrl-C\n";
  while (!interrupt->requested()) interrupt->Pause(kLook);
  projector->Stop();
  context.err << "headrace: stopped; " << FormatCount(count.applied()) << " outcomes applied\n";
  return ExitCode::kOk;
}

}  // namespace

void RegisterProjector(CommandTree& tree) {
  tree.Add("projector", "Keep Redis up to date while no worker runs", Needs::kSettings,
           RunProjector);
}

}  // namespace headrace::cli
