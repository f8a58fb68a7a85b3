#include "common/kafka/properties.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "common/kafka/handles.h"

namespace headrace::kafka {
namespace {

// librdkafka's table of properties, as it prints it: one a line, the name in front, columns behind
// bars. Its conf_dump would leave out whatever has no default, sasl.username for one.
std::string PropertyTable() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* const memory = open_memstream(&text, &size);
  if (memory == nullptr) return {};
  rd_kafka_conf_properties_show(memory);
  std::fclose(memory);
  std::string table(text, size);
  std::free(text);
  return table;
}

}  // namespace

Status CheckProperty(const std::string& name, const std::string& value) {
  const Conf conf(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  switch (
      rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size())) {
    case RD_KAFKA_CONF_OK:
      return {};
    case RD_KAFKA_CONF_UNKNOWN:
      return NotFound("librdkafka has no property " + name);
    case RD_KAFKA_CONF_INVALID:
      break;
  }
  return Invalid(reason.data());
}

std::vector<std::string> PropertyNames() {
  const std::string table = PropertyTable();
  std::vector<std::string> names;
  for (std::size_t start = 0; start < table.size();) {
    const std::size_t end = std::min(table.find('\n', start), table.size());
    const std::string_view line = std::string_view(table).substr(start, end - start);
    start = end + 1;
    const std::string_view name = line.substr(0, line.find(' '));
    // Headings and rules between the two parts of the table are no names.
    const bool is_row = line.find(" | ") != line.npos && name.front() >= 'a' && name.front() <= 'z';
    if (is_row && !name.ends_with("_cb")) names.emplace_back(name);
  }
  return names;
}

}  // namespace headrace::kafka
