#include "producer/cli/dead_letters_command.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "producer/cli/dead_letters_run.h"
#include "producer/cli/option_checks.h"

namespace headrace::cli {
namespace {

using Body = ExitCode (*)(const CommandContext&, const DeadLettersOptions&);

CLI::App& AddCommand(CommandTree& tree, const char* path, const char* summary, Body body,
                     const std::shared_ptr<DeadLettersOptions>& options) {
  return tree.Add(path, summary, Needs::kSettings, [options, body](const CommandContext& context) {
    return body(context, *options);
  });
}

void AddFilters(CLI::App& command, DeadLettersOptions& options) {
  command.add_option("--code", options.code, "Only letters with this code")
      ->check(CheckNotEmpty)
      ->type_name("CODE");
  command.add_option("--batch", options.batch, "Only items of this batch")
      ->check(CheckNotEmpty)
      ->type_name("ID");
}

}  // namespace

void RegisterDeadLetters(CommandTree& tree) {
  tree.AddGroup("dead-letters", "Look at failed items and try them again");
  // Each command's options are filled by CLI11 and read by its body.
  const auto list = std::make_shared<DeadLettersOptions>();
  CLI::App& listing =
      AddCommand(tree, "dead-letters list", "Failed items, counted by code, then one a row",
                 ListDeadLetters, list);
  AddFilters(listing, *list);
  listing.add_option("--limit", list->limit, "Letters that are shown (50; with --json all)")
      ->check(CheckCount)
      ->type_name("N");
  listing.add_flag("--json", list->json, "One JSON object a line, no summary");
  const auto show = std::make_shared<DeadLettersOptions>();
  CLI::App& showing = AddCommand(tree, "dead-letters show", "All letters of one item, in full",
                                 ShowDeadLetter, show);
  showing.add_option("ITEM", show->item, "The item's id")->required()->type_name("");
  showing.add_flag("--payload", show->payload, "Print the item itself, too");
  const auto replay = std::make_shared<DeadLettersOptions>();
  CLI::App& replaying =
      AddCommand(tree, "dead-letters replay", "Send failed items again, in order per graph",
                 ReplayDeadLetters, replay);
  AddFilters(replaying, *replay);
  replaying.add_flag("--dry-run", replay->dry_run, "Only count what would be sent");
  replaying.add_flag("--json", replay->json, "The result as one JSON object");
}

}  // namespace headrace::cli
