#include "producer/intake/item_reader.h"

#include <algorithm>
#include <utility>

#include "common/model/refusal_codes.h"

namespace headrace::intake {
namespace {

constexpr std::size_t kForeignProjectsNamed = 5;

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\v\f") == std::string_view::npos;
}

Refusal TooLarge(const ItemLimits& limits) {
  return {.code = std::string(codes::kTooLarge), .pointer = "", .message = TooLargeMessage(limits)};
}

Refusal NoDestination(const Item& item, const Error& error) {
  if (item.type == ItemType::kThreadMessage && item.user_id.empty()) {
    return {.code = std::string(codes::kMissingField),
            .pointer = "/user_id",
            .message =
                "a thread message needs user_id here: it says whose graph the thread belongs to"};
  }
  return {.code = std::string(codes::kDestination), .pointer = "", .message = error.message};
}

}  // namespace

// Hashes and counts what passes, and knows what it is called.
class ItemReader::HashingSource final : public ByteSource {
 public:
  HashingSource(std::unique_ptr<ByteSource> inner, std::string name, Sha256& hash)
      : inner_(std::move(inner)), name_(std::move(name)), hash_(hash) {}

  Result<std::optional<std::size_t>> Read(std::span<char> room) override {
    Result<std::optional<std::size_t>> got = inner_->Read(room);
    if (got.ok() && got->has_value()) {
      hash_.Update({room.data(), **got});
      bytes_ += **got;
    }
    return got;
  }

  std::uint64_t bytes() const { return bytes_; }
  // `number` is that of the line in what was read.
  LinePlace PlaceOf(std::uint64_t number) const {
    return inner_->place().value_or(LinePlace{.file = name_, .number = number});
  }

 private:
  const std::unique_ptr<ByteSource> inner_;
  const std::string name_;
  Sha256& hash_;
  std::uint64_t bytes_ = 0;
};

ItemReader::ItemReader(ItemReaderOptions options, OpenSource open)
    : options_(std::move(options)), open_(std::move(open)), parser_(options_.limits) {}

ItemReader::~ItemReader() = default;

std::uint64_t ItemReader::bytes_read() const {
  return bytes_of_closed_ + (source_ ? source_->bytes() : 0);
}

Result<ItemReader::Event> ItemReader::Next(ItemLine& line) {
  Line read;
  while (true) {
    if (!lines_) {
      if (next_path_ == options_.paths.size()) return Event::kEnd;
      if (Status opened = OpenNext(); !opened.ok()) return std::move(opened).error();
    }
    const Result<LineReader::Event> event = lines_->Next(read);
    if (!event.ok()) return event.error();
    if (*event == LineReader::Event::kIdle) return Event::kIdle;
    if (*event == LineReader::Event::kEnd) {
      const bool is_last = next_path_ == options_.paths.size();
      if (lines_->ended_without_newline() && !is_last) hash_.Update("\n");
      bytes_of_closed_ += source_->bytes();
      lines_.reset();
      source_.reset();
      continue;
    }
    if (read.first_piece && line_count_ == BatchId::kItemsMax) {
      return Invalid("the input has more than " + std::to_string(BatchId::kItemsMax) +
                     " lines, the most that a batch holds: split it");
    }
    if (read.first_piece) ++line_count_;
    if (!read.oversized && IsBlank(read.text)) continue;
    if (const std::optional<Event> judged = Judge(read, line)) return *judged;
  }
}

Status ItemReader::OpenNext() {
  const std::string& path = options_.paths[next_path_];
  Result<std::unique_ptr<ByteSource>> source = open_(path);
  if (!source.ok()) return std::move(source).error();
  ++next_path_;
  source_ = std::make_unique<HashingSource>(*std::move(source),
                                            path == kStandardInput ? "<stdin>" : path, hash_);
  lines_ = std::make_unique<LineReader>(*source_,
                                        options_.limits.record_bytes_max + kArchiveMarkBytesMax);
  return {};
}

std::optional<ItemReader::Event> ItemReader::Judge(const Line& read, ItemLine& line) {
  const LinePlace place = source_->PlaceOf(read.number);
  line.file = place.file;
  line.number = place.number;
  line.index = static_cast<std::uint32_t>(line_count_ - 1);
  line.text = read.text;
  line.raw = read.raw;
  line.raw_complete = read.last_piece;
  line.refusal.reset();
  line.archived = nullptr;
  if (!read.first_piece) return Event::kRefusedTail;
  if (read.oversized) {
    line.refusal = TooLarge(options_.limits);
    return Event::kRefused;
  }
  return IsArchiveLine(read.text) ? JudgeArchived(line) : JudgeItem(line);
}

std::optional<ItemReader::Event> ItemReader::JudgeArchived(ItemLine& line) {
  Result<ArchiveLine> parsed = ParseArchiveLine(line.text);
  if (!parsed.ok()) {
    line.refusal = {.code = std::string(codes::kInvalidJson),
                    .pointer = "/headrace_archive",
                    .message = parsed.error().message};
    return Event::kRefused;
  }
  archived_ = *std::move(parsed);
  if (archived_.mark.erased_below) return std::nullopt;
  if (archived_.mark.graph.project != options_.project) {
    CountForeign(archived_.mark.graph.project);
    return std::nullopt;
  }
  // The item begins with the line's brace, but goes on behind the mark.
  const std::size_t mark_bytes = line.text.size() - archived_.item.size();
  line.text = archived_.item;
  line.archived = &archived_.mark;
  const Event judged = JudgeItem(line);
  if (line.refusal && line.refusal->byte_offset > 0) line.refusal->byte_offset += mark_bytes;
  return judged;
}

ItemReader::Event ItemReader::JudgeItem(ItemLine& line) {
  line.refusal = parser_.Parse(line.text, item_);
  if (line.refusal) return Event::kRefused;
  // What other programs produced may leave its user to the record's key, which the archive has.
  if (line.archived != nullptr && item_.type == ItemType::kThreadMessage && item_.user_id.empty() &&
      line.archived->graph.kind == GraphKind::kUser) {
    item_.user_id = line.archived->graph.id;
  }
  const Result<GraphKey> destination = DestinationOf(item_, options_.project);
  if (!destination.ok()) {
    line.refusal = NoDestination(item_, destination.error());
    return Event::kRefused;
  }
  line.key = destination->ToString();
  return Event::kItem;
}

void ItemReader::CountForeign(const std::string& project) {
  ++foreign_.count;
  std::vector<std::string>& named = foreign_.projects;
  if (std::find(named.begin(), named.end(), project) != named.end()) return;
  if (named.size() < kForeignProjectsNamed) {
    named.push_back(project);
  } else {
    foreign_.more_projects = true;
  }
}

}  // namespace headrace::intake
