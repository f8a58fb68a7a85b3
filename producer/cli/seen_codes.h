// Which codes there are when the one that was asked for is none of them.
#pragma once

#include <set>
#include <string>

#include "producer/retry/dead_letter.h"
#include "producer/retry/letter_index.h"

namespace headrace::cli {

// Told of every letter that is read, because a misspelt code looks like good news otherwise.
class SeenCodes {
 public:
  explicit SeenCodes(const retry::LetterFilter& filter);

  void Add(const retry::DeadLetter& letter);
  // A sentence when letters were asked for by a code that none of them has; else empty.
  std::string Note() const;

 private:
  const std::string wanted_;
  const retry::LetterFilter others_;  // what was asked for beside the code
  bool found_ = false;
  std::set<std::string, std::less<>> codes_;  // bounded
};

}  // namespace headrace::cli
