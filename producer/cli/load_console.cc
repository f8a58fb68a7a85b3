#include "producer/cli/load_console.h"

#include <utility>

#include "producer/cli/human_format.h"

namespace headrace::cli {

std::string FormatRefusedLine(const RefusedLine& line) {
  std::string text =
      line.file + ":" + std::to_string(line.line) + ":" + std::to_string(line.column) + ": ";
  if (!line.refusal.pointer.empty()) text += line.refusal.pointer + ": ";
  return text + line.refusal.code + ": " + line.refusal.message;
}

LoadConsole::LoadConsole(ProgressBar& bar, std::size_t shown_max,
                         std::optional<intake::RejectsFile> rejects_file)
    : bar_(bar), shown_max_(shown_max), rejects_file_(std::move(rejects_file)) {}

void LoadConsole::BeginChecking(std::optional<std::uint64_t> bytes_total) {
  progress_ = Progress{};
  progress_.label = "checking";
  progress_.bytes_total = bytes_total;
}

void LoadConsole::BeginLoading(std::optional<std::uint64_t> items_total) {
  progress_ = Progress{};
  progress_.label = "loading";
  progress_.items_total = items_total;
}

void LoadConsole::EndStage() { bar_.Finish(progress_); }

void LoadConsole::OnRefused(const intake::ItemLine& line) {
  ++rejections_.count;
  ++rejections_.count_by_code[line.refusal->code];
  if (rejections_.shown.size() < shown_max_) {
    rejections_.shown.push_back({.file = std::string(line.file),
                                 .line = line.number,
                                 .column = line.refusal->byte_offset + 1,
                                 .refusal = *line.refusal});
    bar_.Message(FormatRefusedLine(rejections_.shown.back()));
  } else if (rejections_.count == shown_max_ + 1 && shown_max_ > 0) {
    bar_.Message("more refused lines follow; they are counted, but not shown (--max-errors)");
  }
  OnRefusedTail(line);
}

void LoadConsole::OnRefusedTail(const intake::ItemLine& line) {
  if (rejects_file_) rejects_file_->Write(line.raw, line.raw_complete);
}

void LoadConsole::OnProgress(const intake::LoadProgress& progress) {
  progress_.items = progress.items;
  progress_.bytes = progress.bytes;
  if (rejections_.count > 0) progress_.note = FormatCount(rejections_.count) + " rejected";
  bar_.Show(progress_);
}

Status LoadConsole::CloseRejectsFile() {
  if (!rejects_file_) return {};
  Status closed = rejects_file_->Close();
  rejects_file_.reset();
  return closed;
}

}  // namespace headrace::cli
