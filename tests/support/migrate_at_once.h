// Several who bring one store's tables up to date at the same moment.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/graph/make_store.h"

namespace headrace::support {

// What all of them together say that they have done. All must succeed.
inline std::vector<std::string> MigrateAtOnce(const std::string& url, std::size_t count) {
  std::vector<std::vector<std::string>> said(count);
  std::vector<std::jthread> all;
  for (auto& steps : said) {
    all.emplace_back([&steps, &url] {
      auto migrated = graph::MigrateStore(url, /*dry_run=*/false);
      EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
      if (migrated.ok()) steps = migrated->steps;
    });
  }
  all.clear();
  std::vector<std::string> joined;
  for (const auto& steps : said) joined.insert(joined.end(), steps.begin(), steps.end());
  std::sort(joined.begin(), joined.end());
  return joined;
}

}  // namespace headrace::support
