#include "common/config/field.h"

#include "common/config/kafka_properties.h"

namespace headrace::config {
namespace {

std::string MaskUser(const std::string& url) {
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

// Databases take a password as a parameter too, and names of parameters may be percent-encoded.
bool MayBeSecret(std::string_view name) {
  return name.find("password") != std::string_view::npos ||
         name.find('%') != std::string_view::npos;
}

std::string MaskUrl(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t question = url.find('?');
  // An @ behind it: this question mark may be part of a password.
  if (scheme != std::string::npos && question != std::string::npos &&
      url.find('@', question) != std::string::npos) {
    return url.substr(0, scheme) + "://***";
  }
  std::string shown = MaskUser(url.substr(0, question));
  for (std::size_t at = question; at != std::string::npos;) {
    const std::size_t end = url.find('&', at + 1);
    const std::string parameter = url.substr(at, end - at);
    const std::size_t equals = parameter.find('=');
    const bool hide = equals != std::string::npos && MayBeSecret(parameter.substr(1, equals - 1));
    shown += hide ? parameter.substr(0, equals + 1) + "***" : parameter;
    at = end;
  }
  return shown;
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

std::string WithoutUrl(const std::string& text) {
  const std::size_t place = text.find("://");
  return place == std::string::npos ? text : text.substr(0, place) + "://***";
}

std::map<std::string, std::string> ShownEntries(const Field& field, const Settings& settings) {
  CHECK(field.is_table());
  return MaskKafkaProperties(settings.kafka.properties);
}

}  // namespace headrace::config
