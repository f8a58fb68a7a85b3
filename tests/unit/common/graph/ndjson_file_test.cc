#include "common/graph/ndjson_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/archive/file_name.h"
#include "common/archive/zstd_file.h"
#include "common/graph/ndjson_writer.h"
#include "tests/fakes/graph_items.h"
#include "tests/fakes/manual_clock.h"
#include "tests/fakes/scratch_dir.h"

namespace headrace::graph {
namespace {

using testing::EpisodeItems;
using testing::GraphNamed;

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Decompressed(const std::string& path) {
  archive::Decompressor decompressor;
  const std::string in = ContentOf(path);
  std::string out(1 << 20, '\0');
  const auto step = decompressor.Run(in, out);
  EXPECT_TRUE(step.ok() && step->taken == in.size() && decompressor.at_frame_end());
  out.resize(step.ok() ? step->given : 0);
  return out;
}

class NdjsonFileTest : public ::testing::Test {
 protected:
  // A file that a process which died has left.
  std::string Left(const std::string& text) const {
    const std::string path = dir_.File(archive::PlainName(Timestamp{}, 7));
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  const testing::ScratchDir dir_;
};

TEST_F(NdjsonFileTest, CompressesWhatADeadWriterFinished) {
  const std::string path = Left("one\ntwo\nunfinis");
  EXPECT_EQ(CompressClosedFile(path), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(Decompressed(path + ".zst"), "one\ntwo\n");
}

TEST_F(NdjsonFileTest, LeavesTheFileOfALivingWriterAlone) {
  SystemError error = 0;
  auto file = NdjsonFile::Create(dir_.File(""), Timestamp{}, 1, error);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->Append("one\n"), 0);
  EXPECT_EQ(CompressClosedFile(file->path()), 0);
  EXPECT_EQ(ContentOf(file->path()), "one\n");
}

TEST_F(NdjsonFileTest, FinishesWhatDiedBetweenRenamingAndRemoving) {
  const std::string path = Left("one\n");
  std::ofstream(path + ".zst") << "complete";
  EXPECT_EQ(CompressClosedFile(path), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(ContentOf(path + ".zst"), "complete");
}

TEST_F(NdjsonFileTest, NoticesThatItsFileWasRemoved) {
  SystemError error = 0;
  auto file = NdjsonFile::Create(dir_.File(""), Timestamp{}, 1, error);
  ASSERT_TRUE(file);
  std::filesystem::remove(file->path());
  EXPECT_NE(file->Append("one\n"), 0);
  EXPECT_TRUE(file->spoilt());
}

TEST_F(NdjsonFileTest, RotatesBySizeAndNamesFilesInOrderThoughTheClockStandsStill) {
  const fakes::ManualClock clock;
  std::vector<std::string> closed;
  NdjsonWriter writer({dir_.File(""), 1}, clock, [&](std::string path) { closed.push_back(path); });
  const BatchId batch = BatchId::Random();
  for (std::uint32_t index = 0; index < 3; ++index) {
    EXPECT_FALSE(writer.Apply({1, EpisodeItems(GraphNamed("g"), batch, index, 1)}).error);
  }
  ASSERT_EQ(closed.size(), 3u);
  EXPECT_LT(closed[0], closed[1]);
  EXPECT_LT(closed[1], closed[2]);
}

TEST_F(NdjsonFileTest, NamesABadItemAndWritesTheOthers) {
  const fakes::ManualClock clock;
  std::vector<std::string> closed;
  NdjsonWriter writer({dir_.File(""), 1}, clock, [&](std::string path) { closed.push_back(path); });
  auto items = EpisodeItems(GraphNamed("g"), BatchId::Random(), 0, 3);
  items[1].payload = "{\"type\":";
  const ChunkResult result = writer.Apply({1, items});
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_EQ(result.failures[0].position, 1u);
  const std::string text = ContentOf(closed.at(0));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(NdjsonErrors, AskForWhatHelps) {
  EXPECT_EQ(NdjsonErrorOf(ENOSPC).error_class, StoreErrorClass::kThrottled);
  EXPECT_EQ(NdjsonErrorOf(EDQUOT).error_class, StoreErrorClass::kThrottled);
  EXPECT_EQ(NdjsonErrorOf(EIO).error_class, StoreErrorClass::kTransient);
  EXPECT_EQ(NdjsonErrorOf(EACCES).error_class, StoreErrorClass::kFatal);
  EXPECT_EQ(NdjsonErrorOf(EROFS).error_class, StoreErrorClass::kFatal);
}

}  // namespace
}  // namespace headrace::graph
