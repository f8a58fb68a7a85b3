#include "producer/intake/byte_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "producer/intake/rejects_file.h"

namespace headrace::intake {
namespace {

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "headrace-intake-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(dir_); }

  std::string Path(const std::string& name) const { return dir_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }

  std::string dir_;
};

using ByteSourceTest = FilesTest;
using RejectsFileTest = FilesTest;

TEST_F(ByteSourceTest, ReadsAFileToItsEnd) {
  auto source = OpenInput(Write("a", "hello"), std::chrono::milliseconds(10));
  ASSERT_TRUE(source.ok());
  std::array<char, 3> room{};
  EXPECT_EQ((*source)->Read(room)->value(), 3u);
  EXPECT_EQ((*source)->Read(room)->value(), 2u);
  EXPECT_EQ((*source)->Read(room)->value(), 0u);
}

TEST_F(ByteSourceTest, NamesAFileThatIsNotThere) {
  const auto source = OpenInput(Path("gone"), std::chrono::milliseconds(10));
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().message, "cannot read " + Path("gone") + ": No such file or directory");
}

TEST_F(ByteSourceTest, ASilentPipeDoesNotBlock) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  // Held open for writing as well, so that opening does not wait and reading finds no end.
  std::fstream keep(Path("pipe"), std::ios::in | std::ios::out);
  auto source = OpenInput(Path("pipe"), std::chrono::milliseconds(1));
  ASSERT_TRUE(source.ok());
  std::array<char, 8> room{};
  const auto got = (*source)->Read(room);
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(got->has_value());
}

TEST_F(ByteSourceTest, TellsFilesFromPipes) {
  const std::vector<std::string> files{Write("a", "12345"), Write("b", "678")};
  const Result<InputFacts> facts = InspectInputs(files);
  ASSERT_TRUE(facts.ok());
  EXPECT_TRUE(facts->rereadable);
  EXPECT_EQ(facts->bytes_total, 8u);
  EXPECT_FALSE(InspectInputs(std::vector<std::string>{files[0], "-"})->rereadable);
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(InspectInputs(std::vector<std::string>{Path("pipe")})->rereadable);
  const auto archive = InspectInputs(std::vector<std::string>{dir_});
  ASSERT_TRUE(archive.ok());
  EXPECT_TRUE(archive->rereadable);
  EXPECT_FALSE(archive->bytes_total);
  EXPECT_FALSE(InspectInputs(std::vector<std::string>{Path("gone")}).ok());
}

TEST_F(RejectsFileTest, KeepsLinesAsTheyWere) {
  Result<RejectsFile> file = RejectsFile::Create(Path("rejects"));
  ASSERT_TRUE(file.ok());
  file->Write("one\r", true);
  file->Write("tw", false);
  file->Write("o", true);
  ASSERT_TRUE(file->Close().ok());
  std::ostringstream text;
  text << std::ifstream(Path("rejects")).rdbuf();
  EXPECT_EQ(text.str(), "one\r\ntwo\n");
}

TEST_F(RejectsFileTest, SaysWhenNotEverythingCouldBeWritten) {
  EXPECT_FALSE(RejectsFile::Create(Path("no/such/folder")).ok());
  Result<RejectsFile> full = RejectsFile::Create("/dev/full");
  ASSERT_TRUE(full.ok());
  full->Write("one", true);
  EXPECT_FALSE(full->Close().ok());
}

}  // namespace
}  // namespace headrace::intake
