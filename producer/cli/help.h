#pragma once

#include <string>

namespace CLI {
class App;
}

namespace headrace::cli {

// Help for the command that was named on the command line, or for `headrace` itself. The settings,
// which every command takes, are listed only when asked for (--help-all).
std::string Help(const CLI::App& root, bool with_settings);

// The innermost command that was named; `root` when none was.
const CLI::App* NamedCommand(const CLI::App& root);

}  // namespace headrace::cli
