#include "tests/bench/work_checks.h"

#include <charconv>
#include <utility>

namespace headrace::bench {
namespace {

// The preload writes the short fields first.
constexpr std::size_t kFieldsWithin = 160;

std::optional<std::uint64_t> NumberAt(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> FieldOf(std::string_view payload, std::string_view name) {
  payload = payload.substr(0, kFieldsWithin);
  const std::size_t found = payload.find(name);
  if (found == std::string_view::npos) return std::nullopt;
  return NumberAt(payload.substr(found + name.size()));
}

std::optional<std::uint64_t> GraphOf(const WriteItem& item, std::uint64_t graphs) {
  const auto graph = NumberAt(std::string_view(item.graph->id).substr(1));
  return graph && *graph < graphs ? graph : std::nullopt;
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void AppendReading(std::string& out, std::string_view name, const std::optional<Reading>& reading) {
  if (!reading) return;
  out.append(",\"").append(name).append("_s\":").append(std::to_string(reading->seconds));
  out.append(",\"").append(name).append("_cpu_s\":").append(std::to_string(reading->cpu_seconds));
}

}  // namespace

Reading Reading::Now() {
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {std::chrono::duration<double>(since_boot).count(),
          SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime)};
}

WorkChecks::WorkChecks(const Expected& expected, std::function<void()> on_all_done)
    : expected_(expected),
      on_all_done_(std::move(on_all_done)),
      seen_(expected.items, 0),
      last_seq_(expected.graphs, -1),
      at_work_(expected.graphs, 0) {}

void WorkChecks::Begin(const Chunk& chunk) {
  MutexLock lock(mutex_);
  if (!first_) first_ = Reading::Now();
  const GraphKey* previous = nullptr;
  for (const WriteItem& item : chunk.items) {
    // Items of one graph stand together; they are one piece of work.
    if (previous != nullptr && *previous == *item.graph) continue;
    previous = &*item.graph;
    const auto graph = GraphOf(item, expected_.graphs);
    if (graph && at_work_[*graph]++ > 0) ++counts_.overlaps;
  }
}

void WorkChecks::End(const ChunkResult& result, const Chunk& chunk) {
  bool all_done = false;
  {
    MutexLock lock(mutex_);
    const GraphKey* previous = nullptr;
    for (const WriteItem& item : chunk.items) {
      const bool same = previous != nullptr && *previous == *item.graph;
      previous = &*item.graph;
      if (const auto graph = GraphOf(item, expected_.graphs); graph && !same) --at_work_[*graph];
      if (!result.error) all_done = EndOne(item) || all_done;
    }
  }
  if (all_done) on_all_done_();
}

bool WorkChecks::EndOne(const WriteItem& item) {
  const auto index = FieldOf(item.payload, "\"index\":");
  const auto seq = FieldOf(item.payload, "\"seq\":");
  const auto graph = GraphOf(item, expected_.graphs);
  if (!index || !seq || !graph || *index >= expected_.items) {
    ++counts_.strange;
    return false;
  }
  if (seen_[*index] != 0) {
    ++counts_.duplicates;
    return false;
  }
  seen_[*index] = 1;
  const auto place = static_cast<std::int64_t>(*seq);
  if (place < last_seq_[*graph]) {
    ++counts_.inversions;
  } else {
    last_seq_[*graph] = place;
  }
  ++counts_.distinct;
  if (counts_.distinct == expected_.items / 2) half_ = Reading::Now();
  if (counts_.distinct < expected_.items) return false;
  last_ = Reading::Now();
  return true;
}

std::string WorkChecks::Report() const {
  MutexLock lock(mutex_);
  std::string out = "{\"distinct\":" + std::to_string(counts_.distinct);
  out.append(",\"missing\":").append(std::to_string(expected_.items - counts_.distinct));
  out.append(",\"duplicates\":").append(std::to_string(counts_.duplicates));
  out.append(",\"inversions\":").append(std::to_string(counts_.inversions));
  out.append(",\"overlaps\":").append(std::to_string(counts_.overlaps));
  out.append(",\"strange\":").append(std::to_string(counts_.strange));
  AppendReading(out, "first", first_);
  AppendReading(out, "half", half_);
  AppendReading(out, "last", last_);
  return out;
}

}  // namespace headrace::bench
