// Buffers of payloads that were spent, for those to come.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace headrace::worker {

// A payload of usual size is larger than what malloc hands out quickly. Owned by the loop thread.
class PayloadPool {
 public:
  std::string Copy(std::string_view payload);
  // Keeps the buffer unless it is large or enough are kept.
  void Give(std::string&& spent);

 private:
  std::vector<std::string> spare_;
  std::size_t spare_bytes_ = 0;
};

}  // namespace headrace::worker
