#include "producer/cli/seen_codes.h"

#include "producer/cli/dead_letters_text.h"

namespace headrace::cli {
namespace {

// Headrace has fewer; a foreign program may write a new one with every letter.
constexpr std::size_t kNamedMax = 30;

retry::LetterFilter WithoutCode(retry::LetterFilter filter) {
  filter.code.clear();
  return filter;
}

}  // namespace

SeenCodes::SeenCodes(const retry::LetterFilter& filter)
    : wanted_(filter.code), others_(WithoutCode(filter)) {}

void SeenCodes::Add(const retry::DeadLetter& letter) {
  if (wanted_.empty() || found_ || !others_.Takes(letter)) return;
  found_ = letter.code == wanted_;
  if (codes_.size() < kNamedMax && !codes_.contains(letter.code)) codes_.emplace(letter.code);
}

std::string SeenCodes::Note() const {
  if (wanted_.empty() || found_) return {};
  const bool chosen = !others_.project.empty() || others_.batch;
  const std::string among = chosen ? " of this project or batch" : "";
  std::string note = "no dead letter" + among + " has the code " + wanted_;
  if (codes_.empty()) return note + "; there is no dead letter" + among;
  note += "; the codes are";
  std::string_view separator = " ";
  for (const std::string& code : codes_) {
    note.append(separator).append(OneLine(code));
    separator = ", ";
  }
  return codes_.size() < kNamedMax ? note : note + ", ...";
}

}  // namespace headrace::cli
