#pragma once

#include <string>
#include <vector>

#include "producer/intake/load_scan.h"

namespace headrace::intake {

// Remembers what a load said.
class RecordingObserver final : public LoadObserver {
 public:
  void OnRefused(const ItemLine& line) override {
    refused.push_back(std::string(line.file) + ":" + std::to_string(line.number) + ": " +
                      line.refusal->code);
    raw += line.raw;
  }
  void OnRefusedTail(const ItemLine& line) override { raw += line.raw; }
  void OnProgress(const LoadProgress& now) override { progress = now; }

  std::vector<std::string> refused;
  std::string raw;  // of all refused lines
  LoadProgress progress;
};

}  // namespace headrace::intake
