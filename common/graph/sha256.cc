#include "common/graph/sha256.h"

#include <openssl/sha.h>

namespace headrace::graph {

Sha256Digest Sha256(std::string_view text) {
  Sha256Digest digest;
  static_assert(digest.size() == SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string HexOf(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(text.size() * 2);
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    hex.push_back(kDigits[value >> 4]);
    hex.push_back(kDigits[value & 15]);
  }
  return hex;
}

}  // namespace headrace::graph
