// The parts of `headrace load` around the loader: options, what is printed, the summary.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "producer/cli/load_console.h"
#include "producer/cli/load_options.h"
#include "producer/cli/load_summary.h"
#include "tests/fakes/manual_clock.h"

namespace headrace::cli {
namespace {

using nlohmann::json;

constexpr const char* kBatch = "6f1f5c3e-8f0e-4d57-9a3c-b5d000000000";

LoadOptions Valid() {
  LoadOptions options;
  options.paths = {"a.jsonl"};
  options.kafka = true;
  return options;
}

TEST(LoadOptions, NamesTheMistake) {
  struct Case {
    const char* name;
    void (*spoil)(LoadOptions&);
    const char* message;
  };
  const Case cases[] = {
      {"no way to load", [](LoadOptions& o) { o.kafka = false; }, "--kafka"},
      {"stdin twice",
       [](LoadOptions& o) {
         o.paths = {"-", "-"};
       },
       "only once"},
      {"timeout alone", [](LoadOptions& o) { o.timeout = "5s"; }, "--wait"},
      {"not a duration",
       [](LoadOptions& o) {
         o.wait = true;
         o.timeout = "5 parsecs";
       },
       "5 parsecs is not a duration"},
      {"not a UUID", [](LoadOptions& o) { o.batch_id = "17"; }, "not a UUID"},
      {"an item's id", [](LoadOptions& o) { o.batch_id = "6f1f5c3e-8f0e-4d57-9a3c-b5d000000001"; },
       kBatch},
      {"metadata not an object", [](LoadOptions& o) { o.batch_metadata = "[1]"; }, "JSON object"},
      {"metadata not JSON", [](LoadOptions& o) { o.batch_metadata = "{"; }, "JSON object"},
      {"waiting for nothing",
       [](LoadOptions& o) {
         o.dry_run = true;
         o.wait = true;
       },
       "--dry-run"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    LoadOptions options = Valid();
    c.spoil(options);
    const Result<LoadRequest> request = CheckOptions(options);
    ASSERT_FALSE(request.ok());
    EXPECT_NE(request.error().message.find(c.message), std::string::npos)
        << request.error().message;
  }
}

TEST(LoadOptions, ReadsBatchIdAndTimeout) {
  LoadOptions options = Valid();
  options.wait = true;
  options.timeout = "90s";
  options.batch_id = kBatch;
  const Result<LoadRequest> request = CheckOptions(options);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->batch_id->ToString(), kBatch);
  EXPECT_EQ(request->timeout, std::chrono::seconds(90));
}

TEST(LoadOptions, ReplayNeedsFiles) {
  LoadOptions options = Valid();
  options.batch_id = kBatch;
  EXPECT_TRUE(CheckInputs(options, {.rereadable = true, .bytes_total = 1}).ok());
  EXPECT_FALSE(CheckInputs(options, {.rereadable = false, .bytes_total = 0}).ok());
}

TEST(LoadOptions, RejectsMayNotOverwriteTheInput) {
  const std::filesystem::path dir =
      std::filesystem::temp_directory_path() / ("headrace-options-" + std::to_string(::getpid()));
  std::filesystem::create_directory(dir);
  std::ofstream(dir / "a.jsonl") << "x";
  LoadOptions options = Valid();
  options.paths = {(dir / "a.jsonl").string()};
  options.rejects_path = (dir / "." / "a.jsonl").string();
  EXPECT_FALSE(CheckInputs(options, {}).ok());
  options.rejects_path = (dir / "rejects.jsonl").string();
  EXPECT_TRUE(CheckInputs(options, {}).ok());
  std::filesystem::remove_all(dir);
}

TEST(LoadOptions, ResumeCommandRepeatsWhatMatters) {
  LoadOptions options = Valid();
  options.paths = {"a.jsonl", "my file"};
  options.wait = true;
  options.batch_metadata = R"({"a":1})";
  EXPECT_EQ(ResumeCommand(options, "default", *BatchId::Parse(kBatch)),
            std::string("headrace load a.jsonl 'my file' --kafka --batch-id ") + kBatch +
                " --project default --batch-metadata '{\"a\":1}' --wait");
  EXPECT_EQ(ResumeCommand(options, "default", std::nullopt),
            "headrace load a.jsonl 'my file' --kafka --project default --batch-metadata "
            "'{\"a\":1}' --wait");
}

intake::ItemLine Refused(std::uint64_t number, const std::string& code, std::string_view raw) {
  intake::ItemLine line;
  line.file = "a.jsonl";
  line.number = number;
  line.raw = raw;
  line.refusal =
      Refusal{.code = code, .pointer = "/data", .message = "It is wrong.", .byte_offset = 11};
  return line;
}

TEST(LoadConsole, PrintsTheFirstBadLinesAndCountsAll) {
  fakes::ManualClock clock;
  std::ostringstream err;
  ProgressBar bar(err, clock, {});
  LoadConsole console(bar, 2, std::nullopt);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    console.OnRefused(Refused(i, i < 5 ? "too_long" : "invalid_json", "secret"));
  }
  EXPECT_EQ(err.str(),
            "a.jsonl:1:12: /data: too_long: It is wrong.\n"
            "a.jsonl:2:12: /data: too_long: It is wrong.\n"
            "more refused lines follow; they are counted, but not shown (--max-errors)\n");
  EXPECT_EQ(console.rejections().count, 5u);
  EXPECT_EQ(console.rejections().count_by_code.at("too_long"), 4u);
  EXPECT_EQ(console.rejections().shown.size(), 2u);
}

TEST(LoadConsole, KeepsRefusedLinesInTheFile) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("headrace-rejects-" + std::to_string(::getpid())))
          .string();
  fakes::ManualClock clock;
  std::ostringstream err;
  ProgressBar bar(err, clock, {});
  LoadConsole console(bar, 0, *intake::RejectsFile::Create(path));
  console.OnRefused(Refused(1, "too_long", "one"));
  intake::ItemLine piece = Refused(2, "too_large", "tw");
  piece.raw_complete = false;
  console.OnRefused(piece);
  piece.raw = "o";
  piece.raw_complete = true;
  console.OnRefusedTail(piece);
  ASSERT_TRUE(console.CloseRejectsFile().ok());
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "one\ntwo\n");
  EXPECT_EQ(err.str(), "");
  std::filesystem::remove(path);
}

TEST(LoadSummary, TextSaysWhatHappened) {
  LoadSummary summary;
  summary.batch_id = kBatch;
  summary.project = "default";
  summary.accepted = 4'498;
  summary.elapsed = std::chrono::milliseconds(1'300);
  Rejections rejections;
  rejections.count = 3;
  rejections.count_by_code = {{"invalid_json", 1}, {"too_long", 2}};
  EXPECT_EQ(LoadSummaryText(summary, rejections), std::string("batch      ") + kBatch +
                                                      "\n"
                                                      "project    default\n"
                                                      "accepted   4,498\n"
                                                      "rejected   3  (invalid_json 1, too_long 2)\n"
                                                      "time       1.3 s, 3,460/s\n");
}

TEST(LoadSummary, NamesTheProjectsWhoseItemsWereLeftOut) {
  LoadSummary summary;
  summary.project = "default";
  summary.foreign = {.count = 1'200, .projects = {"a", "b"}, .more_projects = true};
  EXPECT_NE(LoadSummaryText(summary, {}).find("left out   1,200 of other projects: a, b, ...\n"),
            std::string::npos);
  const json other = json::parse(LoadSummaryJson(summary, {}))["other_projects"];
  EXPECT_EQ(other, json::parse(R"({"items":1200,"projects":["a","b"],"more":true})"));
  summary.foreign = {};
  EXPECT_EQ(LoadSummaryText(summary, {}).find("left out"), std::string::npos);
}

TEST(LoadSummary, TextOfARefusedLoadHasNeitherCountNorRate) {
  LoadSummary summary;
  summary.project = "default";
  summary.elapsed = std::chrono::milliseconds(1'300);
  summary.problem = "nothing was sent, because of --strict";
  Rejections rejections;
  rejections.count = 1;
  rejections.count_by_code = {{"too_long", 1}};
  EXPECT_EQ(LoadSummaryText(summary, rejections),
            "project    default\n"
            "rejected   1  (too_long 1)\n");
  // A load that broke off half-way did send something.
  summary.batch_id = kBatch;
  summary.accepted = 5;
  const std::string text = LoadSummaryText(summary, rejections);
  EXPECT_NE(text.find("accepted   5\n"), std::string::npos);
  EXPECT_NE(text.find("time       1.3 s, 3.8/s\n"), std::string::npos);
}

TEST(LoadSummary, JsonAlwaysHasEveryKey) {
  const json empty = json::parse(LoadSummaryJson({}, {}));
  for (const char* key : {"batch_id", "project", "dry_run", "sealed", "accepted", "rejected",
                          "rejected_by_code", "refused_lines", "other_projects", "bytes", "seconds",
                          "items_per_second", "source_sha256", "batch", "problem", "resume"}) {
    EXPECT_TRUE(empty.contains(key)) << key;
  }
  EXPECT_TRUE(empty["batch_id"].is_null());
  LoadSummary summary;
  summary.batch = redis::BatchSummary{};
  summary.batch->succeeded = 7;
  Rejections rejections;
  rejections.shown = {{"a\xFF.jsonl", 3, 4, {"too_long", "/data", "It is wrong.", 3}}};
  const json full = json::parse(LoadSummaryJson(summary, rejections));
  EXPECT_EQ(full["batch"]["succeeded"], 7);
  EXPECT_EQ(full["refused_lines"][0]["line"], 3);
  EXPECT_EQ(full["refused_lines"][0]["column"], 4);
}

}  // namespace
}  // namespace headrace::cli
