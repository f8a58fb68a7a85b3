// Everything that people read about settings, made from the table.
#pragma once

#include <string>

#include "common/config/field.h"

namespace headrace::config {

std::string ReferenceMarkdown();  // docs/settings.md
std::string ExampleToml();        // headrace.example.toml
// The settings of one binary as --help shows them: flag, help, variable, default.
std::string SettingsHelp(Binary binary);

}  // namespace headrace::config
