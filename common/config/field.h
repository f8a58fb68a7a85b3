// One row of the table of settings, and the rule that makes its three names from one:
// setting "redis.batch_ttl" = variable HEADRACE_REDIS_BATCH_TTL = flag --redis-batch-ttl.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.h"

namespace headrace::config {

enum class Binary : unsigned { kHeadrace = 1, kWorker = 2 };
constexpr unsigned kHeadraceOnly = 1;
constexpr unsigned kWorkerOnly = 2;
constexpr unsigned kBoth = 3;

// What of a value may be shown.
enum class Secrecy {
  kOpen,
  kUrlPassword,  // all but the password (and user) in scheme://user:password@host
  kProperties,   // key=value pairs: the values of keys that name a secret are masked
};

struct Field {
  std::string name;  // the TOML key with its table: "redis.batch_ttl"
  std::string help;  // one line, for people who run Headrace
  std::string rule;  // completes "must be ..."
  unsigned used_by = kBoth;
  Secrecy secrecy = Secrecy::kOpen;
  std::string value_name = "TEXT";   // in help: TEXT, NUMBER, DURATION, SIZE, URL, ...
  std::vector<std::string> choices;  // where only these are allowed
  std::string short_flag;            // a second, shorter flag: "--redis"
  bool bare_in_toml = false;         // numbers stand without quotes

  // Sets the field from text; on failure answers what is wrong with it and changes nothing.
  std::function<std::optional<std::string>(Settings&, std::string_view)> set;
  // As `set`, for one entry; only a field that is a table has it (kafka.properties), and its
  // values merge key by key.
  std::function<std::optional<std::string>(Settings&, const std::string& key,
                                           const std::string& value)>
      set_entry;
  // The text that `set` reads back.
  std::function<std::string(const Settings&)> get;

  bool is_table() const { return set_entry != nullptr; }
  // Its flag may stand without a value.
  bool is_switch() const { return choices == std::vector<std::string>{"no", "yes"}; }
};

std::string EnvironmentName(std::string_view field_name);
std::string FlagName(std::string_view field_name);
// "kafka" of "kafka.brokers", "" of "store".
std::string TableName(std::string_view field_name);
bool IsUsedBy(const Field& field, Binary binary);
// The field's value with everything secret replaced by ***.
std::string Shown(const Field& field, const Settings& settings);
// The same for the entries of a field that is a table.
std::map<std::string, std::string> ShownEntries(const Field& field, const Settings& settings);
// Somebody's words as an error may quote them: a URL in them may hold a password.
std::string WithoutUrl(const std::string& text);

}  // namespace headrace::config
