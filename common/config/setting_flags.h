// The table of settings as flags of a CLI11 program; both binaries use it.
#pragma once

#include <string>

#include "common/config/settings_reader.h"

namespace CLI {
class App;
}

namespace headrace::config {

// Declares --config and a flag for every setting of `sources.binary`. Parsing fills `sources`,
// which must live as long as `app`.
void AddSettingFlags(CLI::App& app, SettingsSources& sources);

// After a failed parse: one line for each argument that `app` or its commands do not know, with
// the nearest one that they do. Empty when all were known.
std::string ExplainUnknownArguments(const CLI::App& app);

}  // namespace headrace::config
