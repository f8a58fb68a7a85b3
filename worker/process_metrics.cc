#include "worker/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

#include "common/config/version.h"
#include "common/kafka/cluster.h"
#include "worker/metric_families.h"

namespace headrace::worker {
namespace {

using prometheus::Counter;
using prometheus::Gauge;

Gauge& NewGauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The start in clock ticks since the boot is the 22nd field; the second one, the name, may hold
// blanks and ends with the last parenthesis.
double StartTime() {
  std::ifstream stat("/proc/self/stat"), boot("/proc/stat");
  std::string line, word;
  std::getline(stat, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  double ticks = 0, boot_seconds = 0;
  for (int field = 3; field < 22 && fields >> word;) ++field;
  fields >> ticks;
  while (boot >> word && word != "btime") {
  }
  boot >> boot_seconds;
  return boot_seconds + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

struct ProcessMetrics::Instruments {
  Instruments(prometheus::Registry& registry, const std::string& config_hash)
      : resident(NewGauge(registry, "process_resident_memory_bytes", "Memory in RAM")),
        virtual_memory(NewGauge(registry, "process_virtual_memory_bytes", "Address space in use")),
        cpu(prometheus::BuildCounter()
                .Name("process_cpu_seconds_total")
                .Help("CPU time in user and kernel mode")
                .Register(registry)
                .Add({})),
        open_fds(NewGauge(registry, "process_open_fds", "Open file descriptors")),
        max_fds(NewGauge(registry, "process_max_fds", "Limit of open file descriptors")) {
    NewGauge(registry, "process_start_time_seconds", "When the process began").Set(StartTime());
    prometheus::BuildGauge()
        .Name("headrace_build_info")
        .Help("1; its labels say which build this is")
        .Register(registry)
        .Add({{"version", std::string(config::Version())},
              {"revision", std::string(config::Revision())},
              {"kafka_client", kafka::ClientVersion()}})
        .Set(1);
    prometheus::BuildGauge()
        .Name("headrace_config_hash_info")
        .Help("1; its label differs where settings differ, secrets apart")
        .Register(registry)
        .Add({{"hash", config_hash}})
        .Set(1);
  }

  Gauge& resident;
  Gauge& virtual_memory;
  Counter& cpu;
  Gauge& open_fds;
  Gauge& max_fds;
};

ProcessMetrics::ProcessMetrics(MetricsRegistry& registry, const std::string& config_hash)
    : instruments_(std::make_unique<Instruments>(registry.families().registry(), config_hash)) {}
ProcessMetrics::~ProcessMetrics() = default;

void ProcessMetrics::Refresh() {
  Instruments& to = *instruments_;
  const double page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  double pages = 0, resident = 0;
  if (std::ifstream("/proc/self/statm") >> pages >> resident) {
    to.virtual_memory.Set(pages * page);
    to.resident.Set(resident * page);
  }
  to.cpu.Increment(CpuSeconds() - to.cpu.Value());
  std::error_code error;
  std::size_t open = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++open;
  }
  to.open_fds.Set(static_cast<double>(open));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    to.max_fds.Set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace headrace::worker
