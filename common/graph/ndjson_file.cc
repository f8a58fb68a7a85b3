#include "common/graph/ndjson_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/archive/file_name.h"
#include "common/archive/zstd_file.h"

namespace headrace::graph {
namespace {

constexpr mode_t kMode = 0640;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

SystemError ErrorIf(bool failed) { return failed ? errno : 0; }

SystemError WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// One past the last newline: what a writer that died had finished, counted in lines.
SystemError EndOfLastLine(int fd, off_t size, off_t& end) {
  std::array<char, 64 * 1024> room{};
  for (end = size; end > 0;) {
    const off_t from = std::max<off_t>(0, end - static_cast<off_t>(room.size()));
    const ssize_t got = ::pread(fd, room.data(), static_cast<std::size_t>(end - from), from);
    if (got != end - from) return got < 0 ? errno : EIO;
    for (ssize_t at = got; at > 0; --at, --end) {
      if (room[static_cast<std::size_t>(at - 1)] == '\n') return 0;
    }
  }
  return 0;
}

SystemError CutUnfinishedLine(int fd, off_t size) {
  off_t end = 0;
  if (const SystemError error = EndOfLastLine(fd, size, end); error != 0) return error;
  return end == size ? 0 : ErrorIf(::ftruncate(fd, end) != 0);
}

std::string DirectoryOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

// A plain file whose compressed form is complete has only its removal to come.
SystemError Compress(int from, const std::string& path) {
  const std::string done = path + std::string(archive::kCompressedEnding);
  if (::access(done.c_str(), F_OK) == 0) return 0;
  const std::string unfinished = done + ".unfinished";
  const Descriptor to(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!to.ok()) return errno;
  SystemError error = archive::CompressFile(from, to.get());
  if (error == 0) error = ErrorIf(::fsync(to.get()) != 0);
  if (error == 0) error = ErrorIf(::rename(unfinished.c_str(), done.c_str()) != 0);
  if (error != 0) ::unlink(unfinished.c_str());
  return error != 0 ? error : SyncDirectory(DirectoryOf(path));
}

}  // namespace

std::unique_ptr<NdjsonFile> NdjsonFile::Create(const std::string& directory, Timestamp begun_at,
                                               std::uint32_t writer, SystemError& error) {
  std::string path = directory + "/" + archive::PlainName(begun_at, writer);
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, kMode));
  error = ErrorIf(!file.ok());
  // Waits at most for a process that looks at the file, finds it empty and lets go of it.
  if (error == 0) error = ErrorIf(::flock(file.get(), LOCK_EX) != 0);
  if (error == 0) error = SyncDirectory(directory);
  if (error != 0) {
    if (file.ok()) ::unlink(path.c_str());
    return nullptr;
  }
  return std::unique_ptr<NdjsonFile>(new NdjsonFile(file.Release(), std::move(path)));
}

NdjsonFile::~NdjsonFile() { ::close(fd_); }

SystemError NdjsonFile::Append(std::string_view lines) {
  if (const SystemError error = WriteAll(fd_, lines); error != 0) {
    // Not to leave half a chunk behind: what comes next would stand in its unfinished line.
    spoilt_ = ::ftruncate(fd_, static_cast<off_t>(size_)) != 0;
    return error;
  }
  // After a failed fsync the kernel may have dropped the pages and forgotten the error: the same
  // file can never be trusted again. Lines of the chunk that are there anyhow do no harm, because
  // the chunk comes again and reading passes over what it has read.
  SystemError error = ErrorIf(::fdatasync(fd_) != 0);
  struct stat info {};
  if (error == 0) error = ErrorIf(::fstat(fd_, &info) != 0);
  // Somebody removed the file: what is written into it is gone with our descriptor.
  if (error == 0 && info.st_nlink == 0) error = ESTALE;
  spoilt_ = error != 0;
  if (!spoilt_) size_ += lines.size();
  return error;
}

void NdjsonFile::RemoveIfEmpty() {
  if (size_ == 0) ::unlink(path_.c_str());
}

SystemError SyncDirectory(const std::string& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return ErrorIf(!opened.ok() || ::fsync(opened.get()) != 0);
}

SystemError CompressClosedFile(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.ok()) return errno == ENOENT ? 0 : errno;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? 0 : errno;
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return errno;
  if (info.st_nlink == 0 || info.st_size == 0) return 0;
  SystemError error = CutUnfinishedLine(file.get(), info.st_size);
  if (error == 0) error = Compress(file.get(), path);
  if (error == 0) error = ErrorIf(::unlink(path.c_str()) != 0);
  return error != 0 ? error : SyncDirectory(DirectoryOf(path));
}

}  // namespace headrace::graph
