// What common/ports/graph_store.h promises, as tests that every graph store passes. A store joins
// by instantiating both fixtures with its kind (graph_store_test.cc).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/ports/graph_store.h"
#include "tests/fakes/graph_items.h"

namespace headrace::testing {

// Where the stores of one test keep their data: empty at first, gone with the object. Every Open
// gives a store on the same data, as another process would have it.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  virtual Result<std::unique_ptr<GraphStore>> Open() = 0;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StorePlace>()> make_place;
};
// How GoogleTest shows a parameter.
void PrintTo(const StoreKind& kind, std::ostream* out);

// For every store.
class GraphStoreConformance : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override;
  std::unique_ptr<GraphStore> Open();

  const BatchId batch_ = BatchId::Random();
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<GraphStore> store_;
};

// For stores whose traits say that they keep episodes.
class KeepingStoreConformance : public GraphStoreConformance {
 protected:
  void SetUp() override;
  // All episodes, which must be there.
  std::vector<StoredEpisode> Read(const GraphKey& graph, const std::string& thread = "");
  // Fails the test unless all items were written.
  void Write(const std::vector<WriteItem>& items);
  void ExpectNotFound(const GraphKey& graph, const std::string& thread = "");
};

// Contents in the order of seq, which must count from 1 without gaps.
std::vector<std::string> ContentsInOrder(const std::vector<StoredEpisode>& episodes);

}  // namespace headrace::testing
