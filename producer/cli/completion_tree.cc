#include "producer/cli/completion_tree.h"

#include <CLI/CLI.hpp>

namespace headrace::cli {
namespace {

// "{a,b}" as CLI11 describes a closed list, on its own or behind a type: "TEXT:{a,b}".
std::vector<std::string> ChoicesOf(const std::string& type_name) {
  const std::size_t open = type_name.find('{');
  const std::size_t close = type_name.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return CLI::detail::split(type_name.substr(open + 1, close - open - 1), ',');
}

bool NamesFile(const std::string& type_name) { return type_name.find("FILE") != std::string::npos; }

CompletionOption ReadOption(const CLI::Option& option) {
  CompletionOption read;
  for (const std::string& name : option.get_lnames()) read.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) read.names.push_back("-" + name);
  read.help = option.get_description();
  read.takes_value = option.get_items_expected_max() > 0;
  read.choices = ChoicesOf(option.get_type_name());
  read.takes_file = NamesFile(option.get_type_name());
  return read;
}

CompletionCommand Read(const CLI::App& app, const std::string& parent_path) {
  CompletionCommand command;
  command.name = app.get_name();
  command.path = parent_path.empty() ? command.name : parent_path + " " + command.name;
  command.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() && NamesFile(option->get_type_name())) command.takes_files = true;
    if (option->nonpositional()) command.options.push_back(ReadOption(*option));
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.commands.push_back(Read(*child, command.path));
  }
  return command;
}

}  // namespace

CompletionCommand ReadCompletionTree(const CLI::App& root) { return Read(root, ""); }

}  // namespace headrace::cli
