// Buffers of payloads and keys that were spent, for those to come.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/graph_key.h"

namespace headrace::worker {

// A payload of usual size is larger than what malloc hands out quickly. Owned by the loop thread.
class PayloadPool {
 public:
  std::string Copy(std::string_view payload);
  // Keeps the buffer unless it is large or enough are kept.
  void Give(std::string&& spent);
  // A key to be overwritten, as a rule with room for what people use as ids.
  GraphKey TakeKey();
  void Give(GraphKey&& spent);

 private:
  std::vector<std::string> spare_;
  std::size_t spare_bytes_ = 0;
  std::vector<GraphKey> spare_keys_;
};

}  // namespace headrace::worker
