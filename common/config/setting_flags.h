// The table of settings as flags of a CLI11 program; both binaries use it.
#pragma once

#include <string>

#include "common/config/settings_reader.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace headrace::config {

// Declares --config and a flag for every setting of `sources.binary`. Parsing fills `sources`,
// which must live as long as `app`.
void AddSettingFlags(CLI::App& app, SettingsSources& sources);

// What was wrong with the command line, in lines: each argument that `app` or its commands do not
// know, with the nearest one that they do; or else what CLI11 found.
std::string ExplainParseError(const CLI::App& app, const CLI::ParseError& error);

}  // namespace headrace::config
