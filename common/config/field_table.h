// The one table of settings. Whoever adds a setting adds a row here and runs the two commands that
// docs/settings.md names at its top; nothing else spells a setting's name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/field.h"

namespace headrace::config {

// In the order in which help, reference and example show them.
const std::vector<Field>& FieldTable();

const Field* FindField(std::string_view name);
std::vector<std::string> FieldNames();

// One sentence about a table of the file ("kafka"), for headings.
std::string TableHelp(std::string_view table);

}  // namespace headrace::config
