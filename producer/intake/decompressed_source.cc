#include "producer/intake/decompressed_source.h"

#include <utility>

namespace headrace::intake {
namespace {

constexpr std::size_t kBufferBytes = 128 * 1024;

}  // namespace

DecompressedSource::DecompressedSource(std::unique_ptr<ByteSource> inner, std::string path)
    : inner_(std::move(inner)), path_(std::move(path)), buffer_(kBufferBytes) {}

Result<std::optional<std::size_t>> DecompressedSource::Read(std::span<char> room) {
  while (true) {
    const auto step = decompressor_.Run({buffer_.data() + begin_, end_ - begin_}, room);
    if (!step.ok()) return Unreadable(step.error().message);
    begin_ += step->taken;
    if (step->given > 0) return std::optional(step->given);
    if (begin_ < end_) continue;
    const auto got = inner_->Read(buffer_);
    if (!got.ok() || !got->has_value()) return got;
    if (**got == 0 && !decompressor_.at_frame_end()) return Unreadable("it ends in the middle");
    if (**got == 0) return std::optional<std::size_t>(0);
    begin_ = 0;
    end_ = **got;
  }
}

Error DecompressedSource::Unreadable(std::string_view why) const {
  return Invalid("cannot read " + path_ + ": " + std::string(why));
}

}  // namespace headrace::intake
