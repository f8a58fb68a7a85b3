// Dead letters as text: rows for people, JSON with stable keys for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "producer/retry/dead_letter.h"
#include "producer/retry/letter_index.h"

namespace headrace::cli {

using CountByCode = std::map<std::string, std::uint64_t, std::less<>>;

// What of a terminal's control characters a text holds becomes blanks: keys and messages are not
// ours.
std::string OneLine(std::string_view text);

std::string LettersByCode(const CountByCode& counts);
std::vector<std::string> LetterHeading();
std::vector<std::string> LetterRow(const Record& record, const retry::DeadLetter& letter);
// One line with its end.
std::string LetterJson(const Record& record, const retry::DeadLetter& letter);
// Every header of the letter, and where it lies.
std::string LetterDetails(const Record& record);

// What a replay is about to do, or (`done`) did.
std::string ReplayText(const retry::ReplayPlan& plan, bool done);
std::string ReplayJson(const retry::ReplayPlan& plan, bool done, std::uint64_t sent);

}  // namespace headrace::cli
