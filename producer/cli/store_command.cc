#include "producer/cli/store_command.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "common/base/json_text.h"
#include "common/graph/make_store.h"

namespace headrace::cli {
namespace {

struct MigrateOptions {
  bool dry_run = false;
  bool json = false;
};

void PrintJson(const graph::MigrationReport& report, bool dry_run, std::ostream& out) {
  out << "{\"from\":" << report.from << ",\"to\":" << report.to
      << ",\"dry_run\":" << (dry_run ? "true" : "false") << ",\"steps\":[";
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    std::string step;
    AppendJsonString(step, report.steps[i]);
    out << (i > 0 ? "," : "") << step;
  }
  out << "]}\n";
}

void Print(const graph::MigrationReport& report, bool dry_run, std::ostream& out) {
  if (report.to == 0) {
    out << "nothing to do: a store of this kind has no tables\n";
  } else if (report.steps.empty()) {
    out << "nothing to do: the store is at version " << report.to << "\n";
  }
  for (const std::string& step : report.steps) {
    out << (dry_run ? "would apply " : "applied ") << step << "\n";
  }
}

ExitCode Migrate(const CommandContext& context, const MigrateOptions& options) {
  const auto report = graph::MigrateStore(context.settings.worker.store, options.dry_run);
  if (!report.ok()) return Fail(context, report.error());
  options.json ? PrintJson(*report, options.dry_run, context.out)
               : Print(*report, options.dry_run, context.out);
  return ExitCode::kOk;
}

}  // namespace

void RegisterStore(CommandTree& tree) {
  tree.AddGroup("store", "Prepare the graph store");
  const auto options = std::make_shared<MigrateOptions>();
  CLI::App& app =
      tree.Add("store migrate", "Bring the store's tables to this version", Needs::kSettings,
               [=](const CommandContext& context) { return Migrate(context, *options); });
  app.add_flag("--dry-run", options->dry_run, "Only say what is missing");
  app.add_flag("--json", options->json, "Print a JSON object");
}

}  // namespace headrace::cli
