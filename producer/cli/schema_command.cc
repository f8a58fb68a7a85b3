#include "producer/cli/schema_command.h"

#include "common/model/schemas.h"

namespace headrace::cli {

void RegisterSchema(CommandTree& tree) {
  tree.AddGroup("schema", "Print the JSON Schemas of the records on Kafka");
  tree.Add("schema item", "An item, with the limits in force", Needs::kSettings,
           [](const CommandContext& context) {
             context.out << ItemJsonSchema(context.settings.limits) << "\n";
             return ExitCode::kOk;
           });
  tree.Add("schema outcome", "A record of the outcomes topic", Needs::kNothing,
           [](const CommandContext& context) {
             context.out << OutcomeJsonSchema() << "\n";
             return ExitCode::kOk;
           });
}

}  // namespace headrace::cli
