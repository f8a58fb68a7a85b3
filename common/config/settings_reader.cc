#include "common/config/settings_reader.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/config/field_table.h"
#include "common/config/kafka_properties.h"
#include "common/config/nearest_name.h"
#include "common/config/text_file.h"
#include "common/config/toml_source.h"

namespace headrace::config {
namespace {

constexpr std::string_view kPrefix = "HEADRACE_";
constexpr std::string_view kConfigVariable = "HEADRACE_CONFIG";
constexpr std::string_view kFileSuffix = "_FILE";

// What Kubernetes puts into every container for a service whose name starts with "headrace".
bool LooksLikeServiceLink(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kEnds{"_SERVICE_HOST", "_SERVICE_PORT", "_PORT"};
  static constexpr std::array<std::string_view, 3> kParts{"_SERVICE_PORT_", "_TCP", "_UDP"};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](auto end) { return name.ends_with(end); }) ||
         std::any_of(kParts.begin(), kParts.end(),
                     [&](auto part) { return name.find(part) != name.npos; });
}

class Reader {
 public:
  explicit Reader(const SettingsSources& sources) : sources_(sources) {}

  SettingsReading Read() {
    ApplyFile();
    for (const Field& field : FieldTable()) ApplyVariable(field);
    WarnOfUnknownVariables();
    for (const GivenFlag& flag : sources_.flags) {
      Apply({flag.field, "", flag.text, flag.flag});
    }
    // Rules between values make sense only once each value is right by itself.
    if (reading_.mistakes.empty()) reading_.mistakes = CheckTogether(reading_.settings);
    reading_.settings.metrics_listen_explicit = reading_.origins.contains("metrics.listen");
    return std::move(reading_);
  }

 private:
  // Null when the variable is missing or empty.
  const std::string* Variable(std::string_view name) const {
    const auto found = sources_.environment.find(std::string(name));
    const bool set = found != sources_.environment.end() && !found->second.empty();
    return set ? &found->second : nullptr;
  }

  void ApplyFile() {
    std::string path = sources_.config_path;
    const std::string* variable = Variable(kConfigVariable);
    if (path.empty() && variable != nullptr) path = *variable;
    if (path.empty()) return;
    TomlReading file = ReadTomlFile(path);
    for (Mistake& mistake : file.mistakes) reading_.mistakes.push_back(std::move(mistake));
    for (const RawValue& value : file.values) Apply(value);
  }

  void ApplyVariable(const Field& field) {
    const std::string name = EnvironmentName(field.name);
    const std::string file_name = name + std::string(kFileSuffix);
    const std::string* text = Variable(name);
    const std::string* path = Variable(file_name);
    if (text != nullptr && path != nullptr) {
      reading_.mistakes.push_back({name, field.name + " is given twice, by " + name + " and " +
                                             file_name + ": unset one of them"});
    } else if (text != nullptr) {
      Apply({field.name, "", *text, name});
    } else if (path != nullptr) {
      ApplyVariableFile(field, file_name, *path);
    }
  }

  void ApplyVariableFile(const Field& field, const std::string& variable, const std::string& path) {
    const std::string origin = variable + " (" + path + ")";
    Result<std::string> text = ReadTextFile(path);
    if (!text.ok()) {
      reading_.mistakes.push_back(
          {origin, field.name + ": the file cannot be read: " + text.error().message +
                       "; check the path and its permissions"});
      return;
    }
    // Editors and `echo` end a file with a line break that is no part of the secret.
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    Apply({field.name, "", *text, origin});
  }

  void Apply(const RawValue& value) {
    const Field* field = FindField(value.name);
    CHECK(field != nullptr);
    const std::optional<std::string> wrong =
        value.key.empty() ? field->set(reading_.settings, value.text)
                          : field->set_entry(reading_.settings, value.key, value.text);
    if (wrong) {
      reading_.mistakes.push_back({value.origin, Describe(*field, value, *wrong)});
      return;
    }
    reading_.origins[field->name] = value.origin;
    if (field->is_table()) NoteEntries(*field, value);
  }

  void NoteEntries(const Field& field, const RawValue& value) {
    if (!value.key.empty()) {
      reading_.origins[field.name + "." + value.key] = value.origin;
      return;
    }
    const Result<KafkaProperties> entries = ParseKafkaProperties(value.text);
    if (!entries.ok()) return;
    for (const auto& [key, text] : *entries) {
      reading_.origins[field.name + "." + key] = value.origin;
    }
  }

  static std::string Describe(const Field& field, const RawValue& value, const std::string& wrong) {
    const bool show = field.secrecy == Secrecy::kOpen && value.text.size() <= 100;
    std::string text =
        field.name + (show ? " = \"" + WithoutUrl(value.text) + "\": " : ": ") + wrong;
    if (field.is_table()) return text;
    return text + " (default: " + field.get(Settings{}) + ")";
  }

  void WarnOfUnknownVariables() {
    // The last two belong to the project's scripts, whose environment the binaries inherit.
    std::vector<std::string> known{std::string(kConfigVariable), "HEADRACE_CACHE",
                                   "HEADRACE_OWNER_PID"};
    for (const Field& field : FieldTable()) {
      known.push_back(EnvironmentName(field.name));
      known.push_back(known.back() + std::string(kFileSuffix));
    }
    // The prefix that all have in common would make strangers look alike.
    std::vector<std::string> known_rests;
    for (const std::string& name : known) known_rests.push_back(name.substr(kPrefix.size()));
    std::size_t links = 0;
    for (const auto& [name, text] : sources_.environment) {
      if (!name.starts_with(kPrefix)) continue;
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      if (LooksLikeServiceLink(name)) {
        ++links;
      } else {
        const auto nearest = NearestName(name.substr(kPrefix.size()), known_rests);
        reading_.warnings.push_back(
            "variable " + name + " is not a setting and has no effect" +
            (nearest ? ", did you mean " + std::string(kPrefix) + *nearest + "?" : ""));
      }
    }
    if (links > 0) {
      reading_.warnings.push_back(
          "Kubernetes service links in the environment have no effect (" + std::to_string(links) +
          " HEADRACE_ variables); enableServiceLinks: false keeps them away");
    }
  }

  const SettingsSources& sources_;
  SettingsReading reading_;
};

}  // namespace

Environment ReadEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == text.npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Status SettingsReading::status() const {
  if (mistakes.empty()) return {};
  std::string text = mistakes.size() == 1
                         ? "a setting is wrong:"
                         : std::to_string(mistakes.size()) + " settings are wrong:";
  for (const Mistake& mistake : mistakes) {
    text += "\n  " + mistake.origin + ": " + mistake.message;
  }
  return Invalid(std::move(text));
}

SettingsReading ReadSettings(const SettingsSources& sources) { return Reader(sources).Read(); }

}  // namespace headrace::config
