// Keeps refused lines as they were, so that they can be mended and loaded again.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headrace::intake {

// One thread. Overwrites what is there.
class RejectsFile {
 public:
  static Result<RejectsFile> Create(const std::string& path);

  // A line, or a piece of one; the newline is written after the last piece. Failures show in
  // Close().
  void Write(std::string_view raw, bool complete);
  // kPermanent when not everything is in the file.
  Status Close();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  RejectsFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace headrace::intake
