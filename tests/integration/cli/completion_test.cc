// The completion scripts in the shells that they are for. bash is always there; for zsh and fish
// the scripts' text is checked by tests/unit/producer/cli, their syntax where the shell is.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/integration/cli/command_runner.h"

namespace headrace::testing {
namespace {

// What bash offers when TAB is pressed behind the last of `words`.
std::set<std::string> BashOffers(const std::vector<std::string>& words) {
  std::string line = "source <(" + std::string(HEADRACE_BINARY) + " completion bash) || exit 9\n";
  line += "COMP_WORDS=(headrace";
  for (const std::string& word : words) line += " '" + word + "'";
  line += ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n";
  // Through the registration, so that a script which registers nothing fails.
  line += "$(complete -p headrace | sed 's/.*-F \\([^ ]*\\) .*/\\1/')\n";
  line += "printf '%s\\n' \"${COMPREPLY[@]}\"";
  const CommandResult result = RunCommand({"bash", "-c", line});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  std::set<std::string> offers;
  std::istringstream lines(result.out);
  for (std::string offer; std::getline(lines, offer);) {
    if (!offer.empty()) offers.insert(offer);
  }
  return offers;
}

using Offers = std::set<std::string>;

TEST(Completion, BashOffersCommands) {
  const Offers all = BashOffers({""});
  for (const std::string command : {"topics", "schema", "config", "completion", "version"}) {
    EXPECT_TRUE(all.contains(command)) << command;
  }
  EXPECT_EQ(BashOffers({"top"}), Offers{"topics"});
  EXPECT_EQ(BashOffers({"topics", ""}), (Offers{"create", "check"}));
  EXPECT_EQ(BashOffers({"--log-level", "info", "completion", "z"}), Offers{"zsh"});
}

TEST(Completion, BashOffersFlagsOfTheCommandAndSettings) {
  EXPECT_EQ(BashOffers({"topics", "check", "--js"}), Offers{"--json"});
  EXPECT_EQ(BashOffers({"topics", "--js"}), Offers{});
  EXPECT_EQ(BashOffers({"topics", "check", "--kafka-b"}), Offers{"--kafka-brokers"});
}

TEST(Completion, BashOffersValues) {
  EXPECT_EQ(BashOffers({"topics", "check", "--log-level", ""}),
            (Offers{"debug", "info", "warn", "error"}));
  EXPECT_EQ(BashOffers({"--log-format", "=", "j"}), Offers{"json"});
  EXPECT_EQ(BashOffers({"--config", "/etc/passw"}).count("/etc/passwd"), 1u);
  EXPECT_EQ(BashOffers({"--redis", ""}), Offers{});
}

bool Installed(const std::string& shell) {
  return RunCommand({shell, "-c", "exit 0"}).exit_code == 0;
}

TEST(Completion, IsReadWithoutComplaintByEveryShellThatIsHere) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    SCOPED_TRACE(shell);
    const CommandResult script = Headrace({"completion", shell});
    ASSERT_EQ(script.exit_code, 0);
    ASSERT_NE(script.out.find("headrace"), std::string::npos);
    if (!Installed(shell)) {
      EXPECT_NE(shell, "bash") << "bash is missing, so nothing was checked";
      continue;
    }
    const std::string path = ::testing::TempDir() + "headrace-completion." + shell;
    std::ofstream(path) << script.out;
    const CommandResult check = RunCommand({shell, "-n", path});
    EXPECT_EQ(check.exit_code, 0);
    EXPECT_EQ(check.err, "");
  }
}

}  // namespace
}  // namespace headrace::testing
