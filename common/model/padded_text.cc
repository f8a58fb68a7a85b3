#include "common/model/padded_text.h"

#include <cstring>

namespace headrace {

simdjson::error_code PaddedText::Open(std::initializer_list<std::string_view> parts,
                                      simdjson::ondemand::document& document) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  if (buffer_.size() < size + simdjson::SIMDJSON_PADDING) {
    buffer_.resize(size + simdjson::SIMDJSON_PADDING);
  }
  char* end = buffer_.data();
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(end, part.data(), part.size());
    end += part.size();
  }
  // What an earlier, longer text left behind may not be read as the end of this one.
  std::memset(end, ' ', simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view view(buffer_.data(), size, buffer_.size());
  return parser_.iterate(view).get(document);
}

}  // namespace headrace
