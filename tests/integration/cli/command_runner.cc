#include "tests/integration/cli/command_runner.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "common/base/check.h"
#include "common/config/settings_reader.h"

namespace headrace::testing {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// A file without a name: unlike a pipe it cannot fill up while nobody reads.
File TemporaryFile() {
  File file(std::tmpfile());
  CHECK(file != nullptr);
  return file;
}

std::string ReadBack(std::FILE* file) {
  std::rewind(file);
  std::string text;
  std::array<char, 4096> part;
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), file)) {
    text.append(part.data(), count);
  }
  return text;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentTexts(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : config::ReadEnvironment()) {
    if (name == "PATH") texts.push_back(name + "=" + value);
  }
  for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
  return texts;
}

}  // namespace

CommandResult RunCommand(const std::vector<std::string>& command,
                         const std::map<std::string, std::string>& environment) {
  const File out = TemporaryFile(), err = TemporaryFile();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
  posix_spawn_file_actions_adddup2(&actions, fileno(out.get()), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(err.get()), STDERR_FILENO);
  std::vector<std::string> arguments = command, variables = EnvironmentTexts(environment);
  pid_t process = -1;
  const int failed = posix_spawnp(&process, command[0].c_str(), &actions, nullptr,
                                  Pointers(arguments).data(), Pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  CommandResult result;
  if (failed != 0) return result;
  int status = 0;
  CHECK(waitpid(process, &status, 0) == process);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = ReadBack(out.get());
  result.err = ReadBack(err.get());
  return result;
}

CommandResult Headrace(std::vector<std::string> arguments,
                       const std::map<std::string, std::string>& environment) {
  arguments.insert(arguments.begin(), HEADRACE_BINARY);
  return RunCommand(arguments, environment);
}

}  // namespace headrace::testing
