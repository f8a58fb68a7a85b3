// A disk of its own for a test, in memory: small, so that it gets full, and read-only when asked.
#pragma once

#include <sys/mount.h>
#include <sys/stat.h>

#include <string>

#include "tests/fakes/scratch_dir.h"

namespace headrace::support {

// Needs to be root, as a test that uses it says when mounted() is false.
class SmallDisk {
 public:
  SmallDisk() {
    const std::string above = dir_.File("");
    mounted_ = ::chmod(above.c_str(), 0755) == 0 && ::mkdir(path().c_str(), 0777) == 0 &&
               ::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=4m,mode=777") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  std::string path() const { return dir_.File("disk"); }
  bool Grow() const { return Remount(0, "size=64m"); }
  // Refused while a file is open for writing.
  bool MakeReadOnly() const { return Remount(MS_RDONLY, "size=4m"); }
  bool MakeWritable() const { return Remount(0, "size=4m"); }

 private:
  bool Remount(unsigned long flags, const char* options) const {
    return ::mount("tmpfs", path().c_str(), "tmpfs", MS_REMOUNT | flags, options) == 0;
  }

  const testing::ScratchDir dir_;
  bool mounted_ = false;
};

}  // namespace headrace::support
