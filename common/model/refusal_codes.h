// The stable codes of refusals and item errors, spelled once. They appear in answers, in Redis, in
// dead-letter headers and in the documentation.
#pragma once

#include <string_view>

namespace headrace::codes {

// The text itself.
inline constexpr std::string_view kInvalidJson = "invalid_json";
inline constexpr std::string_view kInvalidUtf8 = "invalid_utf8";
inline constexpr std::string_view kNulByte = "nul_byte";
inline constexpr std::string_view kTooDeep = "too_deep";
inline constexpr std::string_view kTooLarge = "too_large";  // record_bytes_max
inline constexpr std::string_view kDuplicateField = "duplicate_field";
// Fields.
inline constexpr std::string_view kMissingField = "missing_field";
inline constexpr std::string_view kWrongType = "wrong_type";
inline constexpr std::string_view kEmptyField = "empty_field";
inline constexpr std::string_view kTooLong = "too_long";
inline constexpr std::string_view kUnknownValue = "unknown_value";  // not in the enumeration
inline constexpr std::string_view kInvalidTimestamp = "invalid_timestamp";
inline constexpr std::string_view kInvalidMetadata = "invalid_metadata";
inline constexpr std::string_view kInvalidData = "invalid_data";  // data_type json that is not JSON
inline constexpr std::string_view kDestination = "destination";   // none, or more than one
// Kafka records.
inline constexpr std::string_view kInvalidKey = "invalid_key";
inline constexpr std::string_view kInvalidHeader = "invalid_header";
inline constexpr std::string_view kKeyMismatch = "key_mismatch";  // key and value name other graphs
inline constexpr std::string_view kUnknownBatch = "unknown_batch";
inline constexpr std::string_view kForeignBatch = "foreign_batch";  // another project's
inline constexpr std::string_view kIndexOutOfRange = "index_out_of_range";
// Stores.
inline constexpr std::string_view kThreadConflict = "thread_conflict";  // thread of another graph
inline constexpr std::string_view kStoreRefused = "store_refused";
inline constexpr std::string_view kRehearsedFailure = "rehearsed_failure";  // ?fail-on=
inline constexpr std::string_view kCrash = "crash";    // it ended the worker's process, three times
inline constexpr std::string_view kErased = "erased";  // the destination was deleted

}  // namespace headrace::codes
