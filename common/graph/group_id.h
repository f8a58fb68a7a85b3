// The name of a graph in stores that know only one name space of ASCII letters, digits, - and _
// (Graphiti's group_id). Every store uses this mapping, so that episodes can move between them.
#pragma once

#include <string>

#include "common/model/graph_key.h"

namespace headrace::graph {

// The id itself where it is such a name, else EscapedGroupId.
std::string PreferredGroupId(const GraphKey& graph);

// A name that no other graph of the project gets, whatever its kind: "hr-", the kind, and the id's
// bytes in hexadecimal (or their digest when they are many). For ids that are not legal names, and
// for the second of a user and a graph that share an id.
std::string EscapedGroupId(const GraphKey& graph);

}  // namespace headrace::graph
