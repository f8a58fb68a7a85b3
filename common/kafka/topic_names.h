// The names of Headrace's topics and consumer groups, spelled once.
#pragma once

#include <string>

namespace headrace::kafka {

// All topics share a prefix (setting topic.prefix, default "headrace.").
struct TopicNames {
  explicit TopicNames(const std::string& prefix);

  std::string staging;
  std::string items_batch;
  std::string items_realtime;
  std::string outcomes;
  std::string journal;
  std::string dead_letters;
};

// Groups share the prefix too, so that two installations on one cluster stay apart.
struct GroupNames {
  explicit GroupNames(const std::string& prefix);

  std::string worker_batch;
  std::string worker_realtime;
  std::string accounting;
};

}  // namespace headrace::kafka
