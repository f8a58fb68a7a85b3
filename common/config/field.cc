#include "common/config/field.h"

#include "common/config/kafka_properties.h"

namespace headrace::config {
namespace {

std::string MaskUrl(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  // The last @ before the path: a password may itself hold one.
  const std::size_t path = url.find('/', scheme + 3);
  const std::size_t at = url.rfind('@', path);
  if (at == std::string::npos || at < scheme) {
    // A password with a slash in it hides the @ behind what looks like a path.
    return url.find('@', scheme) == std::string::npos ? url : url.substr(0, scheme) + "://***";
  }
  return url.substr(0, scheme + 3) + "***" + url.substr(at);
}

}  // namespace

std::string EnvironmentName(std::string_view field_name) {
  std::string name = "HEADRACE_";
  for (const char c : field_name) {
    const bool lower = c >= 'a' && c <= 'z';
    name += lower ? static_cast<char>(c - 'a' + 'A') : c == '.' ? '_' : c;
  }
  return name;
}

std::string FlagName(std::string_view field_name) {
  std::string name = "--";
  for (const char c : field_name) name += c == '.' || c == '_' ? '-' : c;
  return name;
}

std::string TableName(std::string_view field_name) {
  const std::size_t dot = field_name.find('.');
  return dot == std::string_view::npos ? "" : std::string(field_name.substr(0, dot));
}

bool IsUsedBy(const Field& field, Binary binary) {
  return (field.used_by & static_cast<unsigned>(binary)) != 0;
}

std::string Shown(const Field& field, const Settings& settings) {
  switch (field.secrecy) {
    case Secrecy::kOpen:
      return field.get(settings);
    case Secrecy::kUrlPassword:
      return MaskUrl(field.get(settings));
    case Secrecy::kProperties:
      return FormatKafkaProperties(MaskKafkaProperties(settings.kafka.properties));
  }
  return "***";
}

std::map<std::string, std::string> ShownEntries(const Field& field, const Settings& settings) {
  CHECK(field.is_table());
  return MaskKafkaProperties(settings.kafka.properties);
}

}  // namespace headrace::config
