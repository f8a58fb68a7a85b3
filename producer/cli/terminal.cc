#include "producer/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace headrace::cli {

Terminal ProcessTerminal(const config::Environment& environment) {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  Terminal terminal;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.err_is_terminal = isatty(STDERR_FILENO) == 1;
  terminal.color = terminal.err_is_terminal && value("NO_COLOR").empty() && value("TERM") != "dumb";
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns = size.ws_col;
  }
  return terminal;
}

}  // namespace headrace::cli
