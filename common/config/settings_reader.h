// From defaults, file, environment and flags to one const Settings. The environment is read here
// and in no other file of the project.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/field.h"
#include "common/config/settings.h"

namespace headrace::config {

using Environment = std::map<std::string, std::string>;

// A copy of the process's environment.
Environment ReadEnvironment();

struct GivenFlag {
  std::string field;  // the field's name
  std::string text;
  std::string flag;  // as it was written: "--redis"
};

struct SettingsSources {
  Binary binary = Binary::kHeadrace;
  std::vector<GivenFlag> flags;
  Environment environment;
  std::string config_path;  // from --config; empty: HEADRACE_CONFIG decides
};

struct SettingsReading {
  Settings settings;
  std::vector<Mistake> mistakes;  // of all sources; when there are any, settings is not for use
  std::vector<std::string> warnings;
  std::map<std::string, std::string> origins;  // field (or kafka.properties.KEY) -> who set it last

  // kInvalid with one line per mistake.
  Status status() const;
};

// Weakest first: defaults, file, environment (a variable or its _FILE form), flags. Every source is
// read to its end, so that all mistakes are reported together. An empty variable counts as unset,
// because compose files and charts pass those on for settings that nobody made.
SettingsReading ReadSettings(const SettingsSources& sources);

}  // namespace headrace::config
