#include "producer/cli/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "common/config/settings_reference.h"

namespace headrace::cli {
namespace {

constexpr const char* kTop =
    R"(headrace: batch ingestion for agent memory: Kafka in, graph store out, every item accounted for

Usage: headrace COMMAND [ARGUMENT...] [FLAG...]

Commands:
)";

constexpr const char* kBottom =
    R"(
Examples:
  headrace topics create                             make the topics, once
  headrace load chats.jsonl --kafka --wait           load a file and wait for its end
  headrace load - --kafka --rejects bad.jsonl        from a pipe, keeping what was refused
  headrace batch errors BATCH_ID                     why items failed
  headrace config check                              what is in force, and where it came from

  -h, --help      this, or the help of the command that is named
  --help-all      the same with all settings
  --version       the version

Every setting is also a flag (--kafka-brokers HOST:PORT, --redis URL, --config FILE, ...), a
HEADRACE_ variable and a key of a TOML file: headrace --help-all, or docs/settings.md.
Exit codes: 0 good, 1 item errors, 2 usage, 3 settings, 4 unreachable, 5 input, 6 interrupted,
7 timeout, 8 refused, 70 internal; docs/cli.md explains them.
)";

using Lines = std::vector<std::pair<std::string, std::string>>;

std::vector<const CLI::App*> Children(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// One line a command; the commands of a group stand beside each other.
std::string CommandList(const CLI::App& root) {
  Lines lines;
  std::size_t width = 0;
  for (const CLI::App* command : Children(root)) {
    std::string children;
    for (const CLI::App* child : Children(*command)) {
      children += (children.empty() ? " " : "|") + child->get_name();
    }
    lines.emplace_back(command->get_name() + children, command->get_description());
    width = std::max(width, lines.back().first.size());
  }
  std::string text;
  for (auto& [name, summary] : lines) {
    name.resize(width, ' ');
    text += "  " + name + "  " + summary + "\n";
  }
  return text;
}

std::string PathTo(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  if (parent == nullptr) return "";
  const std::string above = PathTo(*parent);
  return above.empty() ? parent->get_name() : above + " " + parent->get_name();
}

}  // namespace

const CLI::App* NamedCommand(const CLI::App& root) {
  const CLI::App* command = &root;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return command;
}

std::string Help(const CLI::App& root, bool with_settings) {
  const CLI::App* command = NamedCommand(root);
  std::string text;
  if (command == &root) {
    text = kTop + CommandList(root) + kBottom;
  } else {
    text = command->help(PathTo(*command));
    while (text.ends_with("\n\n")) text.pop_back();
    if (!with_settings) text += "\nEvery setting is a flag here too: headrace --help-all\n";
  }
  if (with_settings) text += "\nSettings" + config::SettingsHelp(config::Binary::kHeadrace);
  return text;
}

}  // namespace headrace::cli
