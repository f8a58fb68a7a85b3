#include "common/config/toml_source.h"

#include <optional>

#include "common/config/field_table.h"
#include "common/config/nearest_name.h"
#include "common/config/text_file.h"

// The packaged shared library was built with exceptions; we want the parser that answers with
// values, so it is compiled in here and nowhere else.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace headrace::config {
namespace {

std::string Place(const std::string& path, const toml::source_region& region) {
  return path + ":" + std::to_string(region.begin.line) + ":" + std::to_string(region.begin.column);
}

// The text of a scalar that a setting can have; empty for tables, arrays, floats and dates.
std::optional<std::string> ScalarText(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  return std::nullopt;
}

class Walk {
 public:
  Walk(const std::string& path, TomlReading& reading) : path_(path), reading_(reading) {}

  void Table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      const Field* field = FindField(name);
      if (field != nullptr && field->is_table() && node.is_table()) {
        Properties(*node.as_table(), *field, "");
      } else if (field != nullptr) {
        Value(node, *field, name);
      } else if (node.is_table() && IsTableName(name)) {
        Table(*node.as_table(), name + ".");
      } else {
        Unknown(key.source(), name, node.is_table());
      }
    }
  }

 private:
  static bool IsTableName(const std::string& name) {
    for (const Field& field : FieldTable()) {
      if (TableName(field.name) == name) return true;
    }
    return false;
  }

  // librdkafka's names have dots, which TOML reads as tables in tables unless they are quoted.
  void Properties(const toml::table& table, const Field& field, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (node.is_table()) {
        Properties(*node.as_table(), field, name + ".");
      } else if (const std::optional<std::string> text = ScalarText(node)) {
        reading_.values.push_back({field.name, name, *text, Place(path_, key.source())});
      } else {
        WrongKind(node, field.name + "." + name);
      }
    }
  }

  void Value(const toml::node& node, const Field& field, const std::string& name) {
    if (const std::optional<std::string> text = ScalarText(node)) {
      reading_.values.push_back({field.name, "", *text, Place(path_, node.source())});
    } else {
      WrongKind(node, name);
    }
  }

  void WrongKind(const toml::node& node, const std::string& name) {
    reading_.mistakes.push_back({Place(path_, node.source()),
                                 name +
                                     ": must be a string or a whole number, not a table, a list, "
                                     "a date or a fraction"});
  }

  void Unknown(const toml::source_region& region, const std::string& name, bool is_table) {
    std::vector<std::string> known = FieldNames();
    if (is_table) {
      known.clear();
      for (const Field& field : FieldTable()) {
        if (!TableName(field.name).empty()) known.push_back(TableName(field.name));
      }
    }
    reading_.mistakes.push_back(
        {Place(path_, region), "there is no " + std::string(is_table ? "table" : "setting") + " " +
                                   name + DidYouMean(name, known)});
  }

  const std::string& path_;
  TomlReading& reading_;
};

}  // namespace

TomlReading ParseToml(std::string_view text, const std::string& path) {
  TomlReading reading;
  const toml::parse_result result = toml::parse(text, path);
  if (!result) {
    const toml::parse_error& error = result.error();
    reading.mistakes.push_back(
        {Place(path, error.source()), "not TOML: " + std::string(error.description())});
    return reading;
  }
  Walk(path, reading).Table(result.table(), "");
  return reading;
}

TomlReading ReadTomlFile(const std::string& path) {
  const Result<std::string> text = ReadTextFile(path);
  if (text.ok()) return ParseToml(*text, path);
  TomlReading reading;
  reading.mistakes.push_back(
      {path, "cannot be read: " + text.error().message + "; check --config"});
  return reading;
}

}  // namespace headrace::config
