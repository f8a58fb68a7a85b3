#include "worker/outcome_reader.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "common/base/log.h"
#include "common/model/murmur2.h"

namespace headrace::worker {
namespace {

constexpr std::chrono::milliseconds kPause{50};
// Neighbours closer than this are read as one range: a byte more costs less than a call more.
constexpr std::uint32_t kGapMax = 256;
constexpr std::uint32_t kRangeMax = 64 * 1024;

bool HasEnded(std::uint8_t state_byte, std::uint8_t round) {
  const std::uint8_t state = state_byte & ((1u << kStateBits) - 1);
  return state != static_cast<std::uint8_t>(ItemState::kNone) &&
         (state_byte >> kStateBits) >= round;
}

}  // namespace

OutcomeReader::OutcomeReader(Ports ports, std::string outcomes_topic, std::size_t questions_max)
    : ports_(std::move(ports)),
      outcomes_topic_(std::move(outcomes_topic)),
      questions_(questions_max),
      answers_(questions_max) {}

OutcomeReader::~OutcomeReader() { Stop(); }

Status OutcomeReader::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void OutcomeReader::Stop() {
  thread_.request_stop();
  questions_.Close();
  answers_.Close();
  if (thread_.joinable()) thread_.join();
}

void OutcomeReader::Ask(std::vector<ItemRef> items) { questions_.Push(std::move(items)); }

void OutcomeReader::Collect(std::vector<ItemOutcome>& answers) {
  std::vector<std::vector<ItemOutcome>> drained;
  answers_.DrainInto(drained);
  for (std::vector<ItemOutcome>& some : drained) {
    std::move(some.begin(), some.end(), std::back_inserter(answers));
  }
}

void OutcomeReader::Run(const std::stop_token& stop) {
  bool waiting = false;
  std::vector<Question> more;
  while (auto question = questions_.Pop()) {
    more.clear();
    questions_.DrainInto(more);
    for (const Question& other : more) {
      question->insert(question->end(), other.begin(), other.end());
    }
    while (!stop.stop_requested()) {
      Result<std::vector<ItemOutcome>> answer = Answer(*question);
      if (answer.ok()) {
        if (waiting) log::Info("repeats_known");
        waiting = false;
        answers_.Push(std::move(*answer));
        ports_.wakeup.Signal();
        break;
      }
      if (!std::exchange(waiting, true)) {
        log::Info("repeats_wait", {{"reason", answer.error().message}});
      }
      std::this_thread::sleep_for(kPause);
    }
  }
}

Result<std::vector<ItemOutcome>> OutcomeReader::Answer(const Question& question) {
  if (Status caught_up = AwaitProjector(question); !caught_up.ok()) return caught_up.error();
  Question sorted = question;
  std::sort(sorted.begin(), sorted.end(), [](const ItemRef& a, const ItemRef& b) {
    return std::tie(a.batch, a.index) < std::tie(b.batch, b.index);
  });
  std::vector<ItemOutcome> answers;
  for (auto begin = sorted.begin(); begin != sorted.end();) {
    const auto end = std::find_if(begin, sorted.end(),
                                  [&](const ItemRef& ref) { return ref.batch != begin->batch; });
    if (Status read = ReadBatch({begin, end}, answers); !read.ok()) return read.error();
    begin = end;
  }
  ends_.clear();  // the next question sees the ends of its own time
  return answers;
}

Status OutcomeReader::AwaitProjector(const Question& question) {
  if (ends_.empty()) {
    auto ends = ports_.outcomes->EndOffsets(0);
    if (!ends.ok()) return std::move(ends).error();
    ends_ = std::move(*ends);
  }
  std::set<std::int32_t> partitions;
  for (const ItemRef& ref : question) {
    partitions.insert(PartitionOf(ref.batch.ToString(), static_cast<std::int32_t>(ends_.size())));
  }
  for (const std::int32_t partition : partitions) {
    const std::int64_t end = ends_[static_cast<std::size_t>(partition)];
    if (end == 0) continue;
    const auto mark = ports_.store->ReadMark(outcomes_topic_, partition);
    if (!mark.ok()) return mark.error();
    if (!*mark || **mark < end) return Transient("the projector is behind");
  }
  return {};
}

Status OutcomeReader::ReadBatch(std::span<const ItemRef> items, std::vector<ItemOutcome>& answers) {
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    while (end < items.size() && items[end].index - items[end - 1].index <= kGapMax &&
           items[end].index - items[begin].index < kRangeMax) {
      ++end;
    }
    const IndexRange range{items[begin].index, items[end - 1].index};
    const auto states = ports_.store->ReadStates(items[begin].batch, range);
    if (!states.ok()) return states.error();
    for (; begin < end; ++begin) {
      const std::size_t place = items[begin].index - range.first;
      const std::uint8_t state = place < states->size() ? (*states)[place] : std::uint8_t{0};
      answers.push_back({items[begin], HasEnded(state, items[begin].round)});
    }
  }
  return {};
}

}  // namespace headrace::worker
