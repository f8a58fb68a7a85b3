// Runs the worker over a world of faults, once a seed.
//
//   simulation                      the 1,000 seeds of the test run
//   simulation --seeds N            seeds 1 to N
//   simulation --seed N [--trace]   one seed; with everything that happens
//
// Every seed of the first hundred is run twice, to see that it means the same run.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "common/base/log.h"
#include "tests/simulation/world.h"

namespace headrace::simulation {
namespace {

constexpr std::uint64_t kSeedsTwice = 100;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t last = 1'000;
  bool trace = false;
};

const char* program = "simulation";
std::string replay;  // what the running seed is replayed with

// A failed CHECK of the product ends the process, but not without a word.
void OnAbort(int) {
  const std::string_view head = "invariant broken: no CHECK of the product fails\nreplay: ";
  (void)!::write(STDERR_FILENO, head.data(), head.size());
  (void)!::write(STDERR_FILENO, replay.data(), replay.size());
  std::signal(SIGABRT, SIG_DFL);
}

bool RunSeed(std::uint64_t seed, bool print, const Wakeup& wakeup, std::uint64_t& hash) {
  replay = std::string(program) + " --seed " + std::to_string(seed) + " --trace\n";
  World world(seed, print, wakeup);
  try {
    world.Run();
  } catch (const Violation& violation) {
    std::fflush(stdout);
    std::fprintf(stderr, "invariant broken: %s\n  %s\nreplay: %s", violation.invariant.c_str(),
                 violation.detail.c_str(), replay.c_str());
    return false;
  }
  hash = world.hash();
  return true;
}

bool ParseNumber(const char* text, std::uint64_t& number) {
  char* end = nullptr;
  number = std::strtoull(text, &end, 10);
  return *text != '-' && end != text && *end == '\0' && number > 0;
}

bool Parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--trace") {
      options.trace = true;
    } else if ((flag == "--seed" || flag == "--seeds") && i + 1 < argc) {
      if (!ParseNumber(argv[++i], options.last)) return false;
      options.first = flag == "--seed" ? options.last : 1;
    } else {
      return false;
    }
  }
  return true;
}

int Run(const Options& options) {
  const auto wakeup = Wakeup::Open();
  if (!wakeup.ok()) return 1;
  for (std::uint64_t seed = options.first; seed <= options.last; ++seed) {
    std::uint64_t hash = 0, again = 0;
    if (!RunSeed(seed, options.trace, *wakeup, hash)) return 1;
    if (seed > kSeedsTwice || options.trace) continue;
    if (!RunSeed(seed, false, *wakeup, again)) return 1;
    if (hash != again) {
      std::fprintf(stderr, "invariant broken: a seed means one run\nreplay: %s", replay.c_str());
      return 1;
    }
  }
  std::printf("%llu seeds, every invariant held\n",
              static_cast<unsigned long long>(options.last - options.first + 1));
  return 0;
}

}  // namespace
}  // namespace headrace::simulation

int main(int argc, char** argv) {
  using namespace headrace;
  simulation::Options options;
  simulation::program = argv[0];
  if (!simulation::Parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: simulation [--seeds N | --seed N [--trace]]\n");
    return 2;
  }
  std::signal(SIGABRT, simulation::OnAbort);
  log::Configure({.level = log::Level::kOff});
  return simulation::Run(options);
}
