#include "common/graph/episode_row.h"

namespace headrace::graph {
namespace {

DataType DataTypeOf(std::string_view name) {
  for (const DataType type : {DataType::kJson, DataType::kMessage}) {
    if (DataTypeName(type) == name) return type;
  }
  return DataType::kText;
}

std::optional<Role> RoleOf(std::string_view name) {
  for (const Role role : {Role::kNoRole, Role::kSystem, Role::kAssistant, Role::kUser,
                          Role::kFunction, Role::kTool}) {
    if (RoleName(role) == name) return role;
  }
  return std::nullopt;
}

}  // namespace

std::string_view GraphKindName(GraphKind kind) {
  return kind == GraphKind::kUser ? "user" : "graph";
}

std::string_view SourceOf(const Item& item) {
  return DataTypeName(item.type == ItemType::kThreadMessage ? DataType::kMessage : item.data_type);
}

Timestamp EventTimeOf(const WriteItem& write, const Item& item) {
  return item.created_at.value_or(write.accepted_at);
}

Item ItemOf(const ItemColumns& columns, const GraphKey& graph) {
  Item item;
  if (columns.item_type == ItemTypeName(ItemType::kThreadMessage)) {
    item.type = ItemType::kThreadMessage;
    item.role = RoleOf(columns.role);
  } else {
    item.data_type = DataTypeOf(columns.source);
    if (graph.kind == GraphKind::kGraph) item.graph_id = graph.id;
  }
  if (graph.kind == GraphKind::kUser) item.user_id = graph.id;
  item.content = columns.content;
  item.name = columns.speaker;
  item.thread_id = columns.thread_id;
  item.source_description = columns.source_description;
  item.document_id = columns.document_id;
  item.metadata = columns.metadata;
  return item;
}

}  // namespace headrace::graph
