// What the commit of a partition tells its next owner, in the commit's metadata:
//   hw=<offset>[;clean][;by=<writer>][;tried=<offsets>][;alone=<offsets>]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "worker/suspects.h"

namespace headrace::worker {

struct CommitNote {
  // The committing worker has begun no item at or beyond this offset, and begins none before a
  // commit with a higher one: what it reserved, or what it had read when it left.
  std::int64_t high_water = 0;
  // It left alive, so no item has ended it, and nothing is left that may have ended a former owner.
  bool clean = false;
  // The process that wrote it, by a name that no other has; empty in notes of older builds.
  std::string writer{};
  // Of items whose outcome is not acknowledged yet. More than was tried in company may be named.
  NotedTries tries;
};

// Empty for what no worker wrote: a tool that resets a group leaves no note. Words that this build
// does not know are passed over.
std::optional<CommitNote> ParseCommitNote(std::string_view text);
std::string FormatCommitNote(const CommitNote& note);

}  // namespace headrace::worker
