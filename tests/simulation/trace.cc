#include "tests/simulation/trace.h"

#include <cstdio>
#include <string_view>

namespace headrace::simulation {

void Trace::Note(const char* event, std::initializer_list<Value> values) {
  ++events_;
  const auto since_start = clock_.Now().time_since_epoch();
  Mix(static_cast<std::uint64_t>(since_start.count()));
  for (const char character : std::string_view(event)) Mix(static_cast<unsigned char>(character));
  for (const Value& value : values) Mix(static_cast<std::uint64_t>(value.value));
  if (!print_) return;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count();
  std::printf("%7lld %8lld ms  %s", static_cast<long long>(events_), static_cast<long long>(ms),
              event);
  for (const Value& value : values) {
    std::printf(" %s=%lld", value.name, static_cast<long long>(value.value));
  }
  std::printf("\n");
}

void Trace::Mix(std::uint64_t value) {
  hash_ = (hash_ ^ value) * 0x100000001B3u;
  hash_ ^= hash_ >> 29;
}

}  // namespace headrace::simulation
