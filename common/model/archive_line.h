// A line of an archive: an item as it was sent, with a first member that says where it came from.
//
//   {"headrace_archive":{"v":1,"written":"2026-…Z","graph":"default/u/ann","uuid":"…","batch":"…",
//    "index":7,"round":0,"accepted":"2026-…Z","incarnation":0},"type":"thread_message",…}
//
// So every program that reads items reads it, passing over a member that it does not know, and
// taking the member away gives the item's own bytes again. The record of an erase has no item:
//
//   {"headrace_archive":{"v":1,"written":"2026-…Z","graph":"default/u/ann","erased_below":3}}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/model/graph_key.h"
#include "common/model/ids.h"

namespace headrace {

// What a line says beside its item.
struct ArchiveMark {
  Timestamp written_at{};
  GraphKey graph;
  Uuid episode;
  ItemRef ref;
  Timestamp accepted_at{};
  std::uint32_t incarnation = 0;
  bool skip = false;
  // Of the record of an erase, which has nothing else but time and graph.
  std::optional<std::uint32_t> erased_below;
};

// Room for the longest mark: its graph's id may be a thousand characters, each escaped.
inline constexpr std::size_t kArchiveMarkBytesMax = 16 * 1024;

// Appends the line, newline included. `item` is a JSON object; line breaks between its tokens, the
// only ones that JSON knows, become blanks.
void AppendArchiveLine(const ArchiveMark& mark, std::string_view item, std::string& out);
void AppendEraseLine(const ArchiveMark& mark, std::string& out);

bool IsArchiveLine(std::string_view line);

struct ArchiveLine {
  ArchiveMark mark;
  std::string item;  // without the mark; empty for an erase
};

// kInvalid for a line that begins like one of an archive and is none, and for a newer version.
Result<ArchiveMark> ParseArchiveMark(std::string_view line);
Result<ArchiveLine> ParseArchiveLine(std::string_view line);

}  // namespace headrace
