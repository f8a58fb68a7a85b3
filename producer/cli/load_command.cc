#include "producer/cli/load_command.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "producer/cli/interrupt.h"
#include "producer/cli/load_options.h"
#include "producer/cli/load_run.h"
#include "producer/cli/option_checks.h"

namespace headrace::cli {
namespace {

void DeclareOptions(CLI::App& command, LoadOptions& options) {
  command.add_option("FILE", options.paths, "JSON lines, one item a line; - is standard input")
      ->required()
      ->type_name("FILE");
  command.add_flag("--kafka", options.kafka, "Write straight to Kafka");
  command.add_flag("--dry-run", options.dry_run, "Only validate; no service is touched");
  command.add_flag("--strict", options.strict,
                   "Send nothing if a line is bad (standard input: stop at the first bad line)");
  command
      .add_option("--rejects", options.rejects_path,
                  "Write refused lines to this file, as they are")
      ->type_name("FILE");
  command
      .add_option("--max-errors", options.max_errors, "Bad lines that are printed; all are counted")
      ->check(CheckCount)
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--batch-id", options.batch_id,
                  "Replay this batch: the same files again, nothing twice")
      ->type_name("UUID");
  command.add_option("--batch-metadata", options.batch_metadata, "Kept with the batch")
      ->type_name("JSON");
  command.add_flag("--wait", options.wait, "Follow the batch until every item is final");
  command.add_option("--timeout", options.timeout, "Give up waiting after this time")
      ->type_name("DURATION");
  command.add_flag("--json", options.json, "The result as one JSON object");
  command.add_flag("-q,--quiet", options.quiet, "No progress");
}

ExitCode Usage(const CommandContext& context, const Error& error) {
  context.err << "headrace: " << error.message << '\n';
  return ExitCode::kUsage;
}

ExitCode RunLoad(const CommandContext& context, const LoadOptions& options) {
  Result<LoadRequest> request = CheckOptions(options);
  if (!request.ok()) return Usage(context, request.error());
  Result<intake::InputFacts> inputs = intake::InspectInputs(options.paths);
  if (!inputs.ok()) {
    context.err << "headrace: " << inputs.error().message << '\n';
    return ExitCode::kInputInvalid;
  }
  Result<intake::InputPlan> plan = intake::PlanInputs(options.paths);
  if (!plan.ok()) {
    context.err << "headrace: " << plan.error().message << '\n';
    return ExitCode::kInputInvalid;
  }
  if (Status checked = CheckInputs(options, *inputs); !checked.ok()) {
    return Usage(context, checked.error());
  }
  std::optional<intake::RejectsFile> rejects_file;
  if (!options.rejects_path.empty()) {
    Result<intake::RejectsFile> created = intake::RejectsFile::Create(options.rejects_path);
    if (!created.ok()) return Usage(context, created.error());
    rejects_file = *std::move(created);
  }
  Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return Fail(context, interrupt.error());
  const SystemClock clock;
  return LoadRun({.context = context,
                  .options = options,
                  .request = *request,
                  .inputs = *inputs,
                  .plan = *plan,
                  .clock = clock,
                  .interrupt = *interrupt},
                 std::move(rejects_file))
      .Run();
}

}  // namespace

void RegisterLoad(CommandTree& tree) {
  const auto options = std::make_shared<LoadOptions>();  // filled by CLI11, read by the body
  CLI::App& command =
      tree.Add("load", "Load items from JSON lines", Needs::kSettings,
               [options](const CommandContext& context) { return RunLoad(context, *options); });
  DeclareOptions(command, *options);
}

}  // namespace headrace::cli
