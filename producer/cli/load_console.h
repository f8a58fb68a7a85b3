// What a user sees while a load runs: the bar, the refused lines, the rejects file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "producer/cli/progress_bar.h"
#include "producer/intake/load_scan.h"
#include "producer/intake/rejects_file.h"

namespace headrace::cli {

struct RefusedLine {
  std::string file;
  std::uint64_t line = 0;
  std::uint64_t column = 0;
  Refusal refusal;
};

struct Rejections {
  std::uint64_t count = 0;
  std::map<std::string, std::uint64_t> count_by_code;
  std::vector<RefusedLine> shown;  // the first ones
};

// "items.jsonl:12:40: /metadata: invalid_metadata: ..."
std::string FormatRefusedLine(const RefusedLine& line);

// One thread, that of the load.
class LoadConsole final : public intake::LoadObserver {
 public:
  LoadConsole(ProgressBar& bar, std::size_t shown_max,
              std::optional<intake::RejectsFile> rejects_file);

  // A pass begins; totals where they are known.
  void BeginChecking(std::optional<std::uint64_t> bytes_total);
  void BeginLoading(std::optional<std::uint64_t> items_total);
  void EndStage();

  void OnRefused(const intake::ItemLine& line) override;
  void OnRefusedTail(const intake::ItemLine& line) override;
  void OnProgress(const intake::LoadProgress& progress) override;

  const Rejections& rejections() const { return rejections_; }
  Status CloseRejectsFile();

 private:
  ProgressBar& bar_;
  const std::size_t shown_max_;
  std::optional<intake::RejectsFile> rejects_file_;
  Rejections rejections_;
  Progress progress_;
};

}  // namespace headrace::cli
