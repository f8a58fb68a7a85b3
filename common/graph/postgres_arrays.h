// Parameters of a statement in PostgreSQL's binary form. Arrays of a whole chunk travel as one
// value each, which costs neither escaping here nor parsing there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/model/ids.h"

namespace headrace::graph {

// Type numbers, fixed in every PostgreSQL.
enum class PostgresType : std::uint32_t {
  kBool = 16,
  kBytes = 17,
  kInt8 = 20,
  kInt4 = 23,
  kText = 25,
  kTime = 1184,  // timestamptz
  kUuid = 2950,
};
std::uint32_t ArrayTypeOf(PostgresType element);

// A value ready to be sent.
struct PostgresValue {
  std::uint32_t type = 0;
  std::string bytes;
};

PostgresValue TextValue(std::string_view text);
PostgresValue Int8Value(std::int64_t number);

// One array in the making.
class PostgresArray {
 public:
  explicit PostgresArray(PostgresType element) : element_(element) {}

  void Add(std::string_view text);  // text and bytea
  void AddInt4(std::int32_t number);
  void AddInt8(std::int64_t number);
  void AddBool(bool value);
  void AddTime(Timestamp time);
  void AddUuid(const Uuid& uuid);
  void AddNull();

  std::size_t size() const { return size_; }
  // Empties the array.
  PostgresValue Take();

 private:
  void AddNumber(std::uint64_t number, std::size_t bytes);
  void AddLength(std::size_t length);

  const PostgresType element_;
  std::string elements_;
  std::uint32_t size_ = 0;
  bool has_null_ = false;
};

// Reading what comes back in binary form; the caller knows the type.
std::int64_t ReadInteger(std::string_view bytes);  // of 1, 2, 4 or 8 bytes
Timestamp ReadTime(std::string_view bytes);
std::optional<Uuid> ReadUuid(std::string_view bytes);
// The elements of an int4[]; empty when the bytes are none.
std::vector<std::int32_t> ReadInt4Array(std::string_view bytes);

}  // namespace headrace::graph
