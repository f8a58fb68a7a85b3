#include "producer/cli/progress_bar.h"

#include <algorithm>
#include <vector>

#include "producer/cli/human_format.h"

namespace headrace::cli {
namespace {

constexpr std::chrono::seconds kRateWindow{5};
constexpr std::chrono::milliseconds kSampleSpacing{100};
constexpr std::size_t kBarColumnsMin = 10;
constexpr std::size_t kBarColumnsMax = 40;
constexpr std::string_view kReturnAndErase = "\r\x1b[K";

bool MeasuresBytes(const Progress& progress) { return progress.bytes_total.has_value(); }

std::optional<std::uint64_t> Total(const Progress& progress) {
  return MeasuresBytes(progress) ? progress.bytes_total : progress.items_total;
}

std::uint64_t Done(const Progress& progress) {
  return MeasuresBytes(progress) ? progress.bytes : progress.items;
}

std::string Counts(const Progress& progress, std::string_view of) {
  if (MeasuresBytes(progress)) {
    return FormatSize(static_cast<double>(progress.bytes)) + std::string(of) +
           FormatSize(static_cast<double>(*progress.bytes_total));
  }
  std::string text = FormatCount(progress.items);
  if (progress.items_total) text += std::string(of) + FormatCount(*progress.items_total);
  return text;
}

std::string ByteRate(const Progress& progress, const Rates& rates) {
  return progress.bytes > 0 ? FormatSize(rates.bytes_per_second) + "/s" : std::string();
}

// Empty when there is nothing to go by: a guess would be worse than silence.
std::string TimeLeft(const Progress& progress, const Rates& rates) {
  const std::optional<std::uint64_t> total = Total(progress);
  const double rate = MeasuresBytes(progress) ? rates.bytes_per_second : rates.items_per_second;
  if (!total || Done(progress) >= *total || rate <= 0) return {};
  const double seconds = static_cast<double>(*total - Done(progress)) / rate;
  if (seconds > 360'000) return {};
  return FormatSpan(std::chrono::seconds(static_cast<std::int64_t>(seconds + 0.999))) + " left";
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string Bar(int percent, std::size_t columns, bool color) {
  const std::size_t inner = columns - 2;
  const std::size_t filled = inner * static_cast<std::size_t>(percent) / 100;
  std::string done(filled, '=');
  if (filled > 0 && filled < inner) done.back() = '>';
  if (color) done = "\x1b[32m" + done + "\x1b[0m";
  return "[" + done + std::string(inner - filled, ' ') + "]";
}

}  // namespace

std::string RenderLive(const Progress& progress, const Rates& rates, std::size_t width,
                       bool color) {
  const std::string counts = Counts(progress, "/");
  const std::string rate =
      MeasuresBytes(progress) ? std::string() : FormatRate(rates.items_per_second);
  const std::string byte_rate = ByteRate(progress, rates);
  const std::string left = TimeLeft(progress, rates);
  std::string head(progress.label);
  const std::optional<std::uint64_t> total = Total(progress);
  const int percent = total ? Percent(Done(progress), *total) : 0;
  if (total) {
    const std::string number = std::to_string(percent);
    head += std::string(2 + (3 - std::min<std::size_t>(3, number.size())), ' ') + number + "%";
  }
  // From everything to the bare minimum; the first that fits wins.
  const std::vector<std::vector<std::string>> tails{{counts, rate, byte_rate, left, progress.note},
                                                    {counts, rate, left, progress.note},
                                                    {counts, left, progress.note},
                                                    {counts, progress.note},
                                                    {counts}};
  for (const std::vector<std::string>& parts : tails) {
    const std::string tail = Join(parts, "  ");
    const std::size_t used = head.size() + 2 + tail.size();
    if (total && used + 2 + kBarColumnsMin <= width) {
      const std::size_t columns = std::min(kBarColumnsMax, width - used - 2);
      return head + "  " + Bar(percent, columns, color) + "  " + tail;
    }
    if (!total && used <= width) return head + "  " + tail;
  }
  return (head + "  " + counts).substr(0, width);
}

std::string RenderPlain(const Progress& progress, const Rates& rates) {
  std::string text(progress.label);
  const std::optional<std::uint64_t> total = Total(progress);
  text += ": ";
  if (total) text += std::to_string(Percent(Done(progress), *total)) + "%, ";
  const bool bytes = MeasuresBytes(progress);
  return text + Join({Counts(progress, " of ") + (bytes ? "" : " items"),
                      bytes ? std::string() : FormatRate(rates.items_per_second),
                      ByteRate(progress, rates), TimeLeft(progress, rates), progress.note},
                     ", ");
}

void RateMeter::Add(SteadyTime now, std::uint64_t items, std::uint64_t bytes) {
  // Callers come as often as they like; the window must not grow with that.
  if (samples_.size() > 1 && now - samples_[samples_.size() - 2].at < kSampleSpacing) {
    samples_.pop_back();
  }
  samples_.push_back({now, items, bytes});
  while (samples_.size() > 2 && now - samples_[1].at >= kRateWindow) samples_.pop_front();
}

Rates RateMeter::Read() const {
  if (samples_.size() < 2) return {};
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  const double seconds = std::chrono::duration<double>(last.at - first.at).count();
  if (seconds <= 0) return {};
  // A number may go back when its source is rebuilt: that is no speed.
  const auto gained = [](std::uint64_t from, std::uint64_t to) {
    return to > from ? static_cast<double>(to - from) : 0.0;
  };
  return {.items_per_second = gained(first.items, last.items) / seconds,
          .bytes_per_second = gained(first.bytes, last.bytes) / seconds};
}

ProgressBar::ProgressBar(std::ostream& out, const Clock& clock, ProgressStyle style)
    : out_(out), clock_(clock), style_(style) {}

void ProgressBar::Show(const Progress& progress) {
  if (style_.mode == ProgressStyle::Mode::kQuiet) return;
  const SteadyTime now = clock_.Now();
  meter_.Add(now, progress.items, progress.bytes);
  const bool live = style_.mode == ProgressStyle::Mode::kLive;
  // A plain line after a moment's work would be noise: the first one waits its interval too.
  if (!live && !last_draw_) last_draw_ = now;
  const auto interval = live ? style_.live_interval : style_.plain_interval;
  if (last_draw_ && now - *last_draw_ < interval) return;
  last_draw_ = now;
  Draw(progress);
}

void ProgressBar::Message(std::string_view text) {
  if (!drawn_.empty()) out_ << kReturnAndErase;
  out_ << text << '\n';
  // The bar comes back at once and not at the next Show, or a burst of messages would hide it.
  if (!drawn_.empty()) out_ << drawn_;
  out_.flush();
}

void ProgressBar::Finish(const Progress& progress) {
  if (style_.mode == ProgressStyle::Mode::kLive) {
    meter_.Add(clock_.Now(), progress.items, progress.bytes);
    Draw(progress);
    out_ << '\n' << std::flush;
  }
  drawn_.clear();
  last_draw_.reset();
  meter_.Reset();
}

void ProgressBar::Draw(const Progress& progress) {
  if (style_.mode == ProgressStyle::Mode::kLive) {
    // The last column stays free: writing there makes some terminals wrap.
    drawn_ = RenderLive(progress, meter_.Read(), style_.columns - 1, style_.color);
    out_ << kReturnAndErase << drawn_ << std::flush;
  } else {
    out_ << RenderPlain(progress, meter_.Read()) << std::endl;
  }
}

}  // namespace headrace::cli
