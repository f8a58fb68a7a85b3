#include "common/archive/zstd_file.h"

#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <vector>

#include "common/base/check.h"

namespace headrace::archive {
namespace {

// zstd's own default: a good tenth of the size of chat text at hundreds of megabytes a second.
constexpr int kLevel = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

int WriteAll(int file, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

int WriteThrough(ZSTD_CCtx& context, ZSTD_inBuffer in, bool last, std::vector<char>& room, int to) {
  while (true) {
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(&context, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) return ENOMEM;  // the only failure that compressing has
    if (const int error = WriteAll(to, room.data(), out.pos); error != 0) return error;
    if (last ? left == 0 : in.pos == in.size) return 0;
  }
}

}  // namespace

struct Decompressor::Impl {
  std::unique_ptr<ZSTD_DCtx, FreeContext> context{ZSTD_createDCtx()};
  bool at_frame_end = true;
};

Decompressor::Decompressor() : impl_(std::make_unique<Impl>()) { CHECK(impl_->context != nullptr); }

Decompressor::~Decompressor() = default;

Result<Decompressor::Step> Decompressor::Run(std::string_view in, std::span<char> out) {
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  const std::size_t left = ZSTD_decompressStream(impl_->context.get(), &output, &input);
  if (ZSTD_isError(left) != 0) return Invalid(std::string("zstd: ") + ZSTD_getErrorName(left));
  // Without progress zstd only asks for input, which says nothing about where it stands.
  if (input.pos > 0 || output.pos > 0) impl_->at_frame_end = left == 0;
  return Step{input.pos, output.pos};
}

bool Decompressor::at_frame_end() const { return impl_->at_frame_end; }

int CompressFile(int from, int to) {
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (context == nullptr) return ENOMEM;
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::vector<char> in(ZSTD_CStreamInSize());
  std::vector<char> out(ZSTD_CStreamOutSize());
  while (true) {
    const ssize_t got = ::read(from, in.data(), in.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    const ZSTD_inBuffer input{in.data(), static_cast<std::size_t>(got), 0};
    if (const int error = WriteThrough(*context, input, got == 0, out, to); error != 0) {
      return error;
    }
    if (got == 0) return 0;
  }
}

}  // namespace headrace::archive
