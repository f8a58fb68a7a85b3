#include "producer/cli/dead_letters_run.h"

#include <utility>
#include <vector>

#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "common/kafka/topic_names.h"
#include "producer/cli/dead_letters_text.h"
#include "producer/cli/human_format.h"
#include "producer/cli/interrupt.h"
#include "producer/cli/seen_codes.h"
#include "producer/intake/topic_scan.h"
#include "producer/retry/replay.h"

namespace headrace::cli {
namespace {

using retry::DeadLetter;

constexpr std::chrono::milliseconds kSilenceMax{5'000};
constexpr std::size_t kPrefetchBytes = 16u << 20;
constexpr std::size_t kShownByDefault = 50;
constexpr std::size_t kRowsPerTable = 1'000;
constexpr std::string_view kClient = "headrace-dead-letters";

using Visit = std::function<Status(const Record&, const DeadLetter&)>;

ExitCode Usage(const CommandContext& context, const std::string& message) {
  context.err << "headrace: " << message << '\n';
  return ExitCode::kUsage;
}

Result<std::unique_ptr<EventConsumer>> OpenReader(const Settings& settings,
                                                  const std::string& topic) {
  return kafka::OpenConsumer(settings.kafka,
                             {.topics = {topic},
                              .group = "",
                              .client_id = std::string(kClient),
                              .prefetch_bytes_max = kPrefetchBytes},
                             nullptr, nullptr);
}

// The project is a filter only where somebody set it: refused records of nameless projects would be
// hidden by its default.
Result<retry::LetterFilter> FilterOf(const CommandContext& context,
                                     const DeadLettersOptions& options) {
  retry::LetterFilter filter;
  filter.code = options.code;
  if (context.reading.origins.contains("project")) filter.project = context.settings.project;
  if (options.batch.empty()) return filter;
  filter.batch = BatchId::Parse(options.batch);
  if (!filter.batch) {
    return Invalid("--batch: " + options.batch +
                   " is not a batch id (a UUID that ends in eight zeros)");
  }
  return filter;
}

// A visitor's kNotFound ends the reading early; it is no error.
Status ReadLetters(const CommandContext& context, const Interrupt& interrupt, const Visit& visit) {
  const Settings& settings = context.settings;
  auto reader = OpenReader(settings, kafka::TopicNames(settings.topics.prefix).dead_letters);
  if (!reader.ok()) return std::move(reader).error();
  std::uint64_t foreign = 0;
  const SystemClock clock;
  bool enough = false;
  Status read = intake::ReadToEnd(
      **reader,
      {.name = "the dead-letter topic", .silence_max = kSilenceMax, .may_end_in_silence = true},
      clock, [&] { return interrupt.requested(); },
      [&](const Record& record) -> Status {
        const Result<DeadLetter> letter = retry::ReadDeadLetter(record);
        if (!letter.ok()) {
          ++foreign;
          return {};
        }
        Status visited = visit(record, *letter);
        enough = !visited.ok();
        return visited;
      });
  if (foreign > 0) {
    context.err << "headrace: " << FormatCount(foreign)
                << " records in the dead-letter topic are not dead letters and were passed over\n";
  }
  return enough && read.error().code == ErrorCode::kNotFound ? Status() : read;
}

// Rows as they come, in tables of bounded size; only the first has a heading.
class LetterTable {
 public:
  explicit LetterTable(std::ostream& out) : out_(out) {}

  void Add(std::vector<std::string> row) {
    rows_.push_back(std::move(row));
    if (rows_.size() >= kRowsPerTable) Print();
  }
  void Print() {
    if (rows_.empty()) return;
    if (first_) {
      rows_.insert(rows_.begin(), LetterHeading());
      out_ << '\n';
    }
    out_ << FormatTable(rows_, first_);
    first_ = false;
    rows_.clear();
  }

 private:
  std::ostream& out_;
  std::vector<std::vector<std::string>> rows_;
  bool first_ = true;
};

void NoteCodes(const CommandContext& context, const SeenCodes& codes) {
  if (const std::string note = codes.Note(); !note.empty()) {
    context.err << "headrace: " << note << '\n';
  }
}

// Two readings, because the summary stands first and the letters need not fit into memory.
Status ListForPeople(const CommandContext& context, const Interrupt& interrupt,
                     const retry::LetterFilter& filter, std::size_t limit) {
  CountByCode counts;
  std::uint64_t total = 0;
  SeenCodes codes(filter);
  Status read = ReadLetters(context, interrupt, [&](const Record&, const DeadLetter& letter) {
    codes.Add(letter);
    if (filter.Takes(letter)) {
      ++counts[std::string(letter.code)];
      ++total;
    }
    return Status();
  });
  if (!read.ok()) return read;
  context.out << LettersByCode(counts);
  NoteCodes(context, codes);
  if (limit == 0 || total == 0) return {};
  std::size_t shown = 0;
  LetterTable table(context.out);
  read = ReadLetters(context, interrupt, [&](const Record& record, const DeadLetter& letter) {
    if (!filter.Takes(letter)) return Status();
    table.Add(LetterRow(record, letter));
    return ++shown < limit ? Status() : Status(NotFound("enough"));
  });
  table.Print();
  if (total > shown) {
    context.out << "... " << FormatCount(total - shown) << " more; --limit N shows more of them\n";
  }
  return read;
}

Status ListForPrograms(const CommandContext& context, const Interrupt& interrupt,
                       const retry::LetterFilter& filter, std::optional<std::size_t> limit) {
  if (limit == 0) return {};
  std::size_t shown = 0;
  SeenCodes codes(filter);
  Status read =
      ReadLetters(context, interrupt, [&](const Record& record, const DeadLetter& letter) {
        codes.Add(letter);
        if (!filter.Takes(letter)) return Status();
        context.out << LetterJson(record, letter);
        return !limit || ++shown < *limit ? Status() : Status(NotFound("enough"));
      });
  if (read.ok()) NoteCodes(context, codes);
  return read;
}

retry::ReplayWorld WorldOf(const Settings& settings, const Clock& clock,
                           const Interrupt& interrupt) {
  const kafka::TopicNames names(settings.topics.prefix);
  return {.open_letters = [&settings, names] { return OpenReader(settings, names.dead_letters); },
          .open_journal = [&settings, names] { return OpenReader(settings, names.journal); },
          .open_producer =
              [&settings] { return kafka::OpenProducer(settings.kafka, std::string(kClient)); },
          .clock = clock,
          .stop = [&interrupt] { return interrupt.requested(); }};
}

ExitCode FailReplay(const CommandContext& context, const Error& error) {
  const ExitCode code = Fail(context, error);
  context.err << "run the same command again to go on where it stopped\n";
  return code;
}

}  // namespace

ExitCode ListDeadLetters(const CommandContext& context, const DeadLettersOptions& options) {
  const Result<retry::LetterFilter> filter = FilterOf(context, options);
  if (!filter.ok()) return Usage(context, filter.error().message);
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return Fail(context, interrupt.error());
  const Status listed = options.json ? ListForPrograms(context, *interrupt, *filter, options.limit)
                                     : ListForPeople(context, *interrupt, *filter,
                                                     options.limit.value_or(kShownByDefault));
  return listed.ok() ? ExitCode::kOk : Fail(context, listed.error());
}

ExitCode ShowDeadLetter(const CommandContext& context, const DeadLettersOptions& options) {
  const std::optional<Uuid> id = Uuid::Parse(options.item);
  if (!id || id->low32() == 0) {
    return Usage(context, options.item + " is not an item id (see dead-letters list --json)");
  }
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return Fail(context, interrupt.error());
  std::size_t found = 0;
  const Status read =
      ReadLetters(context, *interrupt, [&](const Record& record, const DeadLetter& letter) {
        if (letter.id.ref.batch.ItemUuid(letter.id.ref.index) != *id) return Status();
        if (found++ > 0) context.out << '\n';
        context.out << LetterDetails(record);
        if (options.payload) context.out << '\n' << record.value << '\n';
        return Status();
      });
  if (!read.ok()) return Fail(context, read.error());
  if (found == 0) return Fail(context, NotFound("item " + options.item + " has no dead letter"));
  return ExitCode::kOk;
}

ExitCode ReplayDeadLetters(const CommandContext& context, const DeadLettersOptions& options) {
  const Settings& settings = context.settings;
  const Result<retry::LetterFilter> filter = FilterOf(context, options);
  if (!filter.ok()) return Usage(context, filter.error().message);
  const Result<Interrupt> interrupt = Interrupt::Watch();
  if (!interrupt.ok()) return Fail(context, interrupt.error());
  const kafka::TopicNames names(settings.topics.prefix);
  const SystemClock clock;
  const retry::ReplayWorld world = WorldOf(settings, clock, *interrupt);
  const retry::ReplayOptions replay{
      .filter = *filter,
      .items_topics = {.batch = names.items_batch, .realtime = names.items_realtime},
      .journal_topic = names.journal,
      .delivery_timeout = settings.kafka.delivery_timeout,
      .silence_max = kSilenceMax};
  const Result<retry::ReplayPlan> plan = retry::PlanReplay(world, replay);
  if (!plan.ok()) return Fail(context, plan.error());
  std::uint64_t sent = 0;
  if (!options.dry_run && !plan->sendings.empty()) {
    const Result<std::uint64_t> executed = retry::ExecuteReplay(world, replay, *plan);
    if (!executed.ok()) return FailReplay(context, executed.error());
    sent = *executed;
  }
  const bool done = !options.dry_run;
  context.out << (options.json ? ReplayJson(*plan, done, sent) : ReplayText(*plan, done));
  if (done && sent < plan->sendings.size()) {
    context.err << "headrace: " << FormatCount(plan->sendings.size() - sent)
                << " letters were deleted by retention before they could be sent\n";
    return ExitCode::kItemErrors;
  }
  return ExitCode::kOk;
}

}  // namespace headrace::cli
