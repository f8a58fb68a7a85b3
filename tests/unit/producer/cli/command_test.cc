#include "producer/cli/command.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace headrace::cli {
namespace {

TEST(ExitCodes, FollowWhatTheErrorAsksFor) {
  EXPECT_EQ(ExitCodeFor(Invalid("")), ExitCode::kSettings);
  EXPECT_EQ(ExitCodeFor(Transient("")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeFor(Permanent("")), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeFor(NotFound("")), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeFor(Cancelled("")), ExitCode::kInterrupted);
}

TEST(ExitCodes, AreTheNumbersThatAreDocumented) {
  const std::vector<std::pair<ExitCode, int>> cases{
      {ExitCode::kOk, 0},          {ExitCode::kItemErrors, 1},  {ExitCode::kUsage, 2},
      {ExitCode::kSettings, 3},    {ExitCode::kUnreachable, 4}, {ExitCode::kInputInvalid, 5},
      {ExitCode::kInterrupted, 6}, {ExitCode::kTimeout, 7},     {ExitCode::kRefused, 8},
      {ExitCode::kInternal, 70}};
  for (const auto& [code, number] : cases) EXPECT_EQ(static_cast<int>(code), number);
}

TEST(CommandTree, PlacesCommandsInTheirGroup) {
  CLI::App root("", "headrace");
  CommandTree tree(root);
  tree.AddGroup("topics", "Topics");
  const CommandBody body = [](const CommandContext&) { return ExitCode::kRefused; };
  CLI::App& check = tree.Add("topics check", "Check", Needs::kNothing, body);
  CLI::App& load = tree.Add("load", "Load", Needs::kSettings, body);
  EXPECT_EQ(check.get_parent()->get_name(), "topics");
  EXPECT_EQ(load.get_parent(), &root);
  ASSERT_NE(tree.Find(&check), nullptr);
  EXPECT_EQ(tree.Find(&check)->needs, Needs::kNothing);
  EXPECT_EQ(tree.Find(check.get_parent()), nullptr) << "a group has no body";
}

}  // namespace
}  // namespace headrace::cli
