// The command line of headrace-worker: flags for settings, --config, --help and --version.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/settings_reader.h"

namespace headrace::config {

struct WorkerCommandLine {
  // Set: main prints `out` and `err` and returns this. 0 for --help and --version, 2 for a wrong
  // command line, 3 for wrong settings.
  std::optional<int> exit_code;
  std::string out;
  std::string err;
  Settings settings;
  std::vector<std::string> warnings;  // to log once logging is configured
};

WorkerCommandLine ParseWorkerCommandLine(int argc, const char* const* argv,
                                         Environment environment);

}  // namespace headrace::config
