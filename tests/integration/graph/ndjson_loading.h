// What tests of the NDJSON store read back as a load does.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "producer/intake/input_plan.h"
#include "producer/intake/item_reader.h"
#include "tests/fakes/graph_items.h"

namespace headrace::graph {

// Indexes of the archive's items, in the order of loading.
inline std::vector<std::uint32_t> LoadedIndexes(const std::string& directory) {
  const std::vector<std::string> paths{directory};
  auto plan = intake::PlanInputs(paths);
  EXPECT_TRUE(plan.ok());
  intake::ItemReader reader(
      {.paths = plan->paths, .project = testing::GraphNamed("g").project, .limits = {}},
      intake::OpenPlanned(*plan, std::chrono::milliseconds(10), ItemLimits().record_bytes_max));
  std::vector<std::uint32_t> indexes;
  intake::ItemLine line;
  while (true) {
    const auto event = reader.Next(line);
    EXPECT_TRUE(event.ok()) << event.error().message;
    if (!event.ok() || *event == intake::ItemReader::Event::kEnd) return indexes;
    EXPECT_NE(*event, intake::ItemReader::Event::kRefused);
    if (*event == intake::ItemReader::Event::kItem) indexes.push_back(line.archived->ref.index);
  }
}

// Whether they are those from 0 to below `count`, in order.
inline void ExpectAllInOrder(const std::vector<std::uint32_t>& indexes, std::size_t count) {
  ASSERT_EQ(indexes.size(), count);
  for (std::size_t at = 0; at < count; ++at) ASSERT_EQ(indexes[at], at);
}

}  // namespace headrace::graph
