#include "producer/intake/rejects_file.h"

#include <cerrno>
#include <cstring>

namespace headrace::intake {

Result<RejectsFile> RejectsFile::Create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return Invalid("cannot write " + path + ": " + std::strerror(errno));
  return RejectsFile(path, file);
}

void RejectsFile::Write(std::string_view raw, bool complete) {
  std::fwrite(raw.data(), 1, raw.size(), file_.get());
  if (complete) std::fputc('\n', file_.get());
}

Status RejectsFile::Close() {
  // The stream remembers an earlier failure, but not its reason.
  const bool failed_before = std::ferror(file_.get()) != 0;
  const bool failed_now = std::fclose(file_.release()) != 0;
  if (failed_before || failed_now) {
    return Permanent("not all refused lines could be written to " + path_ +
                     (failed_now ? std::string(": ") + std::strerror(errno) : std::string()));
  }
  return {};
}

}  // namespace headrace::intake
