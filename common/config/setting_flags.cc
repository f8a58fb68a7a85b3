#include "common/config/setting_flags.h"

#include <CLI/CLI.hpp>

#include "common/config/field_table.h"
#include "common/config/nearest_name.h"

namespace headrace::config {
namespace {

constexpr const char* kGroup = "Settings";

// "{a,b}" is what the completion scripts recognize as a closed list.
std::string TypeName(const Field& field) {
  if (field.choices.empty()) return field.value_name;
  std::string list;
  for (const std::string& choice : field.choices) list += (list.empty() ? "{" : ",") + choice;
  return list + "}";
}

void AddFlag(CLI::App& app, SettingsSources& sources, const Field& field) {
  const std::string flag = FlagName(field.name);
  const std::string names = field.short_flag.empty() ? flag : flag + "," + field.short_flag;
  const auto take = [&sources, flag, name = field.name](const CLI::results_t& texts) {
    for (const std::string& text : texts) sources.flags.push_back({name, text, flag});
    return true;
  };
  // The last one wins, as everywhere; what merges takes all of them.
  CLI::Option* const option =
      app.add_option(names, take, field.help)
          ->type_name(TypeName(field))
          ->expected(1)
          ->multi_option_policy(field.is_table() ? CLI::MultiOptionPolicy::TakeAll
                                                 : CLI::MultiOptionPolicy::TakeLast)
          ->group(kGroup);
  if (field.is_switch()) option->expected(0, 1)->default_str("yes");
}

// The commands that were named on the command line, outermost first, after `app` itself.
std::vector<const CLI::App*> Path(const CLI::App& app) {
  std::vector<const CLI::App*> path{&app};
  while (!path.back()->get_subcommands().empty()) {
    path.push_back(path.back()->get_subcommands().front());
  }
  return path;
}

std::vector<std::string> KnownFlags(const std::vector<const CLI::App*>& path) {
  std::vector<std::string> flags;
  for (const CLI::App* app : path) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    }
  }
  return flags;
}

std::vector<std::string> KnownCommands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

// Empty when all were known.
std::string ExplainUnknownArguments(const CLI::App& app) {
  const std::vector<const CLI::App*> path = Path(app);
  const std::vector<std::string> flags = KnownFlags(path);
  const std::vector<std::string> commands = KnownCommands(*path.back());
  std::string text;
  bool after_unknown_flag = false;
  bool after_unknown_command = false;
  for (const std::string& argument : app.remaining(true)) {
    // Nobody can tell which flags an unknown command would have.
    if (after_unknown_command) break;
    const bool is_flag = argument.size() > 1 && argument.front() == '-';
    if (is_flag) {
      const std::string name = argument.substr(0, argument.find('='));
      text += "unknown flag " + WithoutUrl(name) + DidYouMean(name, flags) + "\n";
    } else if (!after_unknown_flag) {
      // What follows an unknown flag is most likely its value.
      const std::string what = commands.empty() ? "unexpected argument " : "unknown command ";
      text += what + WithoutUrl(argument) + DidYouMean(argument, commands) + "\n";
      after_unknown_command = !commands.empty();
    }
    after_unknown_flag = is_flag;
  }
  return text;
}

}  // namespace

void AddSettingFlags(CLI::App& app, SettingsSources& sources) {
  app.add_option("--config", sources.config_path, "TOML file with settings")
      ->type_name("FILE")
      ->group(kGroup);
  for (const Field& field : FieldTable()) {
    if (IsUsedBy(field, sources.binary)) AddFlag(app, sources, field);
  }
}

std::string ExplainParseError(const CLI::App& app, const CLI::ParseError& error) {
  const std::string unknown = ExplainUnknownArguments(app);
  if (!unknown.empty()) return unknown;
  const std::string what = error.what();
  // CLI11 counts: "--store: 1 required URL missing", "--code: At Most 1 required but received 2".
  const std::string name = what.substr(0, what.find(':'));
  if (what.ends_with(" missing")) return name + " needs a value\n";
  if (what.find(": At Most 1 ") != what.npos) return name + " is given more than once\n";
  return WithoutUrl(what) + "\n";
}

}  // namespace headrace::config
