#include "common/model/murmur2.h"

#include <cstring>

namespace headrace {
namespace {

std::uint32_t Murmur2(std::string_view data) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr std::uint32_t kSeed = 0x9747b28c;
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(data.size());
  std::size_t i = 0;
  for (; i + 4 <= data.size(); i += 4) {
    std::uint32_t k = 0;
    std::memcpy(&k, data.data() + i, 4);  // little endian, as the algorithm reads it
    k *= kMultiplier;
    k ^= k >> 24;
    hash = (hash * kMultiplier) ^ (k * kMultiplier);
  }
  std::uint32_t tail = 0;
  for (std::size_t shift = 0; i < data.size(); ++i, shift += 8) {
    tail |= std::uint32_t{static_cast<unsigned char>(data[i])} << shift;
  }
  if (data.size() % 4 != 0) hash = (hash ^ tail) * kMultiplier;
  hash = (hash ^ (hash >> 13)) * kMultiplier;
  return hash ^ (hash >> 15);
}

}  // namespace

std::int32_t PartitionOf(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>((Murmur2(key) & 0x7fffffffu) %
                                   static_cast<std::uint32_t>(partitions));
}

}  // namespace headrace
