// Damaged inputs for decoders: the same ones in every run.
#pragma once

#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace headrace {

// Flips, inserts, removes, repeats and truncates up to four times per input.
inline std::string Mutate(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kTelling = "{}[]:,\"\\/u0dD9eE+-.ntf \x01\x80\xC3\xFF";
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (std::size_t step = below(4) + 1; step > 0; --step) {
    const std::size_t at = below(text.size() + 1);
    const char byte = below(2) == 0 ? kTelling[below(kTelling.size())]
                                    : static_cast<char>(static_cast<unsigned char>(below(256)));
    switch (below(5)) {
      case 0:
        if (at < text.size()) text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, below(8));
        break;
      case 3:
        text.insert(below(text.size() + 1), text.substr(at, below(16)));
        break;
      default:
        if (below(4) == 0) text.resize(at);
    }
  }
  return text;
}

inline void ForEachMutation(std::string_view seed, int count,
                            const std::function<void(const std::string&)>& check) {
  std::mt19937_64 random(20240615);
  for (int i = 0; i < count; ++i) check(Mutate(std::string(seed), random));
}

}  // namespace headrace
