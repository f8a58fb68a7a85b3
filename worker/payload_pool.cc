#include "worker/payload_pool.h"

#include <utility>

namespace headrace::worker {
namespace {

constexpr std::size_t kBufferBytesMin = 64;
constexpr std::size_t kBufferBytesMax = 8u << 10;
constexpr std::size_t kSpareBytesMax = 16u << 20;

}  // namespace

std::string PayloadPool::Copy(std::string_view payload) {
  if (spare_.empty() || payload.size() > kBufferBytesMax) return std::string(payload);
  std::string buffer = std::move(spare_.back());
  spare_.pop_back();
  spare_bytes_ -= buffer.capacity();
  buffer.assign(payload);
  return buffer;
}

void PayloadPool::Give(std::string&& spent) {
  const std::size_t bytes = spent.capacity();
  if (bytes < kBufferBytesMin || bytes > kBufferBytesMax) return;
  if (spare_bytes_ + bytes > kSpareBytesMax) return;
  spare_bytes_ += bytes;
  spare_.push_back(std::move(spent));
}

}  // namespace headrace::worker
