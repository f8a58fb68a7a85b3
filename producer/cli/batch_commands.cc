#include "producer/cli/batch_commands.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/units.h"
#include "common/redis/batch_view.h"
#include "producer/cli/batch_follow.h"
#include "producer/cli/batch_text.h"
#include "producer/cli/interrupt.h"
#include "producer/cli/load_run.h"
#include "producer/cli/option_checks.h"
#include "producer/cli/stall_reason.h"
#include "producer/cli/view_completeness.h"

namespace headrace::cli {
namespace {

constexpr std::string_view kUpstream = "upstream";

struct BatchOptions {
  std::string id;
  std::size_t limit = 20;
  std::string timeout;
  bool json = false;
  bool quiet = false;
};

ExitCode Usage(const CommandContext& context, const std::string& message) {
  context.err << "headrace: " << message << '\n';
  return ExitCode::kUsage;
}

bool IsBatchName(const std::string& id) { return id == kUpstream || BatchId::Parse(id); }

ExitCode NoSuchName(const CommandContext& context, const std::string& id) {
  return Usage(context,
               id + " is not a batch id (a UUID that ends in eight zeros) nor \"upstream\"");
}

// The open view, after saying what is to be said about its state. Empty: `exit` says why.
struct OpenedView {
  std::unique_ptr<redis::BatchView> view;
  std::unique_ptr<ViewCompleteness> completeness;
  ExitCode exit = ExitCode::kOk;
};

OpenedView OpenView(const CommandContext& context) {
  OpenedView opened;
  Result<std::unique_ptr<redis::BatchView>> view = redis::OpenBatchView(context.settings.redis);
  if (!view.ok()) {
    opened.exit = Fail(context, view.error());
    return opened;
  }
  opened.completeness = std::make_unique<ViewCompleteness>(**view, context.err);
  if (const Result<bool> complete = opened.completeness->Ask(); !complete.ok()) {
    opened.exit = Fail(context, complete.error());
    return opened;
  }
  opened.view = *std::move(view);
  return opened;
}

// Unless `text` only says that something is absent, which it may not be.
ExitCode Print(const CommandContext& context, const OpenedView& opened, const std::string& text,
               bool absent) {
  const Result<bool> complete = opened.completeness->Ask();
  if (!complete.ok()) return Fail(context, complete.error());
  if (absent && !*complete) return ExitCode::kUnreachable;
  context.out << text;
  return ExitCode::kOk;
}

ExitCode FailToRead(const CommandContext& context, const OpenedView& opened, const Error& error) {
  if (error.code != ErrorCode::kNotFound) return Fail(context, error);
  const Result<bool> complete = opened.completeness->Ask();
  if (!complete.ok()) return Fail(context, complete.error());
  return *complete ? Fail(context, error) : ExitCode::kUnreachable;
}

ExitCode RunList(const CommandContext& context, const BatchOptions& options) {
  const OpenedView opened = OpenView(context);
  if (!opened.view) return opened.exit;
  const auto batches = opened.view->List(context.settings.project, options.limit);
  if (!batches.ok()) return FailToRead(context, opened, batches.error());
  const std::string text = options.json ? BatchListJson(*batches) : BatchTable(*batches);
  return Print(context, opened, text, batches->empty());
}

ExitCode RunShow(const CommandContext& context, const BatchOptions& options) {
  if (!IsBatchName(options.id)) return NoSuchName(context, options.id);
  const OpenedView opened = OpenView(context);
  if (!opened.view) return opened.exit;
  const auto batch = opened.view->Show(context.settings.project, options.id);
  if (!batch.ok()) return FailToRead(context, opened, batch.error());
  return Print(context, opened, options.json ? BatchJson(*batch) : BatchDetails(*batch), false);
}

ExitCode RunErrors(const CommandContext& context, const BatchOptions& options) {
  if (!IsBatchName(options.id)) return NoSuchName(context, options.id);
  const OpenedView opened = OpenView(context);
  if (!opened.view) return opened.exit;
  const auto errors = opened.view->Errors(context.settings.project, options.id, options.limit);
  if (!errors.ok()) return FailToRead(context, opened, errors.error());
  const std::string text =
      options.json ? ErrorsJson(options.id, *errors) : ErrorsText(options.id, *errors);
  return Print(context, opened, text, errors->count_by_code.empty());
}

ExitCode WatchExit(const FollowResult& result) {
  switch (result.end) {
    case FollowEnd::kFinal:
      return result.batch->failed > 0 || result.batch->canceled > 0 ? ExitCode::kItemErrors
                                                                    : ExitCode::kOk;
    case FollowEnd::kTimeout:
      return ExitCode::kTimeout;
    case FollowEnd::kInterrupted:
      return ExitCode::kInterrupted;
    case FollowEnd::kNotFound:
      return ExitCode::kRefused;
    case FollowEnd::kUnreachable:
    case FollowEnd::kIncomplete:
      break;
  }
  return ExitCode::kUnreachable;
}

ExitCode RunWatch(const CommandContext& context, const BatchOptions& options) {
  if (!IsBatchName(options.id)) return NoSuchName(context, options.id);
  FollowOptions follow;
  follow.project = context.settings.project;
  follow.id = options.id;
  if (!options.timeout.empty()) {
    follow.timeout = ParseDuration(options.timeout);
    if (!follow.timeout) {
      return Usage(context,
                   "--timeout: " + options.timeout + " is not a duration such as 30s or 5m");
    }
  }
  Result<std::unique_ptr<redis::BatchView>> view = redis::OpenBatchView(context.settings.redis);
  if (!view.ok()) return Fail(context, view.error());
  Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return Fail(context, interrupt.error());
  const SystemClock clock;
  ProgressBar bar(context.err, clock, StyleFor(context, options.quiet));
  const FollowWorld world{
      .view = **view,
      .clock = clock,
      .bar = bar,
      .stop = [&interrupt] { return interrupt->requested(); },
      .pause = [&interrupt](std::chrono::milliseconds duration) { interrupt->Pause(duration); },
      .why_stalled = [&context] { return StallReason(context.settings); }};
  const FollowResult result = FollowBatch(world, follow);
  if (result.batch) {
    context.out << (options.json ? BatchJson(*result.batch) : BatchDetails(*result.batch));
  }
  if (!result.problem.empty()) context.err << "headrace: " << result.problem << '\n';
  return WatchExit(result);
}

using BatchBody = ExitCode (*)(const CommandContext&, const BatchOptions&);

CLI::App& AddCommand(CommandTree& tree, const char* path, const char* summary, BatchBody body,
                     const std::shared_ptr<BatchOptions>& options) {
  CLI::App& command =
      tree.Add(path, summary, Needs::kSettings,
               [options, body](const CommandContext& context) { return body(context, *options); });
  command.add_flag("--json", options->json, "JSON instead of a table");
  return command;
}

void AddId(CLI::App& command, BatchOptions& options) {
  command.add_option("ID", options.id, "A batch id, or \"upstream\" for records of other programs")
      ->required()
      ->type_name("");
}

void AddLimit(CLI::App& command, BatchOptions& options, const char* help,
              std::string (*check)(const std::string&)) {
  command.add_option("--limit", options.limit, help)
      ->check(check)
      ->type_name("N")
      ->capture_default_str();
}

}  // namespace

void RegisterBatch(CommandTree& tree) {
  tree.AddGroup("batch", "Look at batches");
  // Each command's options are filled by CLI11 and read by its body.
  const auto list = std::make_shared<BatchOptions>();
  AddLimit(AddCommand(tree, "batch list", "The project's batches, newest first", RunList, list),
           *list, "Batches that are shown, beside upstream", CheckPositiveCount);
  const auto show = std::make_shared<BatchOptions>();
  AddId(AddCommand(tree, "batch show", "Counters of a batch", RunShow, show), *show);
  const auto watch = std::make_shared<BatchOptions>();
  CLI::App& watching =
      AddCommand(tree, "batch watch", "Follow a batch until it is final", RunWatch, watch);
  AddId(watching, *watch);
  watching.add_option("--timeout", watch->timeout, "Give up after this time")
      ->type_name("DURATION");
  watching.add_flag("-q,--quiet", watch->quiet, "No progress");
  const auto errors = std::make_shared<BatchOptions>();
  CLI::App& explaining =
      AddCommand(tree, "batch errors", "Failed items of a batch and why", RunErrors, errors);
  AddId(explaining, *errors);
  AddLimit(explaining, *errors, "Errors that are shown", CheckCount);
}

}  // namespace headrace::cli
