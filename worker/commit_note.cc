#include "worker/commit_note.h"

#include <charconv>
#include <limits>

namespace headrace::worker {
namespace {

constexpr std::string_view kHighWater = "hw=";
constexpr std::string_view kClean = "clean";
constexpr std::string_view kWriter = "by=";
constexpr std::string_view kTried = "tried=";
constexpr std::string_view kAlone = "alone=";
// A broker takes 4,096 bytes of metadata. What ran alone and has not ended is very little.
constexpr std::size_t kTriedBytesMax = 3'000;

void AppendOffsets(std::string& text, std::string_view name, const OffsetSet& offsets,
                   std::size_t bytes_max) {
  if (!offsets.empty()) text.append(";").append(name).append(offsets.Format(bytes_max));
}

bool ReadOffsets(std::string_view word, std::string_view name, OffsetSet& offsets) {
  if (!word.starts_with(name)) return true;
  auto parsed = OffsetSet::Parse(word.substr(name.size()));
  if (parsed) offsets = std::move(*parsed);
  return parsed.has_value();
}

}  // namespace

std::optional<CommitNote> ParseCommitNote(std::string_view text) {
  if (!text.starts_with(kHighWater)) return std::nullopt;
  text.remove_prefix(kHighWater.size());
  CommitNote note;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), note.high_water);
  if (parsed.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
  while (text.starts_with(';')) {
    text.remove_prefix(1);
    const std::string_view word = text.substr(0, text.find(';'));
    if (word == kClean) note.clean = true;
    if (word.starts_with(kWriter)) note.writer = word.substr(kWriter.size());
    if (!ReadOffsets(word, kTried, note.tries.in_company)) return std::nullopt;
    if (!ReadOffsets(word, kAlone, note.tries.alone)) return std::nullopt;
    text.remove_prefix(word.size());
  }
  return note;
}

std::string FormatCommitNote(const CommitNote& note) {
  std::string text(kHighWater);
  text.append(std::to_string(note.high_water));
  if (note.clean) text.append(";").append(kClean);
  if (!note.writer.empty()) text.append(";").append(kWriter).append(note.writer);
  AppendOffsets(text, kTried, note.tries.in_company, kTriedBytesMax);
  AppendOffsets(text, kAlone, note.tries.alone, std::numeric_limits<std::size_t>::max());
  return text;
}

}  // namespace headrace::worker
