#include "producer/cli/progress_bar.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/fakes/manual_clock.h"

namespace headrace::cli {
namespace {

using std::chrono::milliseconds;

Progress HalfWay() {
  Progress progress;
  progress.label = "loading";
  progress.items = 2'249;
  progress.items_total = 4'498;
  progress.bytes = 800'000;
  progress.note = "2 rejected";
  return progress;
}

constexpr Rates kRates{.items_per_second = 1'000, .bytes_per_second = 400'000};

TEST(ProgressBar, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(RenderLive(HalfWay(), kRates, 120, false),
            "loading   50%  [==================>                   ]  2,249/4,498  1,000/s  "
            "400.0 kB/s  0:03 left  2 rejected");
}

TEST(ProgressBar, GivesUpTheLeastImportantFirst) {
  EXPECT_EQ(RenderLive(HalfWay(), kRates, 79, false),
            "loading   50%  [=======>         ]  2,249/4,498  1,000/s  0:03 left  2 rejected");
  EXPECT_EQ(RenderLive(HalfWay(), kRates, 40, false), "loading   50%  [====>     ]  2,249/4,498");
  EXPECT_EQ(RenderLive(HalfWay(), kRates, 20, false), "loading   50%  2,249");
}

TEST(ProgressBar, NeverExceedsTheWidth) {
  Progress progress = HalfWay();
  for (const bool total : {true, false}) {
    if (!total) progress.items_total.reset();
    for (std::size_t width = 1; width <= 200; ++width) {
      EXPECT_LE(RenderLive(progress, kRates, width, false).size(), width) << width;
    }
  }
}

TEST(ProgressBar, IsFullOnlyAtTheEnd) {
  Progress progress = HalfWay();
  progress.items = 4'497;
  EXPECT_NE(RenderLive(progress, kRates, 120, false).find(" 99%  ["), std::string::npos);
  progress.items = 4'498;
  const std::string done = RenderLive(progress, kRates, 120, false);
  EXPECT_NE(done.find("100%  [======================================]"), std::string::npos);
  EXPECT_EQ(done.find("left"), std::string::npos);
}

TEST(ProgressBar, NeedsNoTotal) {
  Progress progress = HalfWay();
  progress.items_total.reset();
  EXPECT_EQ(RenderLive(progress, kRates, 120, false),
            "loading  2,249  1,000/s  400.0 kB/s  2 rejected");
  EXPECT_EQ(RenderPlain(progress, kRates), "loading: 2,249 items, 1,000/s, 400.0 kB/s, 2 rejected");
}

TEST(ProgressBar, MeasuresBytesWhereThoseAreKnown) {
  Progress progress;
  progress.label = "checking";
  progress.bytes = 700'000'000;
  progress.bytes_total = 1'400'000'000;
  const Rates rates{.items_per_second = 1, .bytes_per_second = 100e6};
  EXPECT_EQ(RenderPlain(progress, rates),
            "checking: 50%, 700.0 MB of 1.4 GB, 100.0 MB/s, 0:07 left");
}

TEST(ProgressBar, ColoursOnlyWhenAllowed) {
  EXPECT_EQ(RenderLive(HalfWay(), kRates, 100, false).find('\x1b'), std::string::npos);
  EXPECT_NE(RenderLive(HalfWay(), kRates, 100, true).find("\x1b[32m"), std::string::npos);
}

TEST(RateMeter, FollowsTheLastSeconds) {
  fakes::ManualClock clock;
  RateMeter meter;
  EXPECT_EQ(meter.Read().items_per_second, 0);
  std::uint64_t items = 0;
  for (int i = 0; i < 1'000; ++i) {
    meter.Add(clock.Now(), items, 10 * items);
    clock.Advance(milliseconds(10));
    items += 100;
  }
  EXPECT_NEAR(meter.Read().items_per_second, 10'000, 300);
  EXPECT_NEAR(meter.Read().bytes_per_second, 100'000, 3'000);
  for (int i = 0; i < 600; ++i) {
    meter.Add(clock.Now(), items, 0);
    clock.Advance(milliseconds(10));
  }
  EXPECT_EQ(meter.Read().items_per_second, 0) << "a stall shows";
  meter.Add(clock.Now(), 5, 0);
  EXPECT_EQ(meter.Read().items_per_second, 0) << "going back is no speed";
}

class ProgressBarTest : public testing::Test {
 protected:
  std::string Taken() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }

  fakes::ManualClock clock_;
  std::ostringstream out_;
};

TEST_F(ProgressBarTest, RedrawsTenTimesASecondOnATerminal) {
  ProgressBar bar(out_, clock_, {.mode = ProgressStyle::Mode::kLive, .columns = 60});
  bar.Show(HalfWay());
  EXPECT_EQ(Taken().substr(0, 11), "\r\x1b[Kloading");
  clock_.Advance(milliseconds(99));
  bar.Show(HalfWay());
  EXPECT_EQ(Taken(), "");
  clock_.Advance(milliseconds(1));
  bar.Show(HalfWay());
  EXPECT_NE(Taken(), "");
}

TEST_F(ProgressBarTest, PrintsAPlainLineEveryFewSecondsElsewhere) {
  ProgressBar bar(out_, clock_, {});
  bar.Show(HalfWay());
  EXPECT_EQ(Taken(), "") << "short work needs no progress";
  clock_.Advance(milliseconds(5'000));
  bar.Show(HalfWay());
  const std::string line = Taken();
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_EQ(line.back(), '\n');
  bar.Finish(HalfWay());
  EXPECT_EQ(Taken(), "");
}

TEST_F(ProgressBarTest, MessagesDoNotMixWithTheBar) {
  ProgressBar bar(out_, clock_, {.mode = ProgressStyle::Mode::kLive, .columns = 60});
  bar.Message("before");
  EXPECT_EQ(Taken(), "before\n");
  bar.Show(HalfWay());
  const std::string drawn = Taken();
  bar.Message("between");
  EXPECT_EQ(Taken(), "\r\x1b[Kbetween\n" + drawn.substr(4));
  bar.Finish(HalfWay());
  EXPECT_EQ(Taken(), drawn + "\n");
  bar.Message("after");
  EXPECT_EQ(Taken(), "after\n");
}

TEST_F(ProgressBarTest, QuietShowsMessagesOnly) {
  ProgressBar bar(out_, clock_, {.mode = ProgressStyle::Mode::kQuiet});
  bar.Show(HalfWay());
  clock_.Advance(milliseconds(60'000));
  bar.Show(HalfWay());
  bar.Finish(HalfWay());
  EXPECT_EQ(Taken(), "");
  bar.Message("broken");
  EXPECT_EQ(Taken(), "broken\n");
}

}  // namespace
}  // namespace headrace::cli
