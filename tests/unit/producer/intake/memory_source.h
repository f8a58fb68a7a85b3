// A byte source for tests: hands out prepared chunks, silences and failures.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "producer/intake/byte_source.h"

namespace headrace::intake {

class MemorySource final : public ByteSource {
 public:
  // An empty chunk is a silence.
  explicit MemorySource(std::vector<std::string> chunks, std::optional<Error> failure = {})
      : chunks_(chunks.begin(), chunks.end()), failure_(std::move(failure)) {}

  Result<std::optional<std::size_t>> Read(std::span<char> room) override {
    if (chunks_.empty()) {
      if (failure_) return *failure_;
      return std::optional<std::size_t>(0);
    }
    std::string& chunk = chunks_.front();
    const std::size_t count = std::min(room.size(), chunk.size());
    std::memcpy(room.data(), chunk.data(), count);
    chunk.erase(0, count);
    if (chunk.empty()) chunks_.pop_front();
    return count == 0 ? std::optional<std::size_t>() : std::optional<std::size_t>(count);
  }

 private:
  std::deque<std::string> chunks_;
  std::optional<Error> failure_;
};

// Files by name, read in one piece.
inline OpenSource OpenFrom(std::map<std::string, std::string> files) {
  return
      [files = std::move(files)](const std::string& path) -> Result<std::unique_ptr<ByteSource>> {
        const auto found = files.find(path);
        if (found == files.end()) return Invalid("cannot read " + path);
        std::vector<std::string> chunks;
        if (!found->second.empty()) chunks.push_back(found->second);
        return std::unique_ptr<ByteSource>(std::make_unique<MemorySource>(std::move(chunks)));
      };
}

}  // namespace headrace::intake
