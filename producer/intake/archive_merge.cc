#include "producer/intake/archive_merge.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "producer/intake/line_reader.h"

namespace headrace::intake {

// One file and the line that it stands at.
class ArchiveMerge::Stream {
 public:
  Stream(std::unique_ptr<ByteSource> source, Waiting file, std::size_t line_bytes_max)
      : file_(std::move(file)), source_(std::move(source)), lines_(*source_, line_bytes_max) {
    time_ = file_.name.begun_at;
  }

  // False at the end.
  Result<bool> Advance() {
    while (true) {
      const Result<LineReader::Event> event = lines_.Next(line_);
      if (!event.ok()) return event.error();
      if (*event == LineReader::Event::kIdle) continue;  // files are never silent for long
      if (*event == LineReader::Event::kEnd || lines_.ended_without_newline()) return false;
      if (line_.oversized) {
        return Invalid("cannot read " + file_.path + ": line " + std::to_string(line_.number) +
                       " is longer than limits.record_bytes_max");
      }
      if (line_.text.empty()) continue;
      Result<ArchiveMark> mark = ParseArchiveMark(line_.text);
      mark_.reset();
      if (!mark.ok()) return true;
      mark_ = *std::move(mark);
      time_ = std::max(time_, mark_->written_at);
      return true;
    }
  }

  ArchivedText text() const {
    return {.text = line_.text,
            .mark = mark_ ? &*mark_ : nullptr,
            .place = {.file = file_.path, .number = line_.number}};
  }
  bool IsBefore(const Stream& other) const {
    return std::tie(time_, file_.path) < std::tie(other.time_, other.file_.path);
  }
  Timestamp time() const { return time_; }

 private:
  const Waiting file_;
  const std::unique_ptr<ByteSource> source_;
  LineReader lines_;
  Line line_;
  std::optional<ArchiveMark> mark_;
  Timestamp time_{};
};

ArchiveMerge::ArchiveMerge(std::vector<std::string> paths, OpenSource open,
                           std::size_t line_bytes_max)
    : open_(std::move(open)), line_bytes_max_(line_bytes_max) {
  for (std::string& path : paths) {
    if (auto name = archive::ParseFileName(path)) {
      waiting_.push_back({*std::move(name), std::move(path)});
    }
  }
  std::sort(waiting_.begin(), waiting_.end(), [](const Waiting& left, const Waiting& right) {
    return left.name.plain < right.name.plain;
  });
}

ArchiveMerge::~ArchiveMerge() = default;

Result<std::optional<ArchivedText>> ArchiveMerge::Next() {
  if (handed_out_) {
    const Result<bool> more = handed_out_->Advance();
    if (!more.ok()) return more.error();
    if (*more) streams_.push_back(std::move(handed_out_));
    handed_out_.reset();
  }
  if (Status opened = OpenDue(); !opened.ok()) return std::move(opened).error();
  if (streams_.empty()) return std::optional<ArchivedText>();
  const std::size_t earliest = Earliest();
  handed_out_ = std::move(streams_[earliest]);
  streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(earliest));
  return std::optional(handed_out_->text());
}

// A file's name is never later than its lines, so one that begins later has nothing to say yet.
Status ArchiveMerge::OpenDue() {
  while (!waiting_.empty() &&
         (streams_.empty() || waiting_.front().name.begun_at <= streams_[Earliest()]->time())) {
    Waiting file = std::move(waiting_.front());
    waiting_.pop_front();
    Result<std::unique_ptr<ByteSource>> source = open_(file.path);
    if (!source.ok()) return std::move(source).error();
    auto stream = std::make_unique<Stream>(*std::move(source), std::move(file), line_bytes_max_);
    const Result<bool> more = stream->Advance();
    if (!more.ok()) return more.error();
    if (*more) streams_.push_back(std::move(stream));
  }
  return {};
}

std::size_t ArchiveMerge::Earliest() const {
  std::size_t earliest = 0;
  for (std::size_t at = 1; at < streams_.size(); ++at) {
    if (streams_[at]->IsBefore(*streams_[earliest])) earliest = at;
  }
  return earliest;
}

}  // namespace headrace::intake
