#include "producer/cli/version_command.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "common/config/version.h"

namespace headrace::cli {

void RegisterVersion(CommandTree& tree) {
  const auto json = std::make_shared<bool>(false);  // shared by the option and the body
  CLI::App& app = tree.Add("version", "Print the version", Needs::kNothing,
                           [json](const CommandContext& context) {
                             const std::string_view version = config::Version();
                             if (*json) {
                               context.out << "{\"version\":\"" << version << "\"}\n";
                             } else {
                               context.out << "headrace " << version << "\n";
                             }
                             return ExitCode::kOk;
                           });
  app.add_flag("--json", *json, "Print a JSON object");
}

}  // namespace headrace::cli
