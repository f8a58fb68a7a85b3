#include "producer/cli/program.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/config/setting_flags.h"
#include "common/config/version.h"
#include "producer/cli/commands.h"
#include "producer/cli/help.h"
#include "producer/cli/terminal.h"

namespace headrace::cli {
namespace {

using config::SettingsReading;
using config::SettingsSources;

ExitCode PrintUsageError(const CLI::App& root, const CLI::ParseError& error,
                         const ProgramStreams& streams) {
  std::string command;
  for (const CLI::App* app = NamedCommand(root); app != nullptr; app = app->get_parent()) {
    command = app->get_name() + (command.empty() ? "" : " " + command);
  }
  streams.err << "headrace: " << config::ExplainParseError(root, error) << "`" << command
              << " --help` shows how it is used\n";
  return ExitCode::kUsage;
}

// An exit code when parsing ended the program: help was asked for, or the line is wrong.
std::optional<ExitCode> Parse(CLI::App& root, int argc, const char* const* argv,
                              const ProgramStreams& streams) {
  try {
    root.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    streams.out << Help(root, false);
    return ExitCode::kOk;
  } catch (const CLI::CallForAllHelp&) {
    streams.out << Help(root, true);
    return ExitCode::kOk;
  } catch (const CLI::ParseError& error) {
    return PrintUsageError(root, error, streams);
  }
}

// A command's own output is what its user wants to see; what the log would say of healthy work is
// left out unless somebody asked for it.
log::LogSettings CommandLog(const SettingsReading& reading) {
  log::LogSettings settings = reading.settings.log;
  if (!reading.origins.contains("log.level")) settings.level = log::Level::kWarn;
  return settings;
}

ExitCode RunCommand(const CommandTree::Command& command, const SettingsSources& sources,
                    const ProgramStreams& streams) {
  const SettingsReading reading = config::ReadSettings(sources);
  const CommandContext context{reading.settings, reading,     streams.in,
                               streams.out,      streams.err, ProcessTerminal(sources.environment)};
  if (command.needs == Needs::kSettings) {
    for (const std::string& warning : reading.warnings) {
      streams.err << "headrace: warning: " << warning << "\n";
    }
    if (!reading.mistakes.empty()) return Fail(context, reading.status().error());
  }
  log::Configure(CommandLog(reading));
  const ExitCode code = command.body(context);
  streams.out.flush();
  if (streams.out.good()) return code;
  streams.err << "headrace: standard output could not be written\n";
  return ExitCode::kInternal;
}

}  // namespace

ExitCode RunProgram(int argc, const char* const* argv, config::Environment environment,
                    const ProgramStreams& streams) {
  SettingsSources sources;
  sources.environment = std::move(environment);
  CLI::App root("", "headrace");
  root.set_help_all_flag("--help-all", "Print the help with all settings and leave");
  root.fallthrough();             // settings may stand behind the command, where people write them
  root.require_subcommand(0, 1);  // `headrace load version` loads a file called version
  bool version = false;
  root.add_flag("--version", version, "Print the version and leave");
  config::AddSettingFlags(root, sources);
  CommandTree tree(root);
  RegisterAllCommands(tree);
  if (const std::optional<ExitCode> ended = Parse(root, argc, argv, streams)) return *ended;
  if (version) {
    streams.out << "headrace " << config::Version() << "\n";
    return ExitCode::kOk;
  }
  const CommandTree::Command* command = tree.Find(NamedCommand(root));
  if (command != nullptr) return RunCommand(*command, sources, streams);
  // A group, or nothing at all: the help says what could follow.
  streams.err << "headrace: a command is missing\n\n" << Help(root, false);
  return ExitCode::kUsage;
}

}  // namespace headrace::cli
