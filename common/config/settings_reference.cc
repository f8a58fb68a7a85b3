#include "common/config/settings_reference.h"

#include <algorithm>

#include "common/base/json_text.h"
#include "common/config/field_table.h"

namespace headrace::config {
namespace {

constexpr const char* kReferenceTop =
    R"(# Settings

<!-- Made from common/config/field_table.cc by `headrace config reference > docs/settings.md`;
     a test compares them. The example file: `headrace config example > headrace.example.toml`. -->

Both binaries read the same settings, weakest first: the default, the TOML file (`--config FILE` or
`HEADRACE_CONFIG`), the environment, flags. One name gives all three: `redis.batch_ttl` in the file
is `HEADRACE_REDIS_BATCH_TTL` in the environment and `--redis-batch-ttl` as a flag.

* `headrace config check` shows what is in force and where each value came from, or all mistakes.
* Unknown keys and flags are refused with the nearest known name. Unknown `HEADRACE_` variables only
  warn, because Kubernetes injects service links. An empty variable counts as unset.
* Every variable has a second form with `_FILE` at its end, which names a file with the value (a
  Kubernetes or Docker secret): `HEADRACE_REDIS_URL_FILE=/run/secrets/redis-url`. Line breaks at its
  end are dropped. Both forms at once are a mistake.
* Do not put passwords into flags: other users of the machine see them in the process list.
* Passwords are shown as `***` wherever settings are printed.
)";

constexpr const char* kProperties =
    R"(
### kafka.properties

Anything that librdkafka takes, as with kcat's `-X`, for both binaries:

```toml
[kafka.properties]
security.protocol = "SASL_SSL"
sasl.mechanisms = "SCRAM-SHA-256"
sasl.username = "headrace"
```

The variable and the flag take `key=value` pairs, separated by commas or one per line
(`HEADRACE_KAFKA_PROPERTIES="sasl.mechanisms=SCRAM-SHA-256,sasl.username=headrace"`). A comma
separates only where another `key=` follows; with more than one line it never does. The sources
merge key by key. A password belongs into `HEADRACE_KAFKA_PROPERTIES_FILE`, which may hold just
`sasl.password=...`.

Guarded keys are refused by name, because another value would break what Headrace promises: among
them `acks`, `enable.idempotence`, `max.in.flight`, `retries`, `partitioner`, `enable.auto.commit`,
`enable.auto.offset.store`, `auto.offset.reset`, `group.id`, `bootstrap.servers`.
)";

// `text` in lines of at most 100 columns, each after `indent`.
std::string Paragraph(std::string_view text, std::string_view indent) {
  constexpr std::size_t kColumns = 100;
  const std::size_t width = kColumns - indent.size();
  std::string lines;
  while (!text.empty()) {
    std::size_t end = text.size() <= width ? text.size() : text.rfind(' ', width);
    if (end == text.npos) end = std::min(text.find(' '), text.size());
    lines.append(indent).append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string ValueName(const Field& field) {
  if (field.choices.empty()) return field.value_name;
  std::string list;
  for (const std::string& choice : field.choices) list += (list.empty() ? "" : "|") + choice;
  return list;
}

std::string Code(const std::string& text) { return text.empty() ? "(empty)" : "`" + text + "`"; }

std::string UsedBy(const Field& field) {
  if (field.used_by == kHeadraceOnly) return "headrace";
  if (field.used_by == kWorkerOnly) return "headrace-worker";
  return "both";
}

std::string TomlValue(const Field& field, const std::string& text) {
  if (field.bare_in_toml) return text;
  std::string quoted;
  AppendJsonString(quoted, text);  // a TOML basic string has JSON's escapes
  return quoted;
}

// Calls `visit(table, fields)` for each table, in the order of first appearance.
template <typename Visit>
void ForEachTable(Visit visit) {
  std::vector<std::string> tables;
  for (const Field& field : FieldTable()) {
    const std::string table = TableName(field.name);
    if (tables.empty() || tables.back() != table) tables.push_back(table);
  }
  for (const std::string& table : tables) {
    std::vector<const Field*> fields;
    for (const Field& field : FieldTable()) {
      if (TableName(field.name) == table) fields.push_back(&field);
    }
    visit(table, fields);
  }
}

}  // namespace

std::string ReferenceMarkdown() {
  const Settings defaults;
  std::string text = kReferenceTop;
  ForEachTable([&](const std::string& table, const std::vector<const Field*>& fields) {
    text +=
        "\n## " + TableHelp(table) +
        "\n\n| setting | variable | default | meaning | used by |\n| --- | --- | --- | --- | --- "
        "|\n";
    for (const Field* field : fields) {
      text += "| `" + field->name + "` | `" + EnvironmentName(field->name) + "` | " +
              Code(field->get(defaults)) + " | " + field->help + ". " + "Must be " + field->rule +
              ". | " + UsedBy(*field) + " |\n";
    }
    if (table == "kafka") text += kProperties;
  });
  return text;
}

std::string ExampleToml() {
  const Settings defaults;
  std::string text =
      "# All settings of Headrace with their defaults; docs/settings.md explains them. Uncomment "
      "what\n# you change, and pass the file with --config or HEADRACE_CONFIG. Made by `headrace "
      "config example`.\n";
  ForEachTable([&](const std::string& table, const std::vector<const Field*>& fields) {
    text += "\n# " + TableHelp(table) + "\n";
    if (!table.empty()) text += "[" + table + "]\n";
    std::string tables_inside;
    for (const Field* field : fields) {
      if (field->is_table()) {
        tables_inside += "\n# " + field->help + ".\n[" + field->name +
                         "]\n# security.protocol = \"SASL_SSL\"\n"
                         "# sasl.mechanisms = \"SCRAM-SHA-256\"\n";
        continue;
      }
      const std::string key = table.empty() ? field->name : field->name.substr(table.size() + 1);
      text += "# " + field->help + ".\n# " + key + " = " + TomlValue(*field, field->get(defaults)) +
              "\n";
    }
    text += tables_inside;
  });
  return text;
}

std::string SettingsHelp(Binary binary) {
  const Settings defaults;
  std::string text;
  ForEachTable([&](const std::string& table, const std::vector<const Field*>& fields) {
    std::string part;
    for (const Field* field : fields) {
      if (!IsUsedBy(*field, binary)) continue;
      part += "  " + FlagName(field->name);
      if (!field->short_flag.empty()) part += ", " + field->short_flag;
      std::string meaning = field->help + ".";
      if (field->choices.empty()) meaning += " Must be " + field->rule + ".";
      part += " " + ValueName(*field) + "\n" + Paragraph(meaning, "      ") + "      " +
              EnvironmentName(field->name);
      const std::string value = field->get(defaults);
      part += value.empty() ? "\n" : "; default " + value + "\n";
    }
    if (!part.empty()) text += "\n" + TableHelp(table) + ":\n" + part;
  });
  return text;
}

}  // namespace headrace::config
