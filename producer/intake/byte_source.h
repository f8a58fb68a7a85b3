// Where the bytes of a load come from: a file, a pipe, or a test's memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headrace::intake {

// Where a line stands for a person who looks for it.
struct LinePlace {
  std::string_view file;
  std::uint64_t number = 0;  // from 1
};

// One thread calls everything.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills the start of `room` and returns how many bytes that were; 0 is the end. Empty when
  // nothing came for a while: the caller looks after its other business and calls again.
  virtual Result<std::optional<std::size_t>> Read(std::span<char> room) = 0;

  // Of the line that the last Read was of, where the source joins the lines of many files and gives
  // one at a time. Elsewhere whoever reads counts himself. Valid until the next Read.
  virtual std::optional<LinePlace> place() const { return std::nullopt; }
};

inline constexpr const char* kStandardInput = "-";

// Opens a file, or standard input for "-". kInvalid, with the path and the system's words, when
// that does not work. A pipe that is silent for `idle` makes Read answer "nothing yet".
Result<std::unique_ptr<ByteSource>> OpenInput(const std::string& path,
                                              std::chrono::milliseconds idle);

// How inputs are opened; tests put memory in its place.
using OpenSource = std::function<Result<std::unique_ptr<ByteSource>>(const std::string& path)>;

// What can be said about the inputs before reading them.
struct InputFacts {
  bool rereadable = true;  // all are regular files or archives: they can be read twice
  std::optional<std::uint64_t> bytes_total = 0;  // when their sizes tell
};

// kInvalid when a file is not there.
Result<InputFacts> InspectInputs(std::span<const std::string> paths);

}  // namespace headrace::intake
