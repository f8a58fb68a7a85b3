#include "producer/cli/load_options.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "common/base/units.h"
#include "producer/cli/human_format.h"

namespace headrace::cli {
namespace {

constexpr std::size_t kMetadataBytesMax = 64 * 1024;

Status CheckBatchId(const std::string& text, LoadRequest& request) {
  request.batch_id = BatchId::Parse(text);
  if (request.batch_id) return {};
  const std::optional<Uuid> uuid = Uuid::Parse(text);
  if (!uuid) return Invalid("--batch-id: " + text + " is not a UUID");
  return Invalid("--batch-id: the last eight digits of a batch id are zero, as in " +
                 BatchId::Of(*uuid).ToString());
}

Status CheckMetadata(const std::string& text) {
  if (text.size() > kMetadataBytesMax) {
    return Invalid("--batch-metadata: longer than " + FormatBytes(kMetadataBytesMax));
  }
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Invalid("--batch-metadata: not a JSON object");
  return {};
}

}  // namespace

Result<LoadRequest> CheckOptions(const LoadOptions& options) {
  LoadRequest request;
  if (!options.kafka && !options.dry_run) {
    return Invalid(
        "load needs --kafka: writing straight to Kafka is the only way until the HTTP API exists "
        "(or --dry-run, which only validates)");
  }
  if (std::count(options.paths.begin(), options.paths.end(), intake::kStandardInput) > 1) {
    return Invalid("standard input (-) can be read only once");
  }
  if (options.wait && options.dry_run) return Invalid("--wait makes no sense with --dry-run");
  if (!options.timeout.empty()) {
    if (!options.wait) return Invalid("--timeout is for --wait");
    request.timeout = ParseDuration(options.timeout);
    if (!request.timeout) {
      return Invalid("--timeout: " + options.timeout + " is not a duration such as 30s or 5m");
    }
  }
  if (!options.batch_id.empty()) {
    if (Status checked = CheckBatchId(options.batch_id, request); !checked.ok()) {
      return std::move(checked).error();
    }
  }
  if (!options.batch_metadata.empty()) {
    if (Status checked = CheckMetadata(options.batch_metadata); !checked.ok()) {
      return std::move(checked).error();
    }
  }
  return request;
}

Status CheckInputs(const LoadOptions& options, const intake::InputFacts& inputs) {
  if (!options.batch_id.empty() && !inputs.rereadable) {
    return Invalid(
        "--batch-id needs files: what came through a pipe before cannot be compared with what "
        "comes now");
  }
  if (options.rejects_path.empty()) return {};
  for (const std::string& path : options.paths) {
    std::error_code error;
    // An error means that one of them does not exist, hence that they differ.
    if (path != intake::kStandardInput &&
        std::filesystem::equivalent(path, options.rejects_path, error)) {
      return Invalid("--rejects " + options.rejects_path + " would overwrite the input");
    }
  }
  return {};
}

std::string ResumeCommand(const LoadOptions& options, const std::string& project,
                          const std::optional<BatchId>& batch) {
  std::string command = "headrace load";
  for (const std::string& path : options.paths) command += " " + ShellQuote(path);
  command += " --kafka";
  if (batch) command += " --batch-id " + batch->ToString();
  command += " --project " + project;
  if (!options.batch_metadata.empty()) {
    command += " --batch-metadata " + ShellQuote(options.batch_metadata);
  }
  if (!options.rejects_path.empty()) command += " --rejects " + ShellQuote(options.rejects_path);
  if (options.strict) command += " --strict";
  if (options.wait) command += " --wait";
  if (!options.timeout.empty()) command += " --timeout " + options.timeout;
  if (options.json) command += " --json";
  return command;
}

}  // namespace headrace::cli
