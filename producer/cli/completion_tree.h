// The commands and options of a CLI11 program as plain data, for the completion scripts.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace headrace::cli {

struct CompletionOption {
  std::vector<std::string> names;  // "--json", "-h"
  std::string help;
  bool takes_value = false;
  bool takes_file = false;
  std::vector<std::string> choices;
};

struct CompletionCommand {
  std::string path;  // "headrace topics create"
  std::string name;
  std::string help;
  bool takes_files = false;  // its positional arguments are files
  std::vector<CompletionOption> options;
  std::vector<CompletionCommand> commands;
};

CompletionCommand ReadCompletionTree(const CLI::App& root);

}  // namespace headrace::cli
