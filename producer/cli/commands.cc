#include "producer/cli/commands.h"

#include "producer/cli/batch_commands.h"
#include "producer/cli/completion_command.h"
#include "producer/cli/config_command.h"
#include "producer/cli/dead_letters_command.h"
#include "producer/cli/load_command.h"
#include "producer/cli/projector_command.h"
#include "producer/cli/schema_command.h"
#include "producer/cli/store_command.h"
#include "producer/cli/topics_command.h"
#include "producer/cli/version_command.h"

namespace headrace::cli {

void RegisterAllCommands(CommandTree& tree) {
  RegisterLoad(tree);
  RegisterBatch(tree);
  RegisterDeadLetters(tree);
  RegisterProjector(tree);
  RegisterTopics(tree);
  RegisterStore(tree);
  RegisterSchema(tree);
  RegisterConfig(tree);
  RegisterCompletion(tree);
  RegisterVersion(tree);
}

}  // namespace headrace::cli
