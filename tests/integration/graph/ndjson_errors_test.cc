// A disk that is full and one that is read-only, provoked for real.
#include <filesystem>

#include "common/graph/make_store.h"
#include "tests/fakes/collecting_sink.h"
#include "tests/integration/graph/ndjson_loading.h"
#include "tests/support/small_disk.h"

namespace headrace::graph {
namespace {

using support::SmallDisk;
using testing::EpisodeItem;
using testing::GraphNamed;

constexpr std::uint32_t kChunk = 20;

class NdjsonErrors : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk_.mounted()) << "this test mounts a small tmpfs and needs to be root";
  }

  std::unique_ptr<GraphStore> Open(const std::string& query) const {
    auto store = OpenGraphStore("ndjson:" + archive_ + query);
    EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message);
    return store.ok() ? *std::move(store) : nullptr;
  }

  std::optional<StoreError> Write(GraphStore& store, std::uint32_t first) const {
    std::vector<WriteItem> items;
    for (std::uint32_t index = first; index < first + kChunk; ++index) {
      items.push_back(EpisodeItem(GraphNamed("g"), batch_, index, std::string(1'500, 'x')));
    }
    testing::CollectingSink sink;
    store.Submit({1, std::move(items)}, sink);
    return sink.Take(1)[0].result.error;
  }

  const SmallDisk disk_;
  const std::string archive_ = disk_.path() + "/archive";
  const BatchId batch_ = BatchId::Random();
};

// A chunk that did not fit leaves nothing behind, not even half a line.
TEST_F(NdjsonErrors, AFullDiskThrottlesAndNothingIsLost) {
  auto store = Open("");
  ASSERT_TRUE(store);
  std::uint32_t next = 0;
  std::optional<StoreError> error;
  while (!(error = Write(*store, next)) && next < 100'000) next += kChunk;
  ASSERT_TRUE(error);
  EXPECT_GT(next, 1'000u);
  EXPECT_EQ(error->error_class, StoreErrorClass::kThrottled);
  EXPECT_EQ(error->code, "ndjson_full") << error->message;
  EXPECT_TRUE(error->retry_after);
  ExpectAllInOrder(LoadedIndexes(archive_), next);

  ASSERT_TRUE(disk_.Grow());
  EXPECT_FALSE(Write(*store, next));
  store->Stop();
  ExpectAllInOrder(LoadedIndexes(archive_), next + kChunk);
}

// The file is closed although there is no room for its compressed form, and compressed when there
// is.
TEST_F(NdjsonErrors, AFullDiskDoesNotLoseAFileThatIsBeingCompressed) {
  const std::string ballast = disk_.path() + "/ballast";
  std::uint32_t next = 0;
  {
    auto store = Open("");
    ASSERT_TRUE(store);
    ASSERT_FALSE(Write(*store, next));
    next += kChunk;
    FILE* const file = std::fopen(ballast.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::setvbuf(file, nullptr, _IONBF, 0);
    while (std::fwrite("0123456789abcdef", 16, 1, file) == 1) continue;
    std::fclose(file);
  }
  const auto is_compressed = [this] {
    std::size_t compressed = 0;
    for (const auto& entry : std::filesystem::directory_iterator(archive_)) {
      EXPECT_NE(entry.path().extension(), ".unfinished");
      if (entry.path().extension() == ".zst") ++compressed;
    }
    return compressed == 1;
  };
  EXPECT_FALSE(is_compressed());
  ExpectAllInOrder(LoadedIndexes(archive_), next);
  std::filesystem::remove(ballast);
  { ASSERT_TRUE(Open("")); }
  EXPECT_TRUE(is_compressed());
  ExpectAllInOrder(LoadedIndexes(archive_), next);
}

TEST_F(NdjsonErrors, AReadOnlyDirectoryIsRefusedAtStartAndFatalLater) {
  auto store = Open("");
  ASSERT_TRUE(store);
  ASSERT_TRUE(disk_.MakeReadOnly());
  const auto error = Write(*store, 0);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_class, StoreErrorClass::kFatal);
  EXPECT_EQ(error->code, "ndjson_permission") << error->message;
  EXPECT_EQ(store->Erase(GraphNamed("g"), 1).error().code, ErrorCode::kPermanent);
  const auto refused = OpenGraphStore("ndjson:" + archive_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_NE(refused.error().message.find("Read-only"), std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(OpenGraphStore("ndjson:" + disk_.path() + "/another").ok());

  ASSERT_TRUE(disk_.MakeWritable());
  EXPECT_FALSE(Write(*store, 0));
  store->Stop();
  ExpectAllInOrder(LoadedIndexes(archive_), kChunk);
}

TEST_F(NdjsonErrors, ADirectoryThatIsTakenAwayIsFatal) {
  auto store = Open("?rotate-bytes=4KiB");
  ASSERT_TRUE(store);
  ASSERT_FALSE(Write(*store, 0));
  std::filesystem::rename(archive_, disk_.path() + "/elsewhere");
  const auto error = Write(*store, kChunk);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error_class, StoreErrorClass::kFatal);
  EXPECT_EQ(error->code, "ndjson_no_directory") << error->message;
}

}  // namespace
}  // namespace headrace::graph
