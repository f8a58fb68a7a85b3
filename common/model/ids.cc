#include "common/model/ids.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

#include "common/base/check.h"

namespace headrace {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// The namespace of every version 5 id: drawn once at random and frozen. Another value would give
// every upstream episode another identity, so that re-sent records were stored twice.
constexpr std::array<std::uint8_t, 16> kNamespace{0x6b, 0x1f, 0x0c, 0x52, 0x8d, 0x37, 0x4e, 0x94,
                                                  0xa3, 0x5e, 0xd2, 0x71, 0x90, 0x4b, 0xe8, 0x1d};

void SetVersion(std::array<std::uint8_t, 16>& bytes, std::uint8_t version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsDashPlace(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

void AppendLength(std::string& out, std::size_t length) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((std::uint64_t{length} >> shift) & 0xFF));
  }
}

}  // namespace

Uuid Uuid::Random() {
  std::array<std::uint8_t, 16> bytes{};
  // Without randomness ids could collide, and a collision mixes two batches.
  CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  SetVersion(bytes, 4);
  return Uuid(bytes);
}

Uuid Uuid::FromParts(std::initializer_list<std::string_view> parts) {
  std::string name(reinterpret_cast<const char*>(kNamespace.data()), kNamespace.size());
  for (const std::string_view part : parts) {
    AppendLength(name, part.size());
    name.append(part);
  }
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  CHECK(EVP_Digest(name.data(), name.size(), digest.data(), &length, EVP_sha1(), nullptr) == 1);
  CHECK(length >= 16);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), digest.data(), bytes.size());
  SetVersion(bytes, 5);
  return Uuid(bytes);
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t byte = 0;
  for (std::size_t i = 0; i < kTextLength;) {
    if (IsDashPlace(i)) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[byte++] = static_cast<std::uint8_t>(high * 16 + low);
    i += 2;
  }
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(kTextLength);
  for (const std::uint8_t byte : bytes_) {
    if (IsDashPlace(text.size())) text.push_back('-');
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

std::uint32_t Uuid::low32() const {
  std::uint32_t value = 0;
  for (std::size_t i = 12; i < 16; ++i) value = (value << 8) | bytes_[i];
  return value;
}

Uuid Uuid::WithLow32(std::uint32_t value) const {
  Uuid changed = *this;
  for (std::size_t i = 0; i < 4; ++i) {
    changed.bytes_[15 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  return changed;
}

std::optional<BatchId> BatchId::Parse(std::string_view text) {
  const auto uuid = Uuid::Parse(text);
  if (!uuid || uuid->low32() != 0) return std::nullopt;
  return BatchId(*uuid);
}

std::size_t UuidHash::operator()(const Uuid& uuid) const {
  // The bytes are random or a digest in both halves except for the low 32 bits, which count.
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, uuid.bytes().data(), sizeof(high));
  std::memcpy(&low, uuid.bytes().data() + sizeof(high), sizeof(low));
  return static_cast<std::size_t>(high ^ (low * 0x9E3779B97F4A7C15ull));
}

}  // namespace headrace
