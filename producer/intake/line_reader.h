// Splits a stream of bytes into lines with a buffer of fixed size, whatever the input does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "producer/intake/byte_source.h"

namespace headrace::intake {

// A line, or a piece of one that is too long to be held. The views stay valid until the next call.
struct Line {
  std::uint64_t number = 0;  // from 1
  std::string_view
      text;              // without the line's end and without a byte order mark; empty if oversized
  std::string_view raw;  // as text, but with the carriage return of a CRLF
  bool oversized = false;  // longer than the limit: comes in pieces, of which only `raw` is set
  bool first_piece = true;
  bool last_piece = true;
};

// One thread; owns its buffer of line_bytes_max plus one chunk and never more.
class LineReader {
 public:
  enum class Event { kLine, kIdle, kEnd };

  // `source` must outlive the reader.
  LineReader(ByteSource& source, std::size_t line_bytes_max);

  // kIdle: the source has nothing yet. Errors are the source's.
  Result<Event> Next(Line& line);

  // True when the input's last byte was no newline; meaningful after kEnd.
  bool ended_without_newline() const { return unterminated_; }

 private:
  void Emit(std::size_t raw_size, bool complete, Line& line);
  Result<Event> Refill();

  ByteSource& source_;
  const std::size_t line_bytes_max_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // of what is not handed out yet
  std::size_t end_ = 0;      // of what has been read
  std::size_t scanned_ = 0;  // no newline in [begin_, scanned_)
  std::uint64_t number_ = 1;
  bool in_oversized_ = false;  // pieces of the current line were handed out already
  bool at_end_ = false;
  bool unterminated_ = false;
};

}  // namespace headrace::intake
