// std::mutex behind names that clang's thread-safety analysis understands; GCC ignores them.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define HEADRACE_TSA(x) __attribute__((x))
#else
#define HEADRACE_TSA(x)
#endif
#define GUARDED_BY(mutex) HEADRACE_TSA(guarded_by(mutex))
#define REQUIRES(mutex) HEADRACE_TSA(requires_capability(mutex))

namespace headrace {

class HEADRACE_TSA(capability("mutex")) Mutex {
 public:
  void lock() HEADRACE_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() HEADRACE_TSA(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class HEADRACE_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HEADRACE_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() HEADRACE_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Works with Mutex directly, because Mutex is a BasicLockable.
using CondVar = std::condition_variable_any;

}  // namespace headrace
