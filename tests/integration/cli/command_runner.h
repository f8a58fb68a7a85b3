// Runs a program to its end as a user's shell would, with nothing but the given environment.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace headrace::testing {

struct CommandResult {
  int exit_code = -1;  // 128 + signal when one ended it
  std::string out;
  std::string err;
};

// `command[0]` is looked for in PATH, which is passed on.
CommandResult RunCommand(const std::vector<std::string>& command,
                         const std::map<std::string, std::string>& environment = {});

// RunCommand of the headrace that was built.
CommandResult Headrace(std::vector<std::string> arguments,
                       const std::map<std::string, std::string>& environment = {});

}  // namespace headrace::testing
