#include "common/config/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace headrace::config {

Result<std::string> ReadTextFile(const std::string& path) {
  std::error_code error;
  // A directory opens like a file and only fails on reading, without a reason.
  if (std::filesystem::is_directory(path, error)) return Invalid("is a directory");
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return Invalid(std::strerror(errno));
  std::ostringstream text;
  // Streaming an empty file sets failbit on `text`, which is no failure to read.
  text << file.rdbuf();
  if (file.bad() || text.bad()) return Invalid("reading failed");
  return text.str();
}

}  // namespace headrace::config
