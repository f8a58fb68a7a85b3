#include "producer/intake/input_plan.h"

#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "common/archive/file_name.h"
#include "common/model/archive_line.h"
#include "producer/intake/archive_source.h"
#include "producer/intake/decompressed_source.h"

namespace headrace::intake {
namespace {

using Opened = Result<std::unique_ptr<ByteSource>>;

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

Status AddArchive(const std::string& path, std::set<std::string>& files) {
  if (!IsDirectory(path)) {
    files.insert(path);
    return {};
  }
  Result<std::vector<std::string>> listed = archive::ListArchive(path);
  if (!listed.ok()) return std::move(listed).error();
  if (listed->empty()) return Invalid(path + " is a directory without files of an archive");
  files.insert(listed->begin(), listed->end());
  return {};
}

// A file that is there plain and compressed is named twice by DIR/*: the plain one goes.
std::vector<std::string> WithoutPlainTwins(const std::set<std::string>& files) {
  std::vector<std::string> kept;
  for (const std::string& path : files) {
    if (!files.contains(path + std::string(archive::kCompressedEnding))) kept.push_back(path);
  }
  return kept;
}

Opened OpenOne(const std::string& path, std::chrono::milliseconds idle) {
  Opened source = OpenInput(path, idle);
  if (!source.ok() || !path.ends_with(archive::kCompressedEnding)) return source;
  return std::unique_ptr<ByteSource>(
      std::make_unique<DecompressedSource>(*std::move(source), path));
}

// A worker may have compressed the file since it was listed.
Opened OpenArchiveFile(const std::string& path, std::chrono::milliseconds idle) {
  const std::string compressed = path + std::string(archive::kCompressedEnding);
  Opened source = OpenOne(path, idle);
  std::error_code error;
  if (source.ok() || !std::filesystem::exists(compressed, error)) return source;
  return OpenOne(compressed, idle);
}

}  // namespace

Result<InputPlan> PlanInputs(std::span<const std::string> paths) {
  InputPlan plan;
  std::set<std::string> files;
  for (const std::string& path : paths) {
    if (!IsDirectory(path) && !archive::ParseFileName(path)) {
      plan.paths.push_back(path);
      continue;
    }
    if (Status added = AddArchive(path, files); !added.ok()) return std::move(added).error();
    if (!plan.archive.empty()) continue;
    plan.archive = path;
    plan.paths.push_back(path);
  }
  plan.archive_files = WithoutPlainTwins(files);
  return plan;
}

OpenSource OpenPlanned(const InputPlan& plan, std::chrono::milliseconds idle,
                       std::size_t record_bytes_max) {
  return [plan, idle, record_bytes_max](const std::string& path) -> Opened {
    if (path != plan.archive) return OpenOne(path, idle);
    const auto open_file = [idle](const std::string& file) { return OpenArchiveFile(file, idle); };
    return std::unique_ptr<ByteSource>(std::make_unique<ArchiveSource>(
        plan.archive_files, open_file, record_bytes_max + kArchiveMarkBytesMax));
  };
}

}  // namespace headrace::intake
