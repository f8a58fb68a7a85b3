// The one line that tells how far something is: redrawn in place on a terminal, printed every few
// seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace headrace::cli {

struct Progress {
  std::string_view label;  // "loading"
  std::uint64_t items = 0;
  std::optional<std::uint64_t> items_total;
  std::uint64_t bytes = 0;                   // 0: bytes do not matter here
  std::optional<std::uint64_t> bytes_total;  // measures instead of items_total when it is set
  std::string note;                          // "3 rejected"; empty for none
};

// What the last seconds say about the speed.
struct Rates {
  double items_per_second = 0;
  double bytes_per_second = 0;
};

// At most `width` columns, without a line end; the bar and then the less important numbers give way
// when it is narrow.
std::string RenderLive(const Progress& progress, const Rates& rates, std::size_t width, bool color);
// One line for a log: no bar, no control characters.
std::string RenderPlain(const Progress& progress, const Rates& rates);

// Speed over a sliding window, so that the time left follows a change of speed within seconds.
class RateMeter {
 public:
  void Add(SteadyTime now, std::uint64_t items, std::uint64_t bytes);
  Rates Read() const;
  void Reset() { samples_.clear(); }

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t items;
    std::uint64_t bytes;
  };
  std::deque<Sample> samples_;
};

struct ProgressStyle {
  enum class Mode { kLive, kPlain, kQuiet };
  Mode mode = Mode::kPlain;
  std::size_t columns = 80;
  bool color = false;
  std::chrono::milliseconds live_interval{100};
  std::chrono::milliseconds plain_interval{5'000};
};

// Owned and called by one thread. Nobody else may write to the stream while a line is up: other
// messages go through Message().
class ProgressBar {
 public:
  ProgressBar(std::ostream& out, const Clock& clock, ProgressStyle style);

  // Cheap when it is not time to draw.
  void Show(const Progress& progress);
  // Prints a line of text without mixing it with the bar. Not silenced by kQuiet.
  void Message(std::string_view text);
  // Draws `progress` a last time and leaves it on the screen; the next Show starts anew.
  void Finish(const Progress& progress);

 private:
  void Draw(const Progress& progress);

  std::ostream& out_;
  const Clock& clock_;
  const ProgressStyle style_;
  RateMeter meter_;
  std::string drawn_;  // what stands on the terminal's last line now
  std::optional<SteadyTime> last_draw_;
};

}  // namespace headrace::cli
