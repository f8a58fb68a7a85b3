// What the user asked `headrace load` for, and whether that makes sense.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/ids.h"
#include "producer/intake/byte_source.h"

namespace headrace::cli {

// As given on the command line.
struct LoadOptions {
  std::vector<std::string> paths;
  bool kafka = false;
  bool wait = false;
  std::string timeout;
  bool json = false;
  std::string batch_metadata;
  std::string batch_id;
  bool dry_run = false;
  std::string rejects_path;
  bool strict = false;
  std::size_t max_errors = 100;
  bool quiet = false;
};

// The options that are more than text.
struct LoadRequest {
  std::optional<BatchId> batch_id;
  std::optional<std::chrono::milliseconds> timeout;
};

// kInvalid with a sentence for the user: a wrong command line. Touches nothing.
Result<LoadRequest> CheckOptions(const LoadOptions& options);
// The rules that need a look at the files.
Status CheckInputs(const LoadOptions& options, const intake::InputFacts& inputs);

// The command that continues a load of files; the settings have to be the same. Without a batch
// the one that loads them as a new one.
std::string ResumeCommand(const LoadOptions& options, const std::string& project,
                          const std::optional<BatchId>& batch);

}  // namespace headrace::cli
