#include "worker/commit_note.h"

#include <charconv>

namespace headrace::worker {
namespace {

constexpr std::string_view kHighWater = "hw=";
constexpr std::string_view kClean = "clean";

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
    text.remove_prefix(word.size());
  }
  return note;
}

std::string FormatCommitNote(const CommitNote& note) {
  std::string text(kHighWater);
  text.append(std::to_string(note.high_water));
  if (note.clean) text.append(";").append(kClean);
  return text;
}

}  // namespace headrace::worker
