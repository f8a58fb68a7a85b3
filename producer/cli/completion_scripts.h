#pragma once

#include <string>

#include "producer/cli/completion_tree.h"

namespace headrace::cli {

// Complete scripts, for `source <(headrace completion bash)` and its like. The root's options are
// offered at every command, because settings are accepted everywhere.
std::string BashCompletion(const CompletionCommand& root);
std::string ZshCompletion(const CompletionCommand& root);
std::string FishCompletion(const CompletionCommand& root);

}  // namespace headrace::cli
