#pragma once

#include <cstddef>
#include <cstdint>

namespace headrace::simulation {

// A small generator of our own, because those of the standard library may draw differently in
// another release, and a seed must mean the same run for good.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x243F6A8885A308D3u) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // Less than `end`, which is not 0.
  std::size_t Below(std::size_t end) { return static_cast<std::size_t>(Next() % end); }
  // Both ends included.
  int Between(int first, int last) {
    return first + static_cast<int>(Below(static_cast<std::size_t>(last - first) + 1));
  }
  bool Chance(int per_thousand) { return Between(0, 999) < per_thousand; }

 private:
  std::uint64_t state_;
};

}  // namespace headrace::simulation
