#include "producer/cli/commands.h"

#include "producer/cli/completion_command.h"
#include "producer/cli/config_command.h"
#include "producer/cli/schema_command.h"
#include "producer/cli/topics_command.h"
#include "producer/cli/version_command.h"

namespace headrace::cli {

void RegisterAllCommands(CommandTree& tree) {
  RegisterTopics(tree);
  RegisterSchema(tree);
  RegisterConfig(tree);
  RegisterCompletion(tree);
  RegisterVersion(tree);
}

}  // namespace headrace::cli
