#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.h"

namespace headrace::config {

// One value of a file, before anybody looked at what it means.
struct RawValue {
  std::string name;  // a field's name
  std::string key;   // the entry's name, for an entry of a field that is a table
  std::string text;
  std::string origin;  // "headrace.toml:3:1"
};

struct TomlReading {
  std::vector<RawValue> values;
  std::vector<Mistake> mistakes;
};

// Known fields as raw values; unknown keys, values of a kind that no setting has, and everything
// that is not TOML as mistakes with line and column. `path` is for the origins only.
TomlReading ParseToml(std::string_view text, const std::string& path);

// Reads the file first; one that cannot be read is a mistake.
TomlReading ReadTomlFile(const std::string& path);

}  // namespace headrace::config
