// Builders for the rows of field_table.cc: one for each kind of value. `access` is a generic
// lambda that returns the member of a Settings, const or not.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/units.h"
#include "common/config/field.h"

namespace headrace::config {

using Predicate = bool (*)(std::string_view);

// A whole number from `min` to `max`; `auto_word`, where given, stands for -1.
template <typename Access>
Field NumberField(Field field, std::int64_t min, std::int64_t max, Access access,
                  std::string auto_word = "") {
  using Number = std::remove_reference_t<decltype(access(std::declval<Settings&>()))>;
  field.rule = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (!auto_word.empty()) field.rule += ", or \"" + auto_word + "\" for the broker's default";
  field.value_name = "NUMBER";
  field.bare_in_toml = auto_word.empty();
  field.set = [=, rule = field.rule](Settings& settings,
                                     std::string_view text) -> std::optional<std::string> {
    if (!auto_word.empty() && (text == auto_word || text == "-1")) {
      access(settings) = static_cast<Number>(-1);
      return std::nullopt;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
      return "must be " + rule;
    }
    access(settings) = static_cast<Number>(number);
    return std::nullopt;
  };
  field.get = [=](const Settings& settings) {
    const Number number = access(settings);
    const bool automatic = !auto_word.empty() && number == static_cast<Number>(-1);
    return automatic ? auto_word : std::to_string(number);
  };
  return field;
}

template <typename Access>
Field DurationField(Field field, std::chrono::milliseconds min, std::chrono::milliseconds max,
                    Access access) {
  using Duration = std::remove_reference_t<decltype(access(std::declval<Settings&>()))>;
  field.rule = "a duration from " + FormatDuration(min) + " to " + FormatDuration(max) +
               ": a whole number with ms, s, m, h or d";
  if (Duration{1} > std::chrono::milliseconds{1}) field.rule += ", in whole hours";
  field.value_name = "DURATION";
  field.set = [=, rule = field.rule](Settings& settings,
                                     std::string_view text) -> std::optional<std::string> {
    const auto duration = ParseDuration(text);
    if (!duration || *duration < min || *duration > max) return "must be " + rule;
    const auto kept = std::chrono::duration_cast<Duration>(*duration);
    if (kept != *duration) return "must be " + rule;
    access(settings) = kept;
    return std::nullopt;
  };
  field.get = [=](const Settings& settings) { return FormatDuration(access(settings)); };
  return field;
}

template <typename Access>
Field SizeField(Field field, std::uint64_t min, std::uint64_t max, Access access) {
  field.rule = "a size from " + FormatBytes(min) + " to " + FormatBytes(max) +
               ": a whole number of bytes, or with KiB, MiB or GiB";
  field.value_name = "SIZE";
  field.set = [=, rule = field.rule](Settings& settings,
                                     std::string_view text) -> std::optional<std::string> {
    const auto bytes = ParseBytes(text);
    if (!bytes || *bytes < min || *bytes > max) return "must be " + rule;
    access(settings) = *bytes;
    return std::nullopt;
  };
  field.get = [=](const Settings& settings) { return FormatBytes(access(settings)); };
  return field;
}

template <typename Access>
Field TextField(Field field, std::string rule, Predicate is_valid, Access access) {
  field.rule = std::move(rule);
  field.set = [=, said = field.rule](Settings& settings,
                                     std::string_view text) -> std::optional<std::string> {
    if (!is_valid(text)) return "must be " + said;
    access(settings) = std::string(text);
    return std::nullopt;
  };
  field.get = [=](const Settings& settings) { return access(settings); };
  return field;
}

template <typename Enum, typename Access>
Field ChoiceField(Field field, std::vector<std::pair<std::string, Enum>> values, Access access) {
  for (const auto& [name, value] : values) field.choices.push_back(name);
  field.rule = "one of";
  for (std::size_t i = 0; i < values.size(); ++i) {
    field.rule += (i == 0 ? " " : i + 1 == values.size() ? " or " : ", ") + values[i].first;
  }
  field.value_name = "WORD";
  field.set = [=, rule = field.rule](Settings& settings,
                                     std::string_view text) -> std::optional<std::string> {
    for (const auto& [name, value] : values) {
      if (text != name) continue;
      access(settings) = value;
      return std::nullopt;
    }
    return "must be " + rule;
  };
  field.get = [=](const Settings& settings) -> std::string {
    for (const auto& [name, value] : values) {
      if (access(settings) == value) return name;
    }
    return "";
  };
  return field;
}

}  // namespace headrace::config
