// The names of an archive's files: `20261121T140000.123456Z-1a2b3c4d.ndjson`, and `.zst` behind
// that once the file is closed and compressed. They sort by the time at which they were begun; the
// second part is of the process that writes, so that processes never meet in a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"

namespace headrace::archive {

inline constexpr std::string_view kCompressedEnding = ".zst";

struct FileName {
  Timestamp begun_at{};  // not later than its first line
  std::string plain;     // without directory and without .zst
  bool compressed = false;
};

std::string PlainName(Timestamp begun_at, std::uint32_t writer);
// Of a path's last part. Empty for every other file.
std::optional<FileName> ParseFileName(std::string_view path);

// The paths of a directory's archive files, oldest first; of a file that is there plain and
// compressed, the compressed one alone. kInvalid when the directory cannot be read.
Result<std::vector<std::string>> ListArchive(const std::string& directory);

}  // namespace headrace::archive
