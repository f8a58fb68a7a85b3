#include "producer/cli/load_run.h"

#include <algorithm>
#include <utility>

#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "common/kafka/topic_names.h"
#include "producer/cli/batch_follow.h"
#include "producer/cli/human_format.h"
#include "producer/cli/stall_reason.h"

namespace headrace::cli {
namespace {

// Together with what follows, a missing service is reported within ten seconds.
constexpr std::chrono::milliseconds kServiceTimeout{8'000};
constexpr std::chrono::milliseconds kInputIdle{100};
constexpr std::chrono::milliseconds kRedisRetry{500};

std::chrono::milliseconds Since(const Clock& clock, SteadyTime start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.Now() - start);
}

}  // namespace

ProgressStyle StyleFor(const CommandContext& context, bool quiet) {
  ProgressStyle style;
  style.columns = static_cast<std::size_t>(std::max(20, context.terminal.columns));
  style.color = context.terminal.color;
  if (quiet) {
    style.mode = ProgressStyle::Mode::kQuiet;
  } else if (context.terminal.err_is_terminal) {
    style.mode = ProgressStyle::Mode::kLive;
  }
  return style;
}

LoadRun::LoadRun(const LoadWorld& world, std::optional<intake::RejectsFile> rejects_file)
    : world_(world),
      bar_(world.context.err, world.clock, StyleFor(world.context, world.options.quiet)),
      console_(bar_, world.options.max_errors, std::move(rejects_file)),
      started_(world.clock.Now()) {
  summary_.project = world.context.settings.project;
  summary_.dry_run = world.options.dry_run;
}

ExitCode LoadRun::Run() {
  const bool two_passes = world_.inputs.rereadable || world_.options.dry_run;
  if (!world_.options.dry_run && !CheckServices()) return Finish();
  if (two_passes && !Scan()) return Finish();
  if (world_.options.dry_run) return Finish();
  if (FindReplayed() && Send() && world_.options.wait) Wait();
  return Finish();
}

bool LoadRun::CheckServices() {
  const Settings& settings = world_.context.settings;
  // One time limit for both services: also a slow broker and an absent Redis together are reported
  // within ten seconds.
  const SteadyTime asked = world_.clock.Now();
  Result<std::vector<kafka::TopicFinding>> findings =
      kafka::CheckTopics(settings.kafka, settings.topics, kServiceTimeout);
  if (!findings.ok()) return End(ExitCodeFor(findings.error()), findings.error().message);
  if (!TopicsWillDo(*findings)) {
    return End(ExitCode::kSettings, "the topics cannot hold what a load promises");
  }
  if (!world_.options.wait) return true;
  // Asked before anything is sent: better no load than one whose end nobody sees.
  Result<std::unique_ptr<redis::BatchView>> view = redis::OpenBatchView(settings.redis);
  if (!view.ok()) return End(ExitCodeFor(view.error()), view.error().message);
  view_ = *std::move(view);
  while (true) {
    const Result<redis::ViewState> state = view_->State();
    if (state.ok()) return true;
    if (world_.interrupt.requested()) return End(ExitCode::kInterrupted, "interrupted");
    if (Since(world_.clock, asked) + kRedisRetry >= kServiceTimeout) {
      return End(ExitCodeFor(state.error()), state.error().message);
    }
    world_.interrupt.Pause(kRedisRetry);
  }
}

// Warnings belong to `headrace topics check`: before every load they would be noise.
bool LoadRun::TopicsWillDo(const std::vector<kafka::TopicFinding>& findings) {
  bool will_do = true;
  for (const kafka::TopicFinding& finding : kafka::JoinFindings(findings)) {
    if (finding.severity == kafka::TopicFinding::Severity::kWarning) continue;
    bar_.Message("headrace: " + finding.topic + ": " + finding.message + "\n  fix: " + finding.fix);
    will_do = false;
  }
  return will_do;
}

bool LoadRun::Scan() {
  console_.BeginChecking(world_.inputs.bytes_total);
  intake::ItemReader reader = OpenReader();
  Result<intake::ScanTotals> totals = intake::ScanItems(reader, console_, StopFunction());
  console_.EndStage();
  if (!totals.ok()) {
    const bool interrupted = totals.error().code == ErrorCode::kCancelled;
    return End(interrupted ? ExitCode::kInterrupted : ExitCode::kInputInvalid,
               totals.error().message);
  }
  totals_ = *std::move(totals);
  summary_.foreign = reader.foreign();
  summary_.source_sha256 = totals_->sha256;
  if (totals_->accepted == 0 && summary_.foreign.count > 0) return NothingOfTheProject();
  if (world_.options.dry_run) {
    summary_.accepted = totals_->accepted;
    summary_.bytes = totals_->bytes;
    if (totals_->rejected > 0) exit_ = ExitCode::kInputInvalid;
    return true;
  }
  if (world_.options.strict && totals_->rejected > 0) {
    return End(ExitCode::kInputInvalid, "nothing was sent, because of --strict");
  }
  return true;
}

bool LoadRun::FindReplayed() {
  batch_ = world_.request.batch_id.value_or(BatchId::Random());
  if (!world_.request.batch_id) return true;
  const Settings& settings = world_.context.settings;
  kafka::ConsumerOptions options;
  options.topics = {kafka::TopicNames(settings.topics.prefix).journal};
  options.client_id = "headrace-load";
  Result<std::unique_ptr<EventConsumer>> journal =
      kafka::OpenConsumer(settings.kafka, options, nullptr, nullptr);
  if (!journal.ok()) return End(ExitCodeFor(journal.error()), journal.error().message);
  Result<intake::KnownFacts> known =
      intake::FindBatchFacts(**journal, batch_, kServiceTimeout, world_.clock, StopFunction());
  if (!known.ok()) {
    const bool interrupted = known.error().code == ErrorCode::kCancelled;
    return End(interrupted ? ExitCode::kInterrupted : ExitCodeFor(known.error()),
               known.error().message);
  }
  known_ = *std::move(known);
  const Status checked = intake::CheckReplay(known_, settings.project, *totals_);
  if (checked.ok()) return true;
  const std::string problem =
      "cannot replay batch " + batch_.ToString() + ": " + checked.error().message;
  const bool of_archive = known_.opened->archived && known_.opened->project == settings.project;
  return of_archive && IsArchiveAlone() ? ArchiveChanged(problem)
                                        : End(ExitCode::kInputInvalid, problem);
}

bool LoadRun::Send() {
  const Settings& settings = world_.context.settings;
  Result<std::unique_ptr<EventProducer>> producer =
      kafka::OpenProducer(settings.kafka, "headrace-load");
  if (!producer.ok()) return End(ExitCodeFor(producer.error()), producer.error().message);
  const kafka::TopicNames names(settings.topics.prefix);
  intake::LoaderOptions options;
  options.items_topic = names.items_batch;
  options.journal_topic = names.journal;
  options.delivery_timeout = settings.kafka.delivery_timeout;
  options.in_flight_bytes_max =
      std::min(options.in_flight_bytes_max, settings.kafka.producer_queue_bytes_max / 2);
  intake::LoadPlan plan;
  plan.batch = batch_;
  plan.project = settings.project;
  plan.metadata = world_.options.batch_metadata;
  plan.totals = totals_;
  plan.known = known_;
  plan.strict = world_.options.strict;
  console_.BeginLoading(totals_ ? std::optional(totals_->accepted) : std::nullopt);
  intake::ItemReader reader = OpenReader();
  intake::Loader loader(**producer, world_.clock, std::move(options), std::move(plan), console_,
                        StopFunction());
  const intake::LoadReport report = loader.Run(reader);
  console_.EndStage();
  summary_.foreign = reader.foreign();
  SetFromReport(report);
  return report.end == intake::LoadEnd::kSealed;
}

void LoadRun::SetFromReport(const intake::LoadReport& report) {
  summary_.accepted = report.delivered;
  summary_.bytes = report.bytes;
  if (report.opened) summary_.batch_id = batch_.ToString();
  std::string problem = report.problem;
  switch (report.end) {
    case intake::LoadEnd::kSealed:
      summary_.sealed = true;
      return;
    case intake::LoadEnd::kNothing:
      if (summary_.foreign.count > 0) NothingOfTheProject();
      return;
    case intake::LoadEnd::kRefusedStrictly:
      summary_.sealed = report.opened;
      End(ExitCode::kInputInvalid,
          "stopped at a refused line, because of --strict; the batch holds "
          "what came before it");
      return;
    case intake::LoadEnd::kInterrupted:
      exit_ = ExitCode::kInterrupted;
      break;
    case intake::LoadEnd::kDeliveryFailed:
      exit_ = ExitCode::kUnreachable;
      problem += " (kafka.brokers = " + world_.context.settings.kafka.brokers + ")";
      break;
    case intake::LoadEnd::kInputChanged:
      if (IsArchiveAlone()) {
        if (report.opened) problem += "; batch " + batch_.ToString() + " stays unsealed";
        ArchiveChanged(problem);
        return;
      }
      problem += "; the batch can go on with the input as it was before, and with no other";
      [[fallthrough]];
    case intake::LoadEnd::kInputFailed:
      exit_ = ExitCode::kInputInvalid;
      break;
  }
  if (report.opened && world_.inputs.rereadable) {
    summary_.resume = ResumeCommand(world_.options, summary_.project, batch_);
  } else if (report.opened) {
    problem += "; the batch stays unsealed, for standard input cannot be read again";
  }
  End(*exit_, problem);
}

void LoadRun::Wait() {
  FollowOptions options;
  options.project = summary_.project;
  options.id = summary_.batch_id;
  options.timeout = world_.request.timeout;
  options.may_appear_later = true;
  const FollowWorld follow{
      .view = *view_,
      .clock = world_.clock,
      .bar = bar_,
      .stop = StopFunction(),
      .pause = [this](std::chrono::milliseconds d) { world_.interrupt.Pause(d); },
      .why_stalled = [this] { return StallReason(world_.context.settings); }};
  const FollowResult result = FollowBatch(follow, options);
  summary_.batch = result.batch;
  switch (result.end) {
    case FollowEnd::kFinal:
      if (result.batch->failed > 0 || result.batch->canceled > 0) exit_ = ExitCode::kItemErrors;
      return;
    case FollowEnd::kTimeout:
      End(ExitCode::kTimeout, result.problem);
      break;
    case FollowEnd::kInterrupted:
      End(ExitCode::kInterrupted, "interrupted while waiting; everything is loaded");
      break;
    case FollowEnd::kUnreachable:
    case FollowEnd::kNotFound:
    case FollowEnd::kIncomplete:
      End(ExitCode::kUnreachable, result.problem);
      break;
  }
  summary_.resume = "headrace batch watch " + summary_.batch_id + " --project " + summary_.project;
}

ExitCode LoadRun::Finish() {
  if (Status closed = console_.CloseRejectsFile(); !closed.ok()) {
    End(ExitCode::kInputInvalid, closed.error().message);
  }
  const Rejections& rejections = console_.rejections();
  if (!exit_) exit_ = rejections.count > 0 ? ExitCode::kItemErrors : ExitCode::kOk;
  summary_.elapsed = Since(world_.clock, started_);
  std::ostream& err = world_.context.err;
  // Where nothing was sent and no line refused, the problem is all there is to say to a person.
  const bool worked = !summary_.batch_id.empty() || rejections.count > 0 || *exit_ == ExitCode::kOk;
  if (world_.options.json) {
    world_.context.out << LoadSummaryJson(summary_, rejections) << std::flush;
  } else if (worked) {
    world_.context.out << LoadSummaryText(summary_, rejections) << std::flush;
  }
  if (!summary_.problem.empty()) err << "headrace: " << summary_.problem << '\n';
  if (!summary_.resume.empty()) {
    err << "to go on (with the same settings): " << summary_.resume << '\n';
  } else if (summary_.batch && summary_.batch->failed > 0) {
    err << "reasons: headrace batch errors " << summary_.batch_id << " --project "
        << summary_.project << '\n';
  }
  return *exit_;
}

bool LoadRun::End(ExitCode code, std::string problem) {
  exit_ = code;
  summary_.problem = std::move(problem);
  return false;
}

// More likely a mistyped or forgotten project than an archive that happens to have none of it.
bool LoadRun::NothingOfTheProject() {
  return End(ExitCode::kInputInvalid, "the input has no item of project " + summary_.project +
                                          ", but " + ForeignText(summary_.foreign) +
                                          "; choose one with --project");
}

bool LoadRun::IsArchiveAlone() const {
  return world_.plan.paths.size() == 1 && world_.plan.paths.front() == world_.plan.archive;
}

// No replay, for what was loaded is not there any more in that form; nor is one needed.
bool LoadRun::ArchiveChanged(const std::string& problem) {
  summary_.resume = ResumeCommand(world_.options, summary_.project, std::nullopt);
  return End(ExitCode::kInputInvalid,
             problem +
                 "; load the archive again, as a new batch, when no worker writes to it: its items "
                 "keep their ids, so that nothing is stored twice");
}

intake::StopRequested LoadRun::StopFunction() const {
  return [this] { return world_.interrupt.requested(); };
}

intake::ItemReader LoadRun::OpenReader() const {
  return intake::ItemReader({.paths = world_.plan.paths,
                             .project = world_.context.settings.project,
                             .limits = world_.context.settings.limits},
                            intake::OpenPlanned(world_.plan, kInputIdle,
                                                world_.context.settings.limits.record_bytes_max));
}

}  // namespace headrace::cli
