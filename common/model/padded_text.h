// A text where simdjson can read it. Beside the .cc files of this folder the only place that knows
// simdjson.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace headrace {

// Owns a buffer with the padding that simdjson reads over, and the parser with its own buffers. All
// of them grow to the longest text and stay. One thread.
class PaddedText {
 public:
  // Opens the parts, one after the other, as one document, which lives until the next call.
  simdjson::error_code Open(std::initializer_list<std::string_view> parts,
                            simdjson::ondemand::document& document);

  // Of a place within the text that was opened.
  std::size_t OffsetOf(const char* place) const {
    return static_cast<std::size_t>(place - buffer_.data());
  }

 private:
  simdjson::ondemand::parser parser_;
  std::vector<char> buffer_;
};

}  // namespace headrace
