#include "common/model/schemas.h"

#include <nlohmann/json.hpp>

#include "common/model/ids.h"
#include "common/model/outcome.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDraft = "https://json-schema.org/draft/2020-12/schema";

// null means absent, so every optional field may be null.
Json Text(std::string_view description, std::size_t chars_max, std::size_t chars_min) {
  Json field{{"description", description}, {"type", {"string", "null"}}};
  if (chars_min > 0) field["minLength"] = chars_min;
  field["maxLength"] = chars_max;
  return field;
}

Json Choice(std::string_view description, Json values) {
  values.push_back(nullptr);
  return {{"description", description}, {"enum", std::move(values)}};
}

Json Metadata(const ItemLimits& limits) {
  const Json element{{"type", {"string", "number", "boolean"}}};
  const Json list{{"type", "array"}, {"minItems", 1}, {"items", element}};
  const Json scalar{{"type", {"string", "number", "boolean", "null"}}};
  return {{"description", "Kept with the item as it was sent."},
          {"type", {"object", "null"}},
          {"maxProperties", limits.metadata_keys_max},
          {"propertyNames", {{"pattern", "\\S"}}},
          {"additionalProperties", {{"anyOf", Json::array({scalar, list})}}}};
}

Json ItemFields(const ItemLimits& limits) {
  Json types = Json::array();
  for (const ItemType type : {ItemType::kGraphEpisode, ItemType::kThreadMessage}) {
    types.push_back(ItemTypeName(type));
  }
  Json data_types = Json::array();
  for (const DataType type : {DataType::kText, DataType::kJson, DataType::kMessage}) {
    data_types.push_back(DataTypeName(type));
  }
  Json roles = Json::array();
  for (const Role role : {Role::kNoRole, Role::kSystem, Role::kAssistant, Role::kUser,
                          Role::kFunction, Role::kTool}) {
    roles.push_back(RoleName(role));
  }
  Json created_at{{"description", "When it happened: RFC 3339 with a zone."},
                  {"type", {"string", "null"}},
                  {"format", "date-time"}};
  return {{"type", {{"enum", std::move(types)}}},
          {"data", Text("What the episode says.", limits.data_chars_max, 1)},
          {"data_type", Choice("json: data is itself JSON.", std::move(data_types))},
          {"content", Text("What the message says.", limits.content_chars_max, 1)},
          {"role", Choice("Who speaks.", std::move(roles))},
          {"name", Text("The speaker's name.", limits.name_chars_max, 0)},
          {"thread_id", Text("The message's thread.", limits.id_chars_max, 1)},
          {"graph_id", Text("The episode's graph.", limits.id_chars_max, 1)},
          {"user_id", Text("The user whose graph the episode goes to, or who owns the thread.",
                           limits.id_chars_max, 1)},
          {"source_description",
           Text("Where the data is from.", limits.source_description_chars_max, 0)},
          {"document_id",
           Text("Groups the episodes of one document.", limits.document_id_chars_max, 1)},
          {"created_at", std::move(created_at)},
          {"metadata", Metadata(limits)}};
}

// `fields` there and not null.
Json Present(std::initializer_list<const char*> fields) {
  Json required = Json::array();
  Json properties = Json::object();
  for (const char* field : fields) {
    required.push_back(field);
    properties[field] = {{"not", {{"type", "null"}}}};
  }
  return {{"required", std::move(required)}, {"properties", std::move(properties)}};
}

Json WhenType(ItemType type, Json then) {
  Json when{{"properties", {{"type", {{"const", ItemTypeName(type)}}}}}};
  return {{"if", std::move(when)}, {"then", std::move(then)}};
}

Json Ranges(std::string_view description) {
  return {{"description", description},
          {"type", "array"},
          {"items", {{"type", "integer"}, {"minimum", 0}, {"maximum", BatchId::kItemsMax - 1}}}};
}

Json FailedItems() {
  const Json fields{
      {"index", {{"type", "integer"}, {"minimum", 0}, {"maximum", BatchId::kItemsMax - 1}}},
      {"code", {{"description", "Stable."}, {"type", "string"}}},
      {"message", {{"description", "One sentence, no item content."}, {"type", "string"}}},
      {"attempts", {{"type", "integer"}, {"minimum", 0}}}};
  const Json entry{{"type", "object"},
                   {"required", {"index", "code", "message", "attempts"}},
                   {"properties", fields}};
  return {{"type", "array"}, {"items", entry}};
}

}  // namespace

std::string ItemJsonSchema(const ItemLimits& limits) {
  Json episode = Present({"data", "data_type"});
  episode["oneOf"] = Json::array({Present({"graph_id"}), Present({"user_id"})});
  const Json message = Present({"thread_id", "content", "role"});
  const Json schema{
      {"$schema", kDraft},
      {"title", "Headrace item"},
      {"description", "An item of at most " + std::to_string(limits.record_bytes_max) +
                          " bytes. Lengths count Unicode code points, strings hold no NUL, null "
                          "means absent, unknown fields are ignored."},
      {"type", "object"},
      {"required", {"type"}},
      {"properties", ItemFields(limits)},
      {"allOf", Json::array({WhenType(ItemType::kGraphEpisode, std::move(episode)),
                             WhenType(ItemType::kThreadMessage, message)})}};
  return schema.dump(2);
}

std::string OutcomeJsonSchema() {
  const Json batch{{"description", "A UUID whose low 32 bits are zero."},
                   {"type", "string"},
                   {"pattern", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{4}00000000$"}};
  const Json fields{
      {"batch", batch},
      {"project", {{"type", "string"}, {"pattern", "^[a-z0-9-]+$"}}},
      {"upstream",
       {{"description", "True for records that other programs produced."}, {"type", "boolean"}}},
      {"round", {{"type", "integer"}, {"minimum", 0}, {"maximum", kRoundMax}}},
      {"succeeded", Ranges("Pairs of first and last index, both included.")},
      {"skipped", Ranges("As succeeded.")},
      {"canceled", Ranges("As succeeded.")},
      {"failed", FailedItems()}};
  const Json schema{{"$schema", kDraft},
                    {"title", "Headrace outcome record"},
                    {"description",
                     "The value of a record of the outcomes topic behind its first byte, which is "
                     "the version 1: outcomes of one batch and one round."},
                    {"type", "object"},
                    {"required", {"batch", "project", "round"}},
                    {"properties", fields}};
  return schema.dump(2);
}

}  // namespace headrace
