#include "producer/cli/command.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace headrace::cli {

void CommandTree::AddGroup(const std::string& name, const std::string& summary) {
  // Otherwise `topics create check` would run two commands at once.
  root_.add_subcommand(name, summary)->require_subcommand(0, 1);
}

CLI::App& CommandTree::Add(const std::string& path, const std::string& summary, Needs needs,
                           CommandBody body) {
  CLI::App* parent = &root_;
  std::string name = path;
  if (const std::size_t space = path.find(' '); space != std::string::npos) {
    parent = root_.get_subcommand(path.substr(0, space));
    name = path.substr(space + 1);
  }
  CLI::App* command = parent->add_subcommand(name, summary);
  commands_[command] = {needs, std::move(body)};
  return *command;
}

const CommandTree::Command* CommandTree::Find(const CLI::App* app) const {
  const auto found = commands_.find(app);
  return found == commands_.end() ? nullptr : &found->second;
}

ExitCode ExitCodeFor(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return ExitCode::kSettings;
    case ErrorCode::kTransient:
      return ExitCode::kUnreachable;
    case ErrorCode::kPermanent:
    case ErrorCode::kNotFound:
      return ExitCode::kRefused;
    case ErrorCode::kCancelled:
      return ExitCode::kInterrupted;
  }
  return ExitCode::kInternal;
}

ExitCode Fail(const CommandContext& context, const Error& error) {
  context.err << "headrace: " << error.message << "\n";
  return ExitCodeFor(error);
}

}  // namespace headrace::cli
