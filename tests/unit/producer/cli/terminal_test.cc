#include "producer/cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace headrace::cli {
namespace {

// Puts a pseudo-terminal of a given width in the place of standard error, for its life.
class TerminalOnStandardError {
 public:
  explicit TerminalOnStandardError(unsigned short columns) : saved_(dup(STDERR_FILENO)) {
    main_ = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(main_ >= 0 && grantpt(main_) == 0 && unlockpt(main_) == 0);
    const int side = open(ptsname(main_), O_RDWR | O_NOCTTY);
    CHECK(side >= 0);
    winsize size{};
    size.ws_col = columns;
    CHECK(ioctl(side, TIOCSWINSZ, &size) == 0);
    dup2(side, STDERR_FILENO);
    close(side);
  }
  ~TerminalOnStandardError() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(main_);
  }
  TerminalOnStandardError(const TerminalOnStandardError&) = delete;
  TerminalOnStandardError& operator=(const TerminalOnStandardError&) = delete;

 private:
  int saved_;
  int main_;
};

TEST(Terminal, ColoursOnlyWhereItIsWanted) {
  struct Case {
    const char* name;
    config::Environment environment;
    bool color;
  };
  const std::vector<Case> cases{{"plain", {{"TERM", "xterm"}}, true},
                                {"NO_COLOR", {{"TERM", "xterm"}, {"NO_COLOR", "1"}}, false},
                                {"empty NO_COLOR", {{"NO_COLOR", ""}}, true},
                                {"dumb", {{"TERM", "dumb"}}, false}};
  for (const Case& test : cases) {
    const Terminal terminal = [&] {
      TerminalOnStandardError window(132);
      return ProcessTerminal(test.environment);
    }();
    SCOPED_TRACE(test.name);
    EXPECT_TRUE(terminal.err_is_terminal);
    EXPECT_EQ(terminal.columns, 132);
    EXPECT_EQ(terminal.color, test.color);
  }
}

}  // namespace
}  // namespace headrace::cli
