#include "common/graph/postgres_arrays.h"

#include <algorithm>
#include <array>
#include <utility>

namespace headrace::graph {
namespace {

// PostgreSQL counts from 2000-01-01.
constexpr std::int64_t kEpochMicros = 946'684'800'000'000;
constexpr std::size_t kNumberBytes = 4;
constexpr std::size_t kHeaderBytes = 5 * kNumberBytes;

void AppendBigEndian(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t left = bytes; left > 0; --left) {
    out += static_cast<char>((number >> (8 * (left - 1))) & 0xff);
  }
}

}  // namespace

std::uint32_t ArrayTypeOf(PostgresType element) {
  switch (element) {
    case PostgresType::kBool:
      return 1000;
    case PostgresType::kBytes:
      return 1001;
    case PostgresType::kInt8:
      return 1016;
    case PostgresType::kInt4:
      return 1007;
    case PostgresType::kText:
      return 1009;
    case PostgresType::kTime:
      return 1185;
    case PostgresType::kUuid:
      return 2951;
  }
  return 0;
}

PostgresValue TextValue(std::string_view text) {
  return {static_cast<std::uint32_t>(PostgresType::kText), std::string(text)};
}

PostgresValue Int8Value(std::int64_t number) {
  PostgresValue value{static_cast<std::uint32_t>(PostgresType::kInt8), {}};
  AppendBigEndian(value.bytes, static_cast<std::uint64_t>(number), 8);
  return value;
}

void PostgresArray::Add(std::string_view text) {
  AddLength(text.size());
  elements_ += text;
}

void PostgresArray::AddInt4(std::int32_t number) {
  AddNumber(static_cast<std::uint32_t>(number), 4);
}

void PostgresArray::AddInt8(std::int64_t number) {
  AddNumber(static_cast<std::uint64_t>(number), 8);
}

void PostgresArray::AddBool(bool value) { AddNumber(value ? 1 : 0, 1); }

void PostgresArray::AddTime(Timestamp time) {
  AddInt8(time.time_since_epoch().count() - kEpochMicros);
}

void PostgresArray::AddUuid(const Uuid& uuid) {
  AddLength(uuid.bytes().size());
  for (const std::uint8_t byte : uuid.bytes()) elements_ += static_cast<char>(byte);
}

void PostgresArray::AddNull() {
  AppendBigEndian(elements_, 0xffffffff, kNumberBytes);
  has_null_ = true;
  ++size_;
}

void PostgresArray::AddNumber(std::uint64_t number, std::size_t bytes) {
  AddLength(bytes);
  AppendBigEndian(elements_, number, bytes);
}

void PostgresArray::AddLength(std::size_t length) {
  AppendBigEndian(elements_, length, kNumberBytes);
  ++size_;
}

// Dimensions, whether there are nulls, the elements' type, and of the one dimension its length and
// first index. An array without elements has no dimension.
PostgresValue PostgresArray::Take() {
  PostgresValue value{ArrayTypeOf(element_), {}};
  value.bytes.reserve(kHeaderBytes + elements_.size());
  AppendBigEndian(value.bytes, size_ > 0 ? 1 : 0, kNumberBytes);
  AppendBigEndian(value.bytes, has_null_ ? 1 : 0, kNumberBytes);
  AppendBigEndian(value.bytes, static_cast<std::uint32_t>(element_), kNumberBytes);
  if (size_ > 0) {
    AppendBigEndian(value.bytes, size_, kNumberBytes);
    AppendBigEndian(value.bytes, 1, kNumberBytes);
    value.bytes += elements_;
  }
  elements_.clear();
  size_ = 0;
  has_null_ = false;
  return value;
}

std::int64_t ReadInteger(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > 8) return 0;
  // The first bit is the sign.
  std::uint64_t number = (bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) number = (number << 8) | static_cast<std::uint8_t>(byte);
  return static_cast<std::int64_t>(number);
}

Timestamp ReadTime(std::string_view bytes) {
  return Timestamp(std::chrono::microseconds(ReadInteger(bytes) + kEpochMicros));
}

std::optional<Uuid> ReadUuid(std::string_view bytes) {
  std::array<std::uint8_t, 16> raw{};
  if (bytes.size() != raw.size()) return std::nullopt;
  std::transform(bytes.begin(), bytes.end(), raw.begin(),
                 [](char byte) { return static_cast<std::uint8_t>(byte); });
  return Uuid(raw);
}

std::vector<std::int32_t> ReadInt4Array(std::string_view bytes) {
  constexpr std::size_t kElementBytes = 2 * kNumberBytes;  // length and number
  std::vector<std::int32_t> numbers;
  if (bytes.size() < kHeaderBytes) return numbers;
  bytes.remove_prefix(kHeaderBytes);
  for (; bytes.size() >= kElementBytes; bytes.remove_prefix(kElementBytes)) {
    numbers.push_back(
        static_cast<std::int32_t>(ReadInteger(bytes.substr(kNumberBytes, kNumberBytes))));
  }
  return numbers;
}

}  // namespace headrace::graph
