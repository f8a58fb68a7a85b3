// `headrace` from its arguments to its exit code.
#pragma once

#include "common/config/settings_reader.h"
#include "producer/cli/command.h"

namespace headrace::cli {

struct ProgramStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

ExitCode RunProgram(int argc, const char* const* argv, config::Environment environment,
                    const ProgramStreams& streams);

}  // namespace headrace::cli
