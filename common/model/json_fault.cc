#include "common/model/json_fault.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/model/refusal_codes.h"

namespace headrace {
namespace {

// Takes every event and keeps nothing but the place of the error.
class PlaceFinder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    offset_ = position == 0 ? 0 : position - 1;  // counts the byte that it stumbled over
    return false;
  }

  std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_ = 0;
};

std::optional<std::size_t> FindInvalidUtf8(std::string_view text) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t length = Utf8SequenceLength(text.substr(offset));
    if (length == 0) return offset;
    offset += length;
  }
  return std::nullopt;
}

// The code unit of "\uXXXX" at `offset`, or 0 when no such escape stands there.
unsigned EscapedUnit(std::string_view text, std::size_t offset) {
  if (!text.substr(offset).starts_with("\\u") || offset + 6 > text.size()) return 0;
  unsigned unit = 0;
  const char* end = text.data() + offset + 6;
  const auto parsed = std::from_chars(text.data() + offset + 2, end, unit, 16);
  return parsed.ec == std::errc() && parsed.ptr == end ? unit : 0;
}

// An escaped half of a surrogate pair without its other half. A backslash stands only inside
// strings up to the first syntax error, and the caller ignores what is found behind that.
std::optional<std::size_t> FindLoneSurrogate(std::string_view text) {
  std::size_t offset = text.find('\\');
  while (offset != std::string_view::npos) {
    const unsigned unit = EscapedUnit(text, offset);
    const bool high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (low) return offset;
    if (high) {
      const unsigned next = EscapedUnit(text, offset + 6);
      if (next < 0xDC00 || next > 0xDFFF) return offset;
    }
    const std::size_t length = high ? 12 : 2;
    offset = text.find('\\', std::min(offset + length, text.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<JsonFault> FindJsonFault(std::string_view text) {
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) return JsonFault{codes::kNulByte, nul};
  if (const auto offset = FindInvalidUtf8(text)) return JsonFault{codes::kInvalidUtf8, *offset};
  if (text.starts_with("\xEF\xBB\xBF")) return JsonFault{codes::kInvalidJson, 0};
  PlaceFinder finder;
  if (nlohmann::json::sax_parse(text, &finder)) return std::nullopt;
  const auto surrogate = FindLoneSurrogate(text);
  if (surrogate && *surrogate <= finder.offset()) {
    return JsonFault{codes::kInvalidUtf8, *surrogate};
  }
  return JsonFault{codes::kInvalidJson, finder.offset()};
}

}  // namespace headrace
