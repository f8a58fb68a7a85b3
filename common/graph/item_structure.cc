#include "common/graph/item_structure.h"

#include <limits>

namespace headrace::graph {

ItemLimits StructureOnly() {
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  ItemLimits limits;
  limits.record_bytes_max = std::size_t{16} << 20;
  limits.data_chars_max = kNoLimit;
  limits.content_chars_max = kNoLimit;
  limits.source_description_chars_max = kNoLimit;
  limits.document_id_chars_max = kNoLimit;
  limits.name_chars_max = kNoLimit;
  limits.id_chars_max = kNoLimit;
  limits.metadata_keys_max = kNoLimit;
  return limits;
}

}  // namespace headrace::graph
