#pragma once

#include <string>

#include "common/model/item_parser.h"

namespace headrace {

// JSON Schemas (draft 2020-12) of the public records, made from the limits in force.
std::string ItemJsonSchema(const ItemLimits& limits);
std::string OutcomeJsonSchema();

}  // namespace headrace
