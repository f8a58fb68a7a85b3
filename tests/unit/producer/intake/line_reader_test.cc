#include "producer/intake/line_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/unit/producer/intake/memory_source.h"

namespace headrace::intake {
namespace {

struct Seen {
  std::uint64_t number = 0;
  std::string text;
  std::string raw;
  bool oversized = false;

  friend bool operator==(const Seen&, const Seen&) = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.number << (seen.oversized ? "!" : ":") << seen.raw.size() << " bytes '"
       << seen.raw.substr(0, 40) << "'";
}

// Reads everything, putting the pieces of oversized lines together.
std::vector<Seen> ReadAll(ByteSource& source, std::size_t line_bytes_max) {
  LineReader reader(source, line_bytes_max);
  std::vector<Seen> lines;
  Line line;
  while (true) {
    const Result<LineReader::Event> event = reader.Next(line);
    EXPECT_TRUE(event.ok());
    if (!event.ok() || *event == LineReader::Event::kEnd) return lines;
    if (*event == LineReader::Event::kIdle) continue;
    if (line.first_piece) {
      lines.push_back({line.number, std::string(line.text), std::string(line.raw), line.oversized});
    } else {
      EXPECT_EQ(lines.back().number, line.number);
      EXPECT_TRUE(line.oversized);
      lines.back().raw += line.raw;
    }
  }
}

std::vector<Seen> ReadChunks(std::vector<std::string> chunks, std::size_t line_bytes_max = 100) {
  MemorySource source(std::move(chunks));
  return ReadAll(source, line_bytes_max);
}

// What a reader with all the memory in the world would say.
std::vector<Seen> Naive(const std::string& input, std::size_t line_bytes_max) {
  std::vector<Seen> lines;
  std::size_t at = 0;
  while (at < input.size()) {
    std::size_t end = input.find('\n', at);
    if (end == std::string::npos) end = input.size();
    std::string raw = input.substr(at, end - at);
    if (lines.empty() && raw.starts_with("\xEF\xBB\xBF")) raw.erase(0, 3);
    std::string text = raw;
    if (text.ends_with('\r')) text.pop_back();
    const bool oversized = text.size() > line_bytes_max;
    lines.push_back({lines.size() + 1, oversized ? "" : text, raw, oversized});
    at = end + 1;
  }
  return lines;
}

TEST(LineReader, SplitsAtNewlinesOnly) {
  const std::vector<Seen> expected{{1, "a", "a"}, {2, "", ""}, {3, "b\rc", "b\rc"}};
  EXPECT_EQ(ReadChunks({"a\n\nb\rc\n"}), expected);
}

TEST(LineReader, TakesALastLineWithoutNewline) {
  EXPECT_EQ(ReadChunks({"a\nb"}), (std::vector<Seen>{{1, "a", "a"}, {2, "b", "b"}}));
  EXPECT_TRUE(ReadChunks({}).empty());
}

TEST(LineReader, TellsWhetherTheInputEndedInANewline) {
  for (const bool terminated : {true, false}) {
    MemorySource source({terminated ? "a\n" : "a"});
    LineReader reader(source, 10);
    Line line;
    ASSERT_EQ(*reader.Next(line), LineReader::Event::kLine);
    ASSERT_EQ(*reader.Next(line), LineReader::Event::kEnd);
    EXPECT_EQ(reader.ended_without_newline(), !terminated);
  }
}

TEST(LineReader, StripsCarriageReturnAndByteOrderMarkFromTheText) {
  const std::vector<Seen> expected{{1, "a", "a\r"},
                                   {2,
                                    "\xEF\xBB\xBF"
                                    "b",
                                    "\xEF\xBB\xBF"
                                    "b\r"}};
  EXPECT_EQ(ReadChunks({"\xEF",
                        "\xBB\xBF"
                        "a\r",
                        "\n\xEF\xBB\xBF"
                        "b\r\n"}),
            expected);
}

TEST(LineReader, TakesTheLongestLineWithMarkAndCrlf) {
  const std::string longest(100, 'x');
  const std::vector<Seen> lines = ReadChunks({"\xEF\xBB\xBF" + longest + "\r\n" + longest});
  EXPECT_EQ(lines, (std::vector<Seen>{{1, longest, longest + "\r"}, {2, longest, longest}}));
}

TEST(LineReader, HandsAnOversizedLineOutInPieces) {
  const std::string giant(3'000'000, 'g');
  const std::vector<Seen> lines = ReadChunks({"a\n" + giant + "\nb\n"});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[1].oversized);
  EXPECT_EQ(lines[1].raw, giant);
  EXPECT_EQ(lines[2], (Seen{3, "b", "b"}));
}

TEST(LineReader, EndsAnOversizedLineThatTheInputCutsOff) {
  const std::string giant(700'000, 'g');
  const std::vector<Seen> lines = ReadChunks({giant});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].oversized);
  EXPECT_EQ(lines[0].raw, giant);
}

TEST(LineReader, SaysWhenTheSourceIsSilent) {
  MemorySource source({"a\nb", "", "c\n"});
  LineReader reader(source, 10);
  Line line;
  ASSERT_EQ(*reader.Next(line), LineReader::Event::kLine);
  ASSERT_EQ(*reader.Next(line), LineReader::Event::kIdle);
  ASSERT_EQ(*reader.Next(line), LineReader::Event::kLine);
  EXPECT_EQ(line.text, "bc");
}

TEST(LineReader, PassesOnTheFailureOfItsSource) {
  MemorySource source({"a\n"}, Invalid("disk on fire"));
  LineReader reader(source, 10);
  Line line;
  ASSERT_TRUE(reader.Next(line).ok());
  const Result<LineReader::Event> event = reader.Next(line);
  ASSERT_FALSE(event.ok());
  EXPECT_EQ(event.error().message, "disk on fire");
}

TEST(LineReader, AgreesWithANaiveReaderOnRandomInputAndChunks) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    std::string input;
    if (below(4) == 0) input += "\xEF\xBB\xBF";
    const std::size_t line_count = below(30);
    for (std::size_t i = 0; i < line_count; ++i) {
      // Around the limit of 20 most of the time, beyond the reader's buffer now and then.
      const std::size_t length = below(40) == 0 ? 200'000 + below(200'000) : below(30);
      for (std::size_t c = 0; c < length; ++c) input += "abc\r"[below(c % 7 == 0 ? 4 : 3)];
      if (below(3) == 0) input += '\r';
      if (i + 1 < line_count || below(2) == 0) input += '\n';
    }
    std::vector<std::string> chunks;
    for (std::size_t at = 0; at < input.size();) {
      const std::size_t size = 1 + below(below(2) == 0 ? 5 : 150'000);
      chunks.push_back(input.substr(at, size));
      if (below(5) == 0) chunks.emplace_back();
      at += size;
    }
    ASSERT_EQ(ReadChunks(std::move(chunks), 20), Naive(input, 20));
  }
}

}  // namespace
}  // namespace headrace::intake
