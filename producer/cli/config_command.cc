#include "producer/cli/config_command.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "common/base/json_text.h"
#include "common/config/field_table.h"
#include "common/config/settings_reference.h"

namespace headrace::cli {
namespace {

using config::Field;
using config::SettingsReading;

std::string Quoted(const std::string& text) {
  std::string quoted;
  AppendJsonString(quoted, text);
  return quoted;
}

std::string OriginOf(const SettingsReading& reading, const std::string& name) {
  const auto found = reading.origins.find(name);
  return found == reading.origins.end() ? "default" : found->second;
}

// Calls `visit(name, shown value, origin)` for each setting; kafka.properties key by key.
template <typename Visit>
void ForEachSetting(const SettingsReading& reading, Visit visit) {
  for (const Field& field : config::FieldTable()) {
    if (!field.is_table()) {
      visit(field.name, Shown(field, reading.settings), OriginOf(reading, field.name));
      continue;
    }
    for (const auto& [key, value] : ShownEntries(field, reading.settings)) {
      const std::string name = field.name + "." + key;
      visit(name, value, OriginOf(reading, name));
    }
  }
}

void PrintText(const CommandContext& context) {
  const SettingsReading& reading = context.reading;
  ForEachSetting(reading,
                 [&](const std::string& name, const std::string& value, const std::string& origin) {
                   context.out << name << " = " << Quoted(value) << "  # " << origin << "\n";
                 });
}

void PrintJson(const CommandContext& context) {
  const SettingsReading& reading = context.reading;
  std::string settings, warnings, mistakes;
  ForEachSetting(
      reading, [&](const std::string& name, const std::string& value, const std::string& origin) {
        settings += (settings.empty() ? "" : ",") + Quoted(name) + ":{\"value\":" + Quoted(value) +
                    ",\"origin\":" + Quoted(origin) + "}";
      });
  for (const std::string& warning : reading.warnings) {
    warnings += (warnings.empty() ? "" : ",") + Quoted(warning);
  }
  for (const config::Mistake& mistake : reading.mistakes) {
    mistakes += std::string(mistakes.empty() ? "" : ",") + "{\"origin\":" + Quoted(mistake.origin) +
                ",\"message\":" + Quoted(mistake.message) + "}";
  }
  const bool ok = reading.mistakes.empty();
  // Values that a mistake may have left half-set are not shown as if they were in force.
  context.out << "{\"ok\":" << (ok ? "true" : "false") << ",\"settings\":{" << (ok ? settings : "")
              << "},\"warnings\":[" << warnings << "],\"mistakes\":[" << mistakes << "]}\n";
}

ExitCode Check(const CommandContext& context, bool json) {
  const SettingsReading& reading = context.reading;
  for (const std::string& warning : reading.warnings) {
    context.err << "headrace: warning: " << warning << "\n";
  }
  if (json) {
    PrintJson(context);
    return reading.mistakes.empty() ? ExitCode::kOk : ExitCode::kSettings;
  }
  if (!reading.mistakes.empty()) return Fail(context, reading.status().error());
  PrintText(context);
  return ExitCode::kOk;
}

}  // namespace

void RegisterConfig(CommandTree& tree) {
  tree.AddGroup("config", "Check and explain the settings");
  const auto json = std::make_shared<bool>(false);
  tree.Add("config check", "Show what is in force and where it came from, or all mistakes",
           Needs::kNothing, [json](const CommandContext& context) { return Check(context, *json); })
      .add_flag("--json", *json, "Print a JSON object");
  tree.Add("config reference", "Print all settings as Markdown", Needs::kNothing,
           [](const CommandContext& context) {
             context.out << config::ReferenceMarkdown();
             return ExitCode::kOk;
           });
  tree.Add("config example", "Print a TOML file with all settings and their defaults",
           Needs::kNothing, [](const CommandContext& context) {
             context.out << config::ExampleToml();
             return ExitCode::kOk;
           });
}

}  // namespace headrace::cli
