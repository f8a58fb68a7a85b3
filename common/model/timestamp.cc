#include "common/model/timestamp.h"

#include <array>
#include <charconv>

namespace headrace {
namespace {

using std::chrono::microseconds;

// Reads the text from left to right; after a mismatch it stays failed.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int Digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!AtDigit()) {
        failed_ = true;
        return 0;
      }
      value = value * 10 + (Take() - '0');
    }
    return value;
  }

  bool Accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void Expect(char c) { failed_ |= !Accept(c); }
  void Fail() { failed_ = true; }
  bool AtDigit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool DoneWell() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// The fraction after the dot, one to nine digits.
microseconds ReadFraction(Reader& reader) {
  int digits = 0;
  int value = 0;
  while (reader.AtDigit()) {
    const int digit = reader.Take() - '0';
    if (++digits <= 6) value = value * 10 + digit;
  }
  if (digits == 0 || digits > 9) reader.Fail();
  for (int i = digits; i < 6; ++i) value *= 10;
  return microseconds(value);
}

// "Z", "+hh:mm" or "-hh:mm"; RFC 3339 allows lower case.
std::chrono::minutes ReadZone(Reader& reader) {
  if (reader.Accept('Z') || reader.Accept('z')) return std::chrono::minutes(0);
  const bool negative = reader.Accept('-');
  if (!negative) reader.Expect('+');
  const int hours = reader.Digits(2);
  reader.Expect(':');
  const int minutes = reader.Digits(2);
  if (hours > 23 || minutes > 59) reader.Fail();
  const std::chrono::minutes offset(hours * 60 + minutes);
  return negative ? -offset : offset;
}

void AppendPadded(std::string& out, std::int64_t value, std::size_t width) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  if (length < width) out.append(width - length, '0');
  out.append(digits.data(), length);
}

}  // namespace

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  const int year = reader.Digits(4);
  reader.Expect('-');
  const int month = reader.Digits(2);
  reader.Expect('-');
  const int day = reader.Digits(2);
  if (!reader.Accept('t')) reader.Expect('T');
  const int hour = reader.Digits(2);
  reader.Expect(':');
  const int minute = reader.Digits(2);
  reader.Expect(':');
  const int second = reader.Digits(2);
  const microseconds fraction = reader.Accept('.') ? ReadFraction(reader) : microseconds(0);
  const std::chrono::minutes offset = ReadZone(reader);
  if (!reader.DoneWell()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (year < 1 || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const bool leap = second == 60;
  // A leap second has no place on the time line; its fraction goes the same way.
  const Timestamp time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                         std::chrono::minutes(minute) + std::chrono::seconds(second) +
                         (leap ? microseconds(0) : fraction) - offset;
  // Leap seconds are inserted at the end of a UTC day and nowhere else.
  if (leap && std::chrono::floor<std::chrono::days>(time) != time) return std::nullopt;
  // An offset or a leap second at the edge may leave the years that FormatRfc3339 can write.
  const auto utc_year =
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  if (utc_year < std::chrono::year(1) || utc_year > std::chrono::year(9999)) return std::nullopt;
  return time;
}

std::string FormatRfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  text.reserve(27);
  AppendPadded(text, static_cast<int>(date.year()), 4);
  text.push_back('-');
  AppendPadded(text, static_cast<unsigned>(date.month()), 2);
  text.push_back('-');
  AppendPadded(text, static_cast<unsigned>(date.day()), 2);
  text.push_back('T');
  AppendPadded(text, clock.hours().count(), 2);
  text.push_back(':');
  AppendPadded(text, clock.minutes().count(), 2);
  text.push_back(':');
  AppendPadded(text, clock.seconds().count(), 2);
  if (clock.subseconds() != microseconds(0)) {
    text.push_back('.');
    AppendPadded(text, clock.subseconds().count(), 6);
  }
  text.push_back('Z');
  return text;
}

}  // namespace headrace
