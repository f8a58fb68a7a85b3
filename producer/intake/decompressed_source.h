// The content of a compressed input.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/archive/zstd_file.h"
#include "producer/intake/byte_source.h"

namespace headrace::intake {

// One thread. kInvalid, with the path, when the input is damaged or ends in the middle.
class DecompressedSource final : public ByteSource {
 public:
  DecompressedSource(std::unique_ptr<ByteSource> inner, std::string path);

  Result<std::optional<std::size_t>> Read(std::span<char> room) override;

 private:
  Error Unreadable(std::string_view why) const;

  const std::unique_ptr<ByteSource> inner_;
  const std::string path_;
  archive::Decompressor decompressor_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was read and not yet decompressed
  std::size_t end_ = 0;
};

}  // namespace headrace::intake
