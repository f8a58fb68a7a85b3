// `headrace load` and `headrace batch` against the test run's broker and Redis, under a prefix of
// their own.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "common/config/settings_reader.h"
#include "tests/integration/cli/command_runner.h"

namespace headrace::testing {
namespace {

using nlohmann::json;

constexpr const char* kBatch = "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000";

std::string Episode(int number) {
  return R"({"type":"graph_episode","graph_id":"g)" + std::to_string(number % 3) +
         R"(","data_type":"text","data":"episode )" + std::to_string(number) + R"("})";
}

class LoadCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    const config::Environment environment = config::ReadEnvironment();
    const auto broker = environment.find("HEADRACE_TEST_KAFKA");
    const auto redis = environment.find("HEADRACE_TEST_REDIS");
    ASSERT_TRUE(broker != environment.end() && redis != environment.end())
        << "no broker or Redis: run this test with ctest, which starts them";
    const std::string name = std::string("load-") + std::to_string(getpid()) + "-" +
                             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    environment_ = {{"HEADRACE_KAFKA_BROKERS", broker->second},
                    {"HEADRACE_REDIS_URL", "redis://" + redis->second},
                    {"HEADRACE_REDIS_PREFIX", name + ":"},
                    {"HEADRACE_TOPIC_PARTITIONS", "2"},
                    {"HEADRACE_TOPIC_PREFIX", name + "."}};
    dir_ = std::filesystem::temp_directory_path() / name;
    std::filesystem::create_directory(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  CommandResult Run(std::vector<std::string> arguments) const {
    return Headrace(std::move(arguments), environment_);
  }
  CommandResult RunShell(const std::string& script) const {
    return RunCommand({"bash", "-c", script}, environment_);
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name, std::ios::binary) << text;
    return (dir_ / name).string();
  }
  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(dir_ / name).rdbuf();
    return text.str();
  }

  std::map<std::string, std::string> environment_;
  std::filesystem::path dir_;
};

TEST_F(LoadCommand, NeedsTopics) {
  const CommandResult result = Run({"load", Write("a", Episode(1)), "--kafka"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("topics create"), std::string::npos) << result.err;
}

TEST_F(LoadCommand, LoadsReplaysAndRefusesAnotherFile) {
  ASSERT_EQ(Run({"topics", "create"}).exit_code, 0);
  const std::string file = Write("a.jsonl", Episode(1) + "\n\nnonsense\r\n" + Episode(2));
  const CommandResult loaded = Run({"load", file, "--kafka", "--json", "--batch-id", kBatch,
                                    "--rejects", (dir_ / "rejects").string()});
  ASSERT_EQ(loaded.exit_code, 1) << loaded.err;
  const json summary = json::parse(loaded.out);
  EXPECT_EQ(summary.at("batch_id"), kBatch);
  EXPECT_EQ(summary.at("sealed"), true);
  EXPECT_EQ(summary.at("accepted"), 2);
  EXPECT_EQ(summary.at("rejected_by_code"), json({{"invalid_json", 1}}));
  EXPECT_NE(loaded.err.find(file + ":3:"), std::string::npos) << loaded.err;
  EXPECT_EQ(Read("rejects"), "nonsense\r\n");

  const CommandResult again = Run({"load", file, "--kafka", "--batch-id", kBatch});
  EXPECT_EQ(again.exit_code, 1) << again.err;

  const std::string changed = Write("b.jsonl", Episode(1) + "\n");
  const CommandResult refused = Run({"load", changed, "--kafka", "--batch-id", kBatch});
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_NE(refused.err.find("the file changed"), std::string::npos) << refused.err;
  const CommandResult foreign =
      Run({"load", file, "--kafka", "--batch-id", kBatch, "--project", "other"});
  EXPECT_EQ(foreign.exit_code, 5) << foreign.err;
}

TEST_F(LoadCommand, StrictSendsNothing) {
  ASSERT_EQ(Run({"topics", "create"}).exit_code, 0);
  const std::string file = Write("a.jsonl", Episode(1) + "\nnonsense\n");
  const CommandResult result = Run({"load", file, "--kafka", "--strict", "--json"});
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_TRUE(json::parse(result.out).at("batch_id").is_null()) << result.out;
}

TEST_F(LoadCommand, DryRunTouchesNoService) {
  environment_["HEADRACE_KAFKA_BROKERS"] = "127.0.0.1:1";
  environment_["HEADRACE_REDIS_URL"] = "redis://127.0.0.1:1";
  EXPECT_EQ(Run({"load", "--dry-run", Write("a", Episode(1))}).exit_code, 0);
  EXPECT_EQ(Run({"load", "--dry-run", Write("b", "nonsense")}).exit_code, 5);
  EXPECT_EQ(Run({"load", "--dry-run", (dir_ / "gone").string()}).exit_code, 5);
  EXPECT_EQ(Run({"load", Write("a", Episode(1))}).exit_code, 2);
}

TEST_F(LoadCommand, NamesTheServiceThatDoesNotAnswer) {
  const std::string file = Write("a", Episode(1));
  environment_["HEADRACE_REDIS_URL"] = "redis://127.0.0.1:1";
  const CommandResult list = Run({"batch", "list"});
  EXPECT_EQ(list.exit_code, 4);
  EXPECT_NE(list.err.find("127.0.0.1:1"), std::string::npos) << list.err;
  environment_["HEADRACE_KAFKA_BROKERS"] = "127.0.0.1:1";
  const auto start = std::chrono::steady_clock::now();
  const CommandResult load = Run({"load", file, "--kafka"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(load.exit_code, 4);
  EXPECT_NE(load.err.find("127.0.0.1:1"), std::string::npos) << load.err;
}

TEST_F(LoadCommand, SaysThatNobodyWorksWhileItWaits) {
  ASSERT_EQ(Run({"topics", "create"}).exit_code, 0);
  const CommandResult result =
      Run({"load", Write("a.jsonl", Episode(1) + "\n"), "--kafka", "--wait", "--timeout", "17s"});
  EXPECT_EQ(result.exit_code, 7) << result.err;
  const std::string group = environment_.at("HEADRACE_TOPIC_PREFIX") + "worker.batch";
  EXPECT_NE(result.err.find("Redis is not complete yet after 15 s: the group " + group +
                            " has no members; is a headrace-worker running?"),
            std::string::npos)
      << result.err;
}

// No worker has ever run under this prefix: what Redis lacks may stand in Kafka.
TEST_F(LoadCommand, CallsNothingAbsentWhileRedisIsEmpty) {
  const std::vector<std::vector<std::string>> commands{{"batch", "list"},
                                                       {"batch", "list", "--json"},
                                                       {"batch", "show", kBatch},
                                                       {"batch", "errors", kBatch},
                                                       {"batch", "errors", "upstream"},
                                                       {"batch", "errors", "upstream", "--json"}};
  for (const std::vector<std::string>& command : commands) {
    SCOPED_TRACE(json(command).dump());
    const CommandResult result = Run(command);
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err.find("headrace: Redis is empty"), 0U) << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  }
}

// Shell for "what it needed at most, in kB, while it ran".
constexpr const char* kPeak =
    " & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do "
    "now=$(sed -n 's/VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$pid/status 2>/dev/null); "
    "peak=${now:-$peak}; sleep 0.02; done; wait $pid; echo \"rc=$? peak=$peak\" >&2";

int PeakOf(const CommandResult& result) {
  const std::size_t at = result.err.rfind("peak=");
  return at == std::string::npos ? 0 : std::stoi(result.err.substr(at + 5));
}

TEST_F(LoadCommand, NeedsLittleMemoryForAnEndlessLine) {
  const CommandResult result = RunShell(
      std::string(HEADRACE_BINARY) + " load - --dry-run --rejects /dev/null" +
      " < <(head -c 400000000 /dev/zero | tr '\\0' x; echo; echo '" + Episode(1) + "')" + kPeak);
  EXPECT_NE(result.err.find("<stdin>:1:1: too_large"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("rc=5"), std::string::npos) << result.err;
  EXPECT_GT(PeakOf(result), 1'000) << result.err;
  EXPECT_LT(PeakOf(result), 100'000) << result.err;
}

TEST_F(LoadCommand, NeedsLittleMemoryForALongInput) {
  ASSERT_EQ(Run({"topics", "create"}).exit_code, 0);
  // 200 MB: far more than may be in flight at once.
  const std::string item = R"({"type":"graph_episode","graph_id":"g","data_type":"text","data":")" +
                           std::string(2'000, 'x') + R"("})";
  const CommandResult result =
      RunShell(std::string(HEADRACE_BINARY) + " load - --kafka --quiet < <(yes '" + item +
               "' | head -n 100000)" + kPeak);
  EXPECT_NE(result.err.find("rc=0"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find("accepted   100,000"), std::string::npos) << result.out;
  EXPECT_GT(PeakOf(result), 1'000) << result.err;
  EXPECT_LT(PeakOf(result), 100'000) << result.err;
}

TEST_F(LoadCommand, AnInterruptedPipeLeavesTheBatchUnsealed) {
  ASSERT_EQ(Run({"topics", "create"}).exit_code, 0);
  const std::string pipe = (dir_ / "pipe").string();
  // The pipe stays open and silent after one item; two seconds later the user presses Ctrl-C.
  const CommandResult result = RunShell("mkfifo " + pipe + "; exec 3<>" + pipe + "; echo '" +
                                        Episode(1) + "' >&3; " + HEADRACE_BINARY + " load " + pipe +
                                        " --kafka --json & pid=$!; sleep 4; kill -TERM $pid; " +
                                        "wait $pid; echo rc=$? >&2");
  EXPECT_NE(result.err.find("rc=6"), std::string::npos) << result.err;
  const json summary = json::parse(result.out);
  EXPECT_EQ(summary.at("sealed"), false);
  EXPECT_EQ(summary.at("accepted"), 1) << "a slow pipe's item is not held back";
}

}  // namespace
}  // namespace headrace::testing
