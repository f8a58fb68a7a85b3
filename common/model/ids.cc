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

// The value of a hexadecimal digit by its character; kNoDigit for every other. A worker parses an
// id of every record.
constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kDigitValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t digit = 0; digit < 16; ++digit) {
    values[static_cast<unsigned char>(kHex[digit])] = digit;
    if (digit >= 10) values[static_cast<unsigned char>('A' + digit - 10)] = digit;
  }
  return values;
}();

std::uint8_t DigitValue(char c) { return kDigitValues[static_cast<unsigned char>(c)]; }

// Where the two digits of each byte stand in the text.
constexpr std::array<std::size_t, 16> kBytePlaces{0,  2,  4,  6,  9,  11, 14, 16,
                                                  19, 21, 24, 26, 28, 30, 32, 34};

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
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) {
    if (text[dash] != '-') return std::nullopt;
  }
  std::array<std::uint8_t, 16> bytes{};
  std::uint8_t all = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t high = DigitValue(text[kBytePlaces[i]]);
    const std::uint8_t low = DigitValue(text[kBytePlaces[i] + 1]);
    all = static_cast<std::uint8_t>(all | high | low);
    bytes[i] = static_cast<std::uint8_t>((high << 4) | low);
  }
  if (all > 15) return std::nullopt;
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
