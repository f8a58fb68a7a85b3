// Identifiers. A batch id is a random UUID whose low 32 bits are zero; item i of the batch has the
// same UUID with low 32 bits i + 1. So an item id names its batch and index without a look-up.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace headrace {

class Uuid {
 public:
  static constexpr std::size_t kTextLength = 36;

  constexpr Uuid() = default;
  explicit constexpr Uuid(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}
  static Uuid Random();  // version 4
  // Version 5 over a canonical tuple: each part is preceded by its length, so that ("a", "bc") and
  // ("ab", "c") differ. One frozen namespace serves all of Headrace.
  static Uuid FromParts(std::initializer_list<std::string_view> parts);
  // The 36-character form, either case. Nothing else is taken.
  static std::optional<Uuid> Parse(std::string_view text);

  std::string ToString() const;  // lower case
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::uint32_t low32() const;
  Uuid WithLow32(std::uint32_t value) const;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

class BatchId {
 public:
  // 2^32 - 2 items: index + 1 must fit into 32 bits.
  static constexpr std::uint32_t kItemsMax = 0xFFFFFFFE;

  BatchId() = default;
  static BatchId Random() { return BatchId(Uuid::Random().WithLow32(0)); }
  // The batch that `uuid` (a batch id or one of its items' ids) belongs to.
  static BatchId Of(const Uuid& uuid) { return BatchId(uuid.WithLow32(0)); }
  // Empty unless `text` is a UUID with low 32 bits zero.
  static std::optional<BatchId> Parse(std::string_view text);

  Uuid ItemUuid(std::uint32_t index) const { return uuid_.WithLow32(index + 1); }
  const Uuid& uuid() const { return uuid_; }
  std::string ToString() const { return uuid_.ToString(); }

  friend auto operator<=>(const BatchId&, const BatchId&) = default;

 private:
  explicit BatchId(const Uuid& uuid) : uuid_(uuid) {}
  Uuid uuid_;
};

// Where an item is accounted: its batch, its index there and the round (0; +1 for every retry).
struct ItemRef {
  BatchId batch;
  std::uint32_t index = 0;
  std::uint8_t round = 0;

  friend bool operator==(const ItemRef&, const ItemRef&) = default;
};

struct UuidHash {
  std::size_t operator()(const Uuid& uuid) const;
  std::size_t operator()(const BatchId& batch) const { return (*this)(batch.uuid()); }
};

}  // namespace headrace
