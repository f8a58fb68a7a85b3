#include "common/config/worker_command_line.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "common/config/setting_flags.h"
#include "common/config/settings_reference.h"
#include "common/config/version.h"

namespace headrace::config {
namespace {

constexpr int kUsage = 2;
constexpr int kSettings = 3;

std::string Help() {
  return "headrace-worker: takes items from Kafka, keeps each graph's order, writes them to the "
         "graph store\n\n"
         "Usage: headrace-worker [--config FILE] [SETTING...]\n\n"
         "Examples:\n"
         "  headrace-worker --store sqlite:/var/lib/headrace/graphs.db\n"
         "  headrace-worker --channel realtime --kafka-brokers kafka-1:9092,kafka-2:9092\n\n"
         "Stop it with SIGTERM: it finishes what is in flight (--drain-timeout), commits, leaves.\n"
         "\n  --config FILE\n      TOML file with settings.\n      HEADRACE_CONFIG\n"
         "  -h, --help\n      Print this and leave.\n"
         "  --version\n      Print the version and leave.\n" +
         SettingsHelp(Binary::kWorker) +
         "\nExit codes: 0 stopped as asked, 1 failed (start it again), 2 usage, 3 settings, 70 "
         "internal;\ndocs/cli.md explains them.\n";
}

WorkerCommandLine Ended(int exit_code, std::string out, std::string err) {
  WorkerCommandLine line;
  line.exit_code = exit_code;
  line.out = std::move(out);
  line.err = std::move(err);
  return line;
}

}  // namespace

WorkerCommandLine ParseWorkerCommandLine(int argc, const char* const* argv,
                                         Environment environment) {
  SettingsSources sources;
  sources.binary = Binary::kWorker;
  sources.environment = std::move(environment);
  CLI::App app("", "headrace-worker");
  bool version = false;
  app.add_flag("--version", version);
  AddSettingFlags(app, sources);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Ended(0, Help(), "");
  } catch (const CLI::ParseError& error) {
    return Ended(kUsage, "",
                 "headrace-worker: " + ExplainParseError(app, error) +
                     "`headrace-worker --help` lists all flags\n");
  }
  if (version) return Ended(0, "headrace-worker " + std::string(Version()) + "\n", "");
  SettingsReading reading = ReadSettings(sources);
  if (!reading.mistakes.empty()) {
    return Ended(kSettings, "", "headrace-worker: " + reading.status().error().message + "\n");
  }
  WorkerCommandLine line;
  line.settings = std::move(reading.settings);
  line.warnings = std::move(reading.warnings);
  return line;
}

}  // namespace headrace::config
