// CHECK: a broken invariant of our own ends the process, in every build. Bad input is never a
// CHECK.
#pragma once

namespace headrace::internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
}  // namespace headrace::internal

#define CHECK(condition)                                                 \
  do {                                                                   \
    if (!(condition)) [[unlikely]]                                       \
      ::headrace::internal::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)
