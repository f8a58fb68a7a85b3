#include "producer/cli/completion_scripts.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "producer/cli/completion_tree.h"

namespace headrace::cli {
namespace {

// A small program with everything that a script treats differently.
class CompletionScripts : public testing::Test {
 protected:
  CompletionScripts() : root_("", "headrace") {
    root_.add_option("--log-level", level_, "Least level")->type_name("{debug,info}");
    root_.add_option("--config", level_, "A file: 'TOML'")->type_name("FILE");
    CLI::App* topics = root_.add_subcommand("topics", "Topics");
    topics->add_subcommand("check", "Check: all")->add_flag("--json", json_, "As JSON");
    CLI::App* load = root_.add_subcommand("load", "Load");
    load->add_option("files", files_)->type_name("FILE");
    load->add_option("--id", level_, "An id");
  }

  CLI::App root_;
  std::string level_;
  bool json_ = false;
  std::vector<std::string> files_;
};

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(CompletionScripts, ReadTheTree) {
  const CompletionCommand tree = ReadCompletionTree(root_);
  EXPECT_EQ(tree.path, "headrace");
  ASSERT_EQ(tree.commands.size(), 2u);
  EXPECT_EQ(tree.commands[0].commands[0].path, "headrace topics check");
  EXPECT_TRUE(tree.commands[1].takes_files);
  bool seen = false;
  for (const CompletionOption& option : tree.options) {
    if (option.names.front() != "--log-level") continue;
    seen = true;
    EXPECT_TRUE(option.takes_value);
    EXPECT_EQ(option.choices, (std::vector<std::string>{"debug", "info"}));
  }
  EXPECT_TRUE(seen);
}

TEST_F(CompletionScripts, HoldEveryCommandFlagAndChoice) {
  const CompletionCommand tree = ReadCompletionTree(root_);
  for (const std::string& script :
       {BashCompletion(tree), ZshCompletion(tree), FishCompletion(tree)}) {
    for (const std::string word : {"topics", "check", "load", "log-level", "json", "id", "debug"}) {
      EXPECT_TRUE(Contains(script, word)) << word << " in\n" << script;
    }
  }
}

TEST_F(CompletionScripts, QuoteWhatAShellWouldRead) {
  const CompletionCommand tree = ReadCompletionTree(root_);
  EXPECT_TRUE(Contains(ZshCompletion(tree), R"('--config:A file\: '\''TOML'\''')"));
  EXPECT_TRUE(Contains(FishCompletion(tree), R"(-l config -r -F -d 'A file: \'TOML\'')"));
  EXPECT_TRUE(Contains(FishCompletion(tree),
                       "-n '__fish_seen_subcommand_from topics; and "
                       "not __fish_seen_subcommand_from check' -a check"));
}

}  // namespace
}  // namespace headrace::cli
