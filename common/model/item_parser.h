// From client JSON to an Item, by the rules of Zep's Batch API.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/item.h"

namespace headrace {

// Lengths count Unicode code points. Parameters, because Synap documents may be longer than Zep
// episodes. Source of the defaults: Zep's Batch API guide.
struct ItemLimits {
  std::size_t record_bytes_max = 900 * 1024;  // what one Kafka record holds
  std::size_t data_chars_max = 10'000;
  std::size_t content_chars_max = 4'096;
  std::size_t source_description_chars_max = 500;
  std::size_t document_id_chars_max = 100;
  std::size_t name_chars_max = 100;
  std::size_t id_chars_max = 1'000;  // graph_id, user_id, thread_id
  std::size_t metadata_keys_max = 10;
  std::size_t depth_max = 64;
};

// Why an item was refused. `code` is stable: programs may match on it.
struct Refusal {
  std::string code;             // see refusal_codes.h
  std::string pointer;          // RFC 6901 JSON pointer to the field, "" for the whole item
  std::string message;          // one sentence, without the offending content
  std::size_t byte_offset = 0;  // of the offence within the JSON text, 0 when it has no place
};

// What a refusal with the code too_large says, whoever finds it.
std::string TooLargeMessage(const ItemLimits& limits);

// Keeps simdjson's buffers between calls: one per thread.
class ItemParser {
 public:
  explicit ItemParser(const ItemLimits& limits);
  ~ItemParser();
  ItemParser(const ItemParser&) = delete;
  ItemParser& operator=(const ItemParser&) = delete;

  // Checks every rule and fills `item`; on refusal `item` is unspecified. Unknown fields are
  // ignored, null means absent, the first of several offences is reported.
  std::optional<Refusal> Parse(std::string_view json, Item& item);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace headrace
