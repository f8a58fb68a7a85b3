#include "producer/intake/load_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "producer/intake/item_reader.h"
#include "tests/unit/producer/intake/memory_source.h"
#include "tests/unit/producer/intake/recording_observer.h"

namespace headrace::intake {
namespace {

const std::string kEpisode =
    R"({"type":"graph_episode","graph_id":"kb","data_type":"text","data":"x"})";
const std::string kMessage =
    R"({"type":"thread_message","thread_id":"t","user_id":"u/1","role":"user","content":"hi"})";

ItemReader ReaderOf(std::map<std::string, std::string> files,
                    std::size_t record_bytes_max = 1'000) {
  ItemReaderOptions options;
  for (const auto& [path, text] : files) options.paths.push_back(path);
  options.project = "default";
  options.limits.record_bytes_max = record_bytes_max;
  return ItemReader(std::move(options), OpenFrom(std::move(files)));
}

Result<ScanTotals> Scan(std::map<std::string, std::string> files, LoadObserver& observer) {
  ItemReader reader = ReaderOf(std::move(files));
  return ScanItems(reader, observer, [] { return false; });
}

TEST(ItemReader, NamesDestinationAndIndexOfEachItem) {
  ItemReader reader = ReaderOf({{"a", "\n" + kEpisode + "\r\n"}, {"b", " \t\n" + kMessage}});
  ItemLine line;
  ASSERT_EQ(*reader.Next(line), ItemReader::Event::kItem);
  EXPECT_EQ(line.file, "a");
  EXPECT_EQ(line.number, 2u);
  EXPECT_EQ(line.index, 1u);
  EXPECT_EQ(line.key, "default/g/kb");
  EXPECT_EQ(line.text, kEpisode);
  ASSERT_EQ(*reader.Next(line), ItemReader::Event::kItem);
  EXPECT_EQ(line.file, "b");
  EXPECT_EQ(line.number, 2u);
  EXPECT_EQ(line.index, 3u);
  EXPECT_EQ(line.key, "default/u/u/1");
  EXPECT_EQ(line.text, kMessage);
  ASSERT_EQ(*reader.Next(line), ItemReader::Event::kEnd);
  EXPECT_EQ(reader.line_count(), 4u);
}

TEST(ItemReader, RefusesAThreadMessageWithoutUser) {
  ItemReader reader = ReaderOf(
      {{"a", R"({"type":"thread_message","thread_id":"t","role":"user","content":"hi"})"}});
  ItemLine line;
  ASSERT_EQ(*reader.Next(line), ItemReader::Event::kRefused);
  EXPECT_EQ(line.refusal->code, "missing_field");
  EXPECT_EQ(line.refusal->pointer, "/user_id");
}

TEST(ItemReader, RefusesAnOversizedLineAndGoesOn) {
  const std::string giant = R"({"type":"graph_episode","data":")" + std::string(900'000, 'x');
  ItemReader reader = ReaderOf({{"a", giant + "\n" + kEpisode + "\n"}});
  RecordingObserver observer;
  const Result<ScanTotals> totals = ScanItems(reader, observer, [] { return false; });
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->accepted, 1u);
  EXPECT_EQ(totals->rejected, 1u);
  EXPECT_EQ(totals->index_end, 2u);
  EXPECT_EQ(observer.refused, std::vector<std::string>{"a:1: too_large"});
  EXPECT_TRUE(observer.raw == giant);
}

TEST(LoadScan, CountsLinesAndHashesBytes) {
  RecordingObserver observer;
  const std::string text = kEpisode + "\n\nnonsense\n" + kMessage + "\n";
  const Result<ScanTotals> totals = Scan({{"a", text}}, observer);
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->accepted, 2u);
  EXPECT_EQ(totals->rejected, 1u);
  EXPECT_EQ(totals->index_end, 4u);
  EXPECT_EQ(totals->bytes, text.size());
  EXPECT_EQ(observer.refused, std::vector<std::string>{"a:3: invalid_json"});
  EXPECT_EQ(observer.raw, "nonsense");
  EXPECT_EQ(observer.progress.items, 2u);
  EXPECT_EQ(observer.progress.bytes, text.size());
}

TEST(LoadScan, HashOfOneFileIsThatOfSha256sum) {
  RecordingObserver observer;
  EXPECT_EQ(Scan({{"a", "abc"}}, observer)->sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Scan({{"a", ""}}, observer)->sha256,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(LoadScan, HashTellsWhereAFileWithoutFinalNewlineEnds) {
  RecordingObserver observer;
  const std::string joined = Scan({{"a", "xy\n"}}, observer)->sha256;
  const std::string apart = Scan({{"a", "x"}, {"b", "y\n"}}, observer)->sha256;
  EXPECT_NE(joined, apart);
  EXPECT_EQ(apart, Scan({{"a", "x\n"}, {"b", "y\n"}}, observer)->sha256);
  EXPECT_EQ(apart, Scan({{"a", "x\ny\n"}}, observer)->sha256);
}

TEST(LoadScan, FailsOnAnInputThatCannotBeRead) {
  RecordingObserver observer;
  ItemReader reader({.paths = {"gone"}, .project = "default", .limits = {}}, OpenFrom({}));
  const Result<ScanTotals> totals = ScanItems(reader, observer, [] { return false; });
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().message, "cannot read gone");
}

TEST(LoadScan, StopsWhenAsked) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += kEpisode + "\n";
  RecordingObserver observer;
  ItemReader reader = ReaderOf({{"a", text}});
  const Result<ScanTotals> totals = ScanItems(reader, observer, [] { return true; });
  ASSERT_FALSE(totals.ok());
  EXPECT_EQ(totals.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace headrace::intake
