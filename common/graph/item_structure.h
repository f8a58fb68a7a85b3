#pragma once

#include "common/model/item_parser.h"

namespace headrace::graph {

// The limits that a store parses items with. Lengths were judged at intake, by limits that may
// differ between sources (Synap documents are longer than Zep episodes). Here only the structure
// counts.
ItemLimits StructureOnly();

}  // namespace headrace::graph
