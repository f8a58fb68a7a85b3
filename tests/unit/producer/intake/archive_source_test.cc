#include "producer/intake/archive_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/model/archive_line.h"
#include "producer/intake/item_reader.h"
#include "producer/intake/load_scan.h"
#include "tests/unit/producer/intake/memory_source.h"
#include "tests/unit/producer/intake/recording_observer.h"

namespace headrace::intake {
namespace {

// Times are seconds; files are called after the second at which they begin and their writer.
class ArchiveSourceTest : public testing::Test {
 protected:
  static Timestamp At(int second) {
    return Timestamp(std::chrono::seconds(1'700'000'000 + second));
  }
  static std::string Name(int second, std::uint32_t writer) {
    return archive::PlainName(At(second), writer);
  }

  std::string Line(int second, std::uint32_t index, std::uint32_t incarnation = 0,
                   const std::string& project = "default") const {
    ArchiveMark mark;
    mark.written_at = At(second);
    mark.graph = {project, GraphKind::kGraph, "g"};
    mark.ref = {batch_, index, 0};
    mark.episode = batch_.ItemUuid(index);
    mark.incarnation = incarnation;
    std::string line;
    AppendArchiveLine(mark,
                      R"({"type":"graph_episode","graph_id":"g","data_type":"text","data":")" +
                          std::to_string(index) + "\"}",
                      line);
    return line;
  }

  static std::string Erase(int second, std::uint32_t below) {
    ArchiveMark mark;
    mark.written_at = At(second);
    mark.graph = {"default", GraphKind::kGraph, "g"};
    mark.erased_below = below;
    std::string line;
    AppendEraseLine(mark, line);
    return line;
  }

  static ItemReader ReaderOf(const std::map<std::string, std::string>& files) {
    std::vector<std::string> paths;
    for (const auto& [path, text] : files) paths.push_back(path);
    std::reverse(paths.begin(), paths.end());
    return ItemReader({.paths = {"DIR"}, .project = "default", .limits = {}},
                      [=](const std::string&) -> Result<std::unique_ptr<ByteSource>> {
                        return std::unique_ptr<ByteSource>(
                            std::make_unique<ArchiveSource>(paths, OpenFrom(files), 1 << 20));
                      });
  }

  // Indexes in their former batch, in the order in which a load would send them.
  std::vector<std::uint32_t> Loaded(const std::map<std::string, std::string>& files) const {
    ItemReader reader = ReaderOf(files);
    std::vector<std::uint32_t> indexes;
    ItemLine line;
    while (true) {
      const auto event = reader.Next(line);
      EXPECT_TRUE(event.ok());
      if (!event.ok() || *event == ItemReader::Event::kEnd) return indexes;
      if (*event != ItemReader::Event::kItem) continue;
      indexes.push_back(line.archived->ref.index);
      EXPECT_EQ(line.key, "default/g/g");
      EXPECT_FALSE(IsArchiveLine(line.text));
    }
  }

  const BatchId batch_ = BatchId::Random();
};

using Indexes = std::vector<std::uint32_t>;

TEST_F(ArchiveSourceTest, KeepsTheOrderOfAGraphThatWentToAnotherWriterAndBack) {
  EXPECT_EQ(Loaded({{Name(0, 1), Line(0, 0) + Line(5, 3)},
                    {Name(1, 2), Line(1, 1) + Line(3, 2)},
                    {Name(7, 1), Line(7, 4)}}),
            (Indexes{0, 1, 2, 3, 4}));
}

TEST_F(ArchiveSourceTest, GivesAnEpisodeOnceWhereItWasWrittenFirst) {
  EXPECT_EQ(Loaded({{Name(0, 1), Line(0, 0) + Line(0, 1)},
                    {Name(1, 2), Line(1, 0) + Line(1, 1) + Line(1, 2)}}),
            (Indexes{0, 1, 2}));
}

TEST_F(ArchiveSourceTest, CutsTheUnfinishedLineOfAWriterThatDied) {
  const std::string torn = Line(0, 1);
  EXPECT_EQ(Loaded({{Name(0, 1), Line(0, 0) + torn.substr(0, torn.size() - 1)},
                    {Name(1, 2), Line(1, 2)}}),
            (Indexes{0, 2}));
}

TEST_F(ArchiveSourceTest, BringsNothingBackThatWasErasedBeforeOrAfter) {
  const std::string late = Line(6, 2);
  EXPECT_EQ(Loaded({{Name(0, 1), Line(0, 0) + Line(4, 1, 1) + late}, {Name(2, 2), Erase(2, 1)}}),
            (Indexes{1}));
}

TEST_F(ArchiveSourceTest, PassesOverItemsOfOtherProjects) {
  EXPECT_EQ(Loaded({{Name(0, 1), Line(0, 0, 0, "other") + Line(0, 1)}}), (Indexes{1}));
}

TEST_F(ArchiveSourceTest, CountsItemsOfOtherProjectsAndNamesSomeOfThem) {
  std::string text = Line(0, 0) + Line(0, 1, 0, "p0");
  for (std::uint32_t index = 2; index < 12; ++index) {
    text += Line(1, index, 0, "p" + std::to_string(index % 5));
  }
  for (const bool many : {false, true}) {
    SCOPED_TRACE(many);
    if (many) text += Line(2, 20, 0, "p5") + Line(2, 21, 0, "p6");
    ItemReader reader = ReaderOf({{Name(0, 1), text}});
    RecordingObserver observer;
    ASSERT_TRUE(ScanItems(reader, observer, [] { return false; }).ok());
    EXPECT_EQ(reader.foreign().count, many ? 13u : 11u);
    EXPECT_EQ(reader.foreign().projects, (std::vector<std::string>{"p0", "p2", "p3", "p4", "p1"}));
    EXPECT_EQ(reader.foreign().more_projects, many);
  }
}

TEST_F(ArchiveSourceTest, NamesTheFileAndLineOfWhatIsRefused) {
  std::string bad = Line(2, 2);
  bad.replace(bad.find(R"("data":"2")"), 10, R"("data":@)");
  const std::string later = Name(1, 2);
  ItemReader reader = ReaderOf({{Name(0, 1), Line(0, 0) + Line(3, 3)},
                                {later, "\n" + Line(1, 1) + "{\"headrace_archive\":{\n" + bad}});
  std::vector<std::string> found;
  std::uint64_t column = 0;
  ItemLine line;
  while (true) {
    const auto event = reader.Next(line);
    ASSERT_TRUE(event.ok());
    if (*event == ItemReader::Event::kEnd) break;
    if (*event == ItemReader::Event::kIdle) continue;
    found.push_back(std::string(line.file) + ":" + std::to_string(line.number) +
                    (*event == ItemReader::Event::kRefused ? " refused" : ""));
    if (line.refusal) column = line.refusal->byte_offset;
  }
  EXPECT_EQ(found, (std::vector<std::string>{Name(0, 1) + ":1", later + ":2", later + ":3 refused",
                                             later + ":4 refused", Name(0, 1) + ":2"}));
  EXPECT_EQ(bad.substr(column, 1), "@") << column;
}

TEST_F(ArchiveSourceTest, PassesOverADamagedLineAndGoesOn) {
  EXPECT_EQ(Loaded({{Name(0, 1), Line(0, 0) + "{\"headrace_archive\":{\"v\n" + Line(1, 1)}}),
            (Indexes{0, 1}));
}

}  // namespace
}  // namespace headrace::intake
