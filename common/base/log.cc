#include "common/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/base/json_text.h"

namespace headrace::log {
namespace {

struct State {
  std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_logger_mt("headrace");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  Format format = Format::kText;
};

State& state() {
  static State instance;
  return instance;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \t\r\n\"=") != std::string_view::npos;
}

}  // namespace

void Configure(const LogSettings& settings) {
  state().format = settings.format;
  state().logger->set_level(ToSpdlog(settings.level));
  if (settings.format == Format::kJson) {
    state().logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                                spdlog::pattern_time_type::utc);
  }
}

void Write(Level level, std::string_view event, Fields fields) {
  const auto spd_level = ToSpdlog(level);
  if (!state().logger->should_log(spd_level)) return;
  std::string line;
  const bool json = state().format == Format::kJson;
  if (json) {
    line.append("\"event\":");
    AppendJsonString(line, event);
  } else {
    line.append(event);
  }
  for (const Field& field : fields) {
    if (json) {
      line.push_back(',');
      AppendJsonString(line, field.key);
      line.push_back(':');
      field.quoted ? AppendJsonString(line, field.value) : void(line.append(field.value));
    } else {
      line.append(" ").append(field.key).append("=");
      field.quoted&& NeedsQuotes(field.value) ? AppendJsonString(line, field.value)
                                              : void(line.append(field.value));
    }
  }
  state().logger->log(spd_level, "{}", line);
}

}  // namespace headrace::log
