#include "producer/intake/line_reader.h"

#include <cstring>

namespace headrace::intake {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

// Room for the longest line with its mark and CRLF, beside one chunk.
LineReader::LineReader(ByteSource& source, std::size_t line_bytes_max)
    : source_(source),
      line_bytes_max_(line_bytes_max),
      buffer_(line_bytes_max + kByteOrderMark.size() + 2 + kChunkBytes) {}

Result<LineReader::Event> LineReader::Next(Line& line) {
  while (true) {
    const void* newline = std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_);
    if (newline != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data());
      Emit(at - begin_, true, line);
      begin_ = scanned_ = at + 1;
      return Event::kLine;
    }
    scanned_ = end_;
    const std::size_t held = end_ - begin_;
    if (at_end_) {
      if (held == 0 && !in_oversized_) return Event::kEnd;
      unterminated_ = true;
      Emit(held, true, line);
      begin_ = end_;
      return Event::kLine;
    }
    // More than any acceptable line with mark and carriage return: it need not be held any longer.
    const bool hopeless = held > line_bytes_max_ + kByteOrderMark.size() + 1;
    if (hopeless || (in_oversized_ && held > 0)) {
      Emit(held, false, line);
      begin_ = end_;
      return Event::kLine;
    }
    const Result<Event> refilled = Refill();
    if (!refilled.ok() || *refilled == Event::kIdle) return refilled;
  }
}

void LineReader::Emit(std::size_t raw_size, bool complete, Line& line) {
  std::string_view raw(buffer_.data() + begin_, raw_size);
  if (number_ == 1 && !in_oversized_ && raw.starts_with(kByteOrderMark)) {
    raw.remove_prefix(kByteOrderMark.size());
  }
  std::string_view text = raw;
  if (complete && text.ends_with('\r')) text.remove_suffix(1);
  line.number = number_;
  line.oversized = in_oversized_ || !complete || text.size() > line_bytes_max_;
  line.raw = raw;
  line.text = line.oversized ? std::string_view() : text;
  line.first_piece = !in_oversized_;
  line.last_piece = complete;
  in_oversized_ = !complete;
  if (complete) ++number_;
}

// Moves the unfinished line to the front of the buffer only when the room behind it has run out,
// so that every byte is moved about once, not once a read.
Result<LineReader::Event> LineReader::Refill() {
  if (begin_ == end_) {
    begin_ = end_ = scanned_ = 0;
  } else if (buffer_.size() - end_ < kChunkBytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  Result<std::optional<std::size_t>> got =
      source_.Read({buffer_.data() + end_, buffer_.size() - end_});
  if (!got.ok()) return std::move(got).error();
  if (!got->has_value()) return Event::kIdle;
  if (**got == 0) at_end_ = true;
  end_ += **got;
  return Event::kLine;
}

}  // namespace headrace::intake
