// What every command of `headrace` is made of: a place in the tree, a body, and the context in
// which the body runs. A command lives in its own file pair with one function
// Register...(CommandTree&), which commands.cc calls; it declares its options on the CLI::App that
// Add() returns. CLI11 stays behind producer/cli/*.cc and common/config/setting_flags.cc.
#pragma once

#include <functional>
#include <istream>
#include <map>
#include <ostream>
#include <string>

#include "common/base/result.h"
#include "common/config/settings.h"
#include "common/config/settings_reader.h"

namespace CLI {
class App;
}

namespace headrace::cli {

// Documented in docs/cli.md and frozen: scripts depend on them.
enum class ExitCode : int {
  kOk = 0,
  kItemErrors = 1,   // finished, but items failed or were rejected
  kUsage = 2,        // unknown command or flag, missing argument
  kSettings = 3,     // a setting, a credential or the topics' state must be mended first
  kUnreachable = 4,  // a service does not answer
  kInputInvalid = 5,
  kInterrupted = 6,  // stopped by a signal; running it again resumes
  kTimeout = 7,      // --wait gave up
  kRefused = 8,      // the server understood and said no
  kInternal = 70,    // our fault
};

// Facts about where output goes, decided once: NO_COLOR, TERM, window size.
struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool color = false;  // on standard error; data on standard output is never coloured
  int columns = 80;
};

// Data goes to `out`; progress, warnings and errors to `err`.
struct CommandContext {
  const Settings& settings;
  const config::SettingsReading& reading;  // where the settings came from, for `config check`
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  Terminal terminal;
};
using CommandBody = std::function<ExitCode(const CommandContext&)>;

// Whether wrong settings end the command before its body runs.
enum class Needs { kSettings, kNothing };

class CommandTree {
 public:
  explicit CommandTree(CLI::App& root) : root_(root) {}

  // A name that only holds commands ("topics").
  void AddGroup(const std::string& name, const std::string& summary);
  // `path` is "load" or "topics create"; the group must be there. Valid as long as the root.
  CLI::App& Add(const std::string& path, const std::string& summary, Needs needs, CommandBody body);

  struct Command {
    Needs needs = Needs::kSettings;
    CommandBody body;
  };
  // Null for a group.
  const Command* Find(const CLI::App* app) const;
  CLI::App& root() const { return root_; }

 private:
  CLI::App& root_;
  std::map<const CLI::App*, Command> commands_;
};

// The exit code for an error of a service call: kTransient is a service that does not answer,
// kInvalid a setting or credential, kNotFound and kPermanent a server's no.
ExitCode ExitCodeFor(const Error& error);

// Prints "headrace: message" to `err` and answers ExitCodeFor.
ExitCode Fail(const CommandContext& context, const Error& error);

}  // namespace headrace::cli
