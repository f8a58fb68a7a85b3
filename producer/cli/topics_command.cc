#include "producer/cli/topics_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>

#include "common/base/json_text.h"
#include "common/kafka/topic_admin.h"

namespace headrace::cli {
namespace {

using kafka::TopicFinding;

// A missing broker must be reported within 10 s of the command's start.
constexpr std::chrono::milliseconds kTimeout{8'000};

std::string Quoted(const std::string& text) {
  std::string quoted;
  AppendJsonString(quoted, text);
  return quoted;
}

void PrintCreatedJson(const std::vector<std::string>& names, std::ostream& out) {
  out << "{\"created\":[";
  for (std::size_t i = 0; i < names.size(); ++i) out << (i > 0 ? "," : "") << Quoted(names[i]);
  out << "]}\n";
}

ExitCode Create(const CommandContext& context, bool json) {
  const Settings& settings = context.settings;
  const auto created = kafka::CreateTopics(settings.kafka, settings.topics, kTimeout);
  if (!created.ok()) return Fail(context, created.error());
  if (json) {
    PrintCreatedJson(*created, context.out);
    return ExitCode::kOk;
  }
  for (const std::string& name : *created) context.out << "created " << name << "\n";
  if (created->empty()) {
    context.out
        << "all topics were there already; `headrace topics check` looks at their settings\n";
  }
  return ExitCode::kOk;
}

std::string SeverityName(TopicFinding::Severity severity) {
  return severity == TopicFinding::Severity::kRefused ? "refused" : "warning";
}

void PrintFindingsJson(const std::vector<TopicFinding>& findings, bool ok, std::ostream& out) {
  out << "{\"ok\":" << (ok ? "true" : "false") << ",\"findings\":[";
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const TopicFinding& finding = findings[i];
    out << (i > 0 ? "," : "") << "{\"severity\":" << Quoted(SeverityName(finding.severity))
        << ",\"topic\":" << Quoted(finding.topic) << ",\"message\":" << Quoted(finding.message)
        << ",\"fix\":" << Quoted(finding.fix) << "}";
  }
  out << "]}\n";
}

void PrintFindings(const std::vector<TopicFinding>& findings, std::ostream& out) {
  for (const TopicFinding& finding : kafka::JoinFindings(findings)) {
    out << SeverityName(finding.severity) << ": " << finding.topic << ": " << finding.message
        << "\n  fix: " << finding.fix << "\n";
  }
  if (findings.empty()) out << "all topics are as Headrace needs them\n";
}

ExitCode Check(const CommandContext& context, bool json) {
  const Settings& settings = context.settings;
  const auto findings = kafka::CheckTopics(settings.kafka, settings.topics, kTimeout);
  if (!findings.ok()) return Fail(context, findings.error());
  const bool ok = std::none_of(findings->begin(), findings->end(), [](const TopicFinding& finding) {
    return finding.severity == TopicFinding::Severity::kRefused;
  });
  if (json) {
    PrintFindingsJson(*findings, ok, context.out);
  } else {
    PrintFindings(*findings, context.out);
  }
  return ok ? ExitCode::kOk : ExitCode::kSettings;
}

void AddOne(CommandTree& tree, const std::string& path, const std::string& summary,
            ExitCode (*run)(const CommandContext&, bool)) {
  const auto json = std::make_shared<bool>(false);
  CLI::App& app = tree.Add(path, summary, Needs::kSettings,
                           [=](const CommandContext& context) { return run(context, *json); });
  app.add_flag("--json", *json, "Print a JSON object");
}

}  // namespace

void RegisterTopics(CommandTree& tree) {
  tree.AddGroup("topics", "Make and check Headrace's topics");
  AddOne(tree, "topics create", "Make the topics that are missing", Create);
  AddOne(tree, "topics check", "Tell whether the topics can hold what Headrace promises", Check);
}

}  // namespace headrace::cli
