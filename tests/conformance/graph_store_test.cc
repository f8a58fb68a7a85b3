#include <utility>

#include "common/graph/make_store.h"
#include "common/graph/ndjson_store.h"
#include "tests/conformance/graph_store_suite.h"
#include "tests/fakes/scratch_dir.h"

namespace headrace::testing {
namespace {

class FilePlace final : public StorePlace {
 public:
  explicit FilePlace(std::string query) : query_(std::move(query)) {}
  Result<std::unique_ptr<GraphStore>> Open() override {
    return graph::OpenGraphStore("sqlite:" + dir_.File("graph.db") + query_);
  }

 private:
  const ScratchDir dir_;
  const std::string query_;
};

class DirectoryPlace final : public StorePlace {
 public:
  Result<std::unique_ptr<GraphStore>> Open() override {
    // More files than a URL may ask for.
    auto store = graph::NdjsonStore::Open({.directory = dir_.File("archive"), .rotate_bytes = 400});
    if (!store.ok()) return std::move(store).error();
    return std::unique_ptr<GraphStore>(*std::move(store));
  }

 private:
  const ScratchDir dir_;
};

class NowhereAtAll final : public StorePlace {
 public:
  explicit NowhereAtAll(std::string url) : url_(std::move(url)) {}
  Result<std::unique_ptr<GraphStore>> Open() override { return graph::OpenGraphStore(url_); }

 private:
  const std::string url_;
};

StoreKind SqliteKind(std::string name, std::string query) {
  return {std::move(name),
          [query = std::move(query)] { return std::make_unique<FilePlace>(query); }};
}

StoreKind NullKind(std::string name, std::string url) {
  return {std::move(name), [url = std::move(url)] { return std::make_unique<NowhereAtAll>(url); }};
}

const std::vector<StoreKind> kKeepingKinds = {
    SqliteKind("Sqlite", ""),
    SqliteKind("DelayedSqlite", "?delay=1ms"),
    SqliteKind("FailingSqlite", "?fail-on=no%20test%20writes%20this"),
};
const std::vector<StoreKind> kForgettingKinds = {
    NullKind("Null", "null:"),
    NullKind("DelayedNull", "null:?delay=1ms"),
    {"Ndjson", [] { return std::make_unique<DirectoryPlace>(); }},
};

std::string NameOf(const ::testing::TestParamInfo<StoreKind>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Keeping, GraphStoreConformance, ::testing::ValuesIn(kKeepingKinds),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Forgetting, GraphStoreConformance, ::testing::ValuesIn(kForgettingKinds),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Keeping, KeepingStoreConformance, ::testing::ValuesIn(kKeepingKinds),
                         NameOf);

TEST(NullStore, SaysThatItKeepsNothing) {
  auto store = graph::OpenGraphStore("null:");
  ASSERT_TRUE(store.ok());
  EXPECT_FALSE((*store)->traits().keeps_episodes);
}

}  // namespace
}  // namespace headrace::testing
