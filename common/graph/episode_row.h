// What every relational store says of an item in the same words, and how it reads them back.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/clock.h"
#include "common/model/item.h"
#include "common/ports/graph_store.h"

namespace headrace::graph {

std::string_view GraphKindName(GraphKind kind);

// The column `source`.
std::string_view SourceOf(const Item& item);

// Event time: when it happened, else when we were told.
Timestamp EventTimeOf(const WriteItem& write, const Item& item);

// Texts of a row that tell an item; views into what the store's client holds.
struct ItemColumns {
  std::string_view item_type;
  std::string_view source;
  std::string_view content;
  std::string_view source_description;
  std::string_view document_id;
  std::string_view role;
  std::string_view speaker;
  std::string_view thread_id;
  std::string_view metadata;
};

// The item without its times.
Item ItemOf(const ItemColumns& columns, const GraphKey& graph);

}  // namespace headrace::graph
