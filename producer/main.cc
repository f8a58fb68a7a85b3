#include <exception>
#include <iostream>

#include "producer/cli/program.h"

int main(int argc, char** argv) {
  using headrace::cli::ExitCode;
  try {
    return static_cast<int>(headrace::cli::RunProgram(
        argc, argv, headrace::config::ReadEnvironment(), {std::cin, std::cout, std::cerr}));
  } catch (const std::exception& error) {
    std::cerr << "headrace: internal error: " << error.what() << "\n";
    return static_cast<int>(ExitCode::kInternal);
  }
}
