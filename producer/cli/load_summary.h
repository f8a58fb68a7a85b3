// The result of a load, for people and for programs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/redis/batch_view.h"
#include "producer/cli/load_console.h"
#include "producer/intake/item_reader.h"

namespace headrace::cli {

struct LoadSummary {
  std::string batch_id;  // empty: no batch was made
  std::string project;
  bool dry_run = false;
  bool sealed = false;
  std::uint64_t accepted = 0;  // acknowledged by Kafka; acceptable ones in a dry run
  std::uint64_t bytes = 0;     // of these
  std::chrono::milliseconds elapsed{0};
  intake::ForeignItems foreign;              // of an archive, and left out
  std::string source_sha256;                 // empty when the input was not read to its end
  std::optional<redis::BatchSummary> batch;  // --wait: how it stood at the end
  std::string problem;                       // why the load ended early; empty when it did not
  std::string resume;                        // the command that continues it; empty when none does
};

// "1,200 of other projects: a, b, ..."
std::string ForeignText(const intake::ForeignItems& foreign);
std::string LoadSummaryText(const LoadSummary& summary, const Rejections& rejections);
// One object on one line; every key is always there.
std::string LoadSummaryJson(const LoadSummary& summary, const Rejections& rejections);

}  // namespace headrace::cli
