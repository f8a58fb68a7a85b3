// One run of `headrace load`, from the checks to the summary.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/kafka/topic_admin.h"
#include "producer/cli/command.h"
#include "producer/cli/interrupt.h"
#include "producer/cli/load_console.h"
#include "producer/cli/load_options.h"
#include "producer/cli/load_summary.h"
#include "producer/intake/input_plan.h"
#include "producer/intake/loader.h"

namespace headrace::cli {

struct LoadWorld {
  const CommandContext& context;
  const LoadOptions& options;
  const LoadRequest& request;
  const intake::InputFacts& inputs;
  const intake::InputPlan& plan;
  const Clock& clock;
  const Interrupt& interrupt;
};

// How progress is shown: live on a terminal, plain elsewhere.
ProgressStyle StyleFor(const CommandContext& context, bool quiet);

// One thread; used once.
class LoadRun {
 public:
  LoadRun(const LoadWorld& world, std::optional<intake::RejectsFile> rejects_file);

  ExitCode Run();

 private:
  // Each step sets exit_ when the run ends there, and answers whether it goes on.
  bool CheckServices();
  bool TopicsWillDo(const std::vector<kafka::TopicFinding>& findings);
  bool Scan();
  bool FindReplayed();
  bool Send();
  void Wait();

  ExitCode Finish();
  bool End(ExitCode code, std::string problem);
  bool NothingOfTheProject();
  bool IsArchiveAlone() const;
  bool ArchiveChanged(const std::string& problem);
  void SetFromReport(const intake::LoadReport& report);
  intake::StopRequested StopFunction() const;
  intake::ItemReader OpenReader() const;

  const LoadWorld world_;
  ProgressBar bar_;
  LoadConsole console_;
  const SteadyTime started_;
  std::unique_ptr<redis::BatchView> view_;  // with --wait
  std::optional<intake::ScanTotals> totals_;
  intake::KnownFacts known_;
  BatchId batch_;
  LoadSummary summary_;
  std::optional<ExitCode> exit_;
};

}  // namespace headrace::cli
