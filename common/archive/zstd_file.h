// zstd behind two doors: compressing a file, and reading a compressed stream.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headrace::archive {

// Appends a stream of zstd frames' content; one thread.
class Decompressor {
 public:
  Decompressor();
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  struct Step {
    std::size_t taken = 0;  // of `in`
    std::size_t given = 0;  // at the start of `out`
  };
  // kInvalid for bytes that are no zstd or are damaged (frames carry a checksum).
  Result<Step> Run(std::string_view in, std::span<char> out);
  // False in the middle of a frame: an input that ends here was cut.
  bool at_frame_end() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Compresses everything that is left to read of `from` into `to`, with a checksum. Answers 0 or the
// system's error number.
int CompressFile(int from, int to);

}  // namespace headrace::archive
