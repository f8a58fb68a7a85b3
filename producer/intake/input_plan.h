// From the paths of a command line to inputs: which of them are one archive.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "producer/intake/byte_source.h"

namespace headrace::intake {

// Every directory and every file whose name is that of an archive's file. They are read together,
// at the place of the first, because only together they have an order and know what was erased.
struct InputPlan {
  std::vector<std::string> paths;  // to read one after the other
  std::string archive;             // which of them stands for the archive; empty: none
  std::vector<std::string> archive_files;
};

// kInvalid when a directory cannot be read or is no archive.
Result<InputPlan> PlanInputs(std::span<const std::string> paths);

// Opens the inputs of a plan; those that end in .zst are decompressed.
OpenSource OpenPlanned(const InputPlan& plan, std::chrono::milliseconds idle,
                       std::size_t record_bytes_max);

}  // namespace headrace::intake
