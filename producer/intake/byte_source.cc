#include "producer/intake/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace headrace::intake {
namespace {

Error SystemError(const std::string& path, int error) {
  return Invalid("cannot read " + path + ": " + std::strerror(error));
}

class FileSource final : public ByteSource {
 public:
  FileSource(int fd, bool owned, std::string path, std::chrono::milliseconds idle)
      : fd_(fd), owned_(owned), path_(std::move(path)), idle_(idle) {}
  ~FileSource() override {
    if (owned_) ::close(fd_);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Result<std::optional<std::size_t>> Read(std::span<char> room) override {
    // A pipe may stay silent for hours; without the poll nobody would look at signals, deliveries
    // and the progress line meanwhile. A regular file is always ready.
    pollfd descriptor{.fd = fd_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&descriptor, 1, static_cast<int>(idle_.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return std::optional<std::size_t>();
    if (ready < 0) return SystemError(path_, errno);
    const ssize_t got = ::read(fd_, room.data(), room.size());
    if (got >= 0) return std::optional<std::size_t>(static_cast<std::size_t>(got));
    if (errno == EINTR || errno == EAGAIN) return std::optional<std::size_t>();
    return SystemError(path_, errno);
  }

 private:
  const int fd_;
  const bool owned_;  // standard input stays open: it is not ours
  const std::string path_;
  const std::chrono::milliseconds idle_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenInput(const std::string& path,
                                              std::chrono::milliseconds idle) {
  if (path == kStandardInput) {
    return std::unique_ptr<ByteSource>(
        std::make_unique<FileSource>(STDIN_FILENO, false, "standard input", idle));
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(path, errno);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(fd, true, path, idle));
}

Result<InputFacts> InspectInputs(std::span<const std::string> paths) {
  InputFacts facts;
  for (const std::string& path : paths) {
    if (path == kStandardInput) {
      facts.rereadable = false;
      continue;
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return SystemError(path, errno);
    if (S_ISDIR(info.st_mode)) {  // an archive: its files' sizes say little about its bytes
      facts.bytes_total.reset();
      continue;
    }
    if (path.ends_with(".zst")) facts.bytes_total.reset();
    if (S_ISREG(info.st_mode)) {
      if (facts.bytes_total) *facts.bytes_total += static_cast<std::uint64_t>(info.st_size);
    } else {
      facts.rereadable = false;  // a FIFO, a terminal, a process substitution
    }
  }
  if (!facts.rereadable) facts.bytes_total.reset();
  return facts;
}

}  // namespace headrace::intake
