// The bodies of `headrace dead-letters`. One thread; each opens and closes its own readers.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "producer/cli/command.h"

namespace headrace::cli {

struct DeadLettersOptions {
  std::string item;  // of show
  std::string code;
  std::string batch;
  std::optional<std::size_t> limit;
  bool dry_run = false;
  bool payload = false;
  bool json = false;
};

ExitCode ListDeadLetters(const CommandContext& context, const DeadLettersOptions& options);
ExitCode ShowDeadLetter(const CommandContext& context, const DeadLettersOptions& options);
ExitCode ReplayDeadLetters(const CommandContext& context, const DeadLettersOptions& options);

}  // namespace headrace::cli
