#include "producer/cli/completion_command.h"

#include "producer/cli/completion_scripts.h"
#include "producer/cli/completion_tree.h"

namespace headrace::cli {

void RegisterCompletion(CommandTree& tree) {
  tree.AddGroup("completion", "Print a completion script for a shell");
  const auto add = [&](const std::string& shell, const std::string& use,
                       std::string (*script)(const CompletionCommand&)) {
    tree.Add("completion " + shell, use, Needs::kNothing,
             [script, root = &tree.root()](const CommandContext& context) {
               context.out << script(ReadCompletionTree(*root));
               return ExitCode::kOk;
             });
  };
  add("bash", "For bash: source <(headrace completion bash)", BashCompletion);
  add("zsh", "For zsh: source <(headrace completion zsh)", ZshCompletion);
  add("fish", "For fish: headrace completion fish | source", FishCompletion);
}

}  // namespace headrace::cli
