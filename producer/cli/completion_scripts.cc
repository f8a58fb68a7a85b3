#include "producer/cli/completion_scripts.h"

namespace headrace::cli {
namespace {

std::string Joined(const std::vector<std::string>& words, const std::string& separator = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

// Inside single quotes of bash and zsh.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Inside single quotes fish knows two escapes.
std::string FishQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

template <typename Visit>
void ForEachCommand(const CompletionCommand& command, Visit visit) {
  visit(command);
  for (const CompletionCommand& child : command.commands) ForEachCommand(child, visit);
}

std::vector<std::string> FlagsOf(const CompletionCommand& command) {
  std::vector<std::string> flags;
  for (const CompletionOption& option : command.options) {
    flags.insert(flags.end(), option.names.begin(), option.names.end());
  }
  return flags;
}

// The lines that follow the words from the first to the one that is being typed; the same in bash
// and zsh but for the name of the word.
std::string PathCases(const CompletionCommand& root, const std::string& word) {
  std::string text = "    case \"$path_ " + word + "\" in\n";
  ForEachCommand(root, [&](const CompletionCommand& command) {
    if (&command == &root) return;
    text += "      " + Quoted(command.path) + ") path_=" + Quoted(command.path) + " ;;\n";
  });
  return text + "    esac\n";
}

// The patterns under which a value of this option is typed: after a flag of the root anywhere,
// after a flag of a command only there.
std::string ValuePattern(const CompletionCommand& root, const CompletionCommand& command,
                         const CompletionOption& option) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.names) {
    patterns.push_back(&command == &root ? "*" + Quoted(" " + name)
                                         : Quoted(command.path + " " + name));
  }
  return Joined(patterns, "|");
}

std::string BashValueCases(const CompletionCommand& root) {
  std::string text = "  case \"$path_ $prev\" in\n";
  ForEachCommand(root, [&](const CompletionCommand& command) {
    for (const CompletionOption& option : command.options) {
      if (!option.takes_value) continue;
      text += "    " + ValuePattern(root, command, option) + ")";
      if (!option.choices.empty()) {
        text += " COMPREPLY=($(compgen -W " + Quoted(Joined(option.choices)) + " -- \"$cur\"));";
      } else if (option.takes_file) {
        text += " compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$cur\"));";
      }
      text += " return ;;\n";
    }
  });
  return text + "  esac\n";
}

std::string BashWordCases(const CompletionCommand& root) {
  std::string text = "  case \"$path_\" in\n";
  ForEachCommand(root, [&](const CompletionCommand& command) {
    std::vector<std::string> names;
    for (const CompletionCommand& child : command.commands) names.push_back(child.name);
    text += "    " + Quoted(command.path) + ") commands=" + Quoted(Joined(names)) +
            " flags=" + Quoted(&command == &root ? "" : Joined(FlagsOf(command))) +
            " files=" + (command.takes_files ? "1" : "0") + " ;;\n";
  });
  return text + "  esac\n";
}

std::string ZshList(const std::vector<std::string>& names, const std::string& help) {
  std::string escaped;
  for (const char c : help) escaped += c == ':' ? std::string("\\:") : std::string(1, c);
  std::string text;
  for (const std::string& name : names) text += "\n        " + Quoted(name + ":" + escaped);
  return text;
}

std::string ZshFlags(const CompletionCommand& command) {
  std::string text;
  for (const CompletionOption& option : command.options) text += ZshList(option.names, option.help);
  return text;
}

std::string ZshValueCases(const CompletionCommand& root) {
  std::string text = "  case \"$path_ $prev\" in\n";
  ForEachCommand(root, [&](const CompletionCommand& command) {
    for (const CompletionOption& option : command.options) {
      if (!option.takes_value) continue;
      text += "    " + ValuePattern(root, command, option) + ")";
      if (!option.choices.empty()) {
        text += " compadd -- " + Joined(option.choices) + ";";
      } else if (option.takes_file) {
        text += " _files;";
      } else {
        text += " _message 'value';";
      }
      text += " return ;;\n";
    }
  });
  return text + "  esac\n";
}

std::string ZshWordCases(const CompletionCommand& root) {
  std::string text = "  case \"$path_\" in\n";
  ForEachCommand(root, [&](const CompletionCommand& command) {
    text += "    " + Quoted(command.path) + ")\n      commands=(";
    for (const CompletionCommand& child : command.commands) {
      text += ZshList({child.name}, child.help);
    }
    text += ")\n";
    if (&command != &root) text += "      flags+=(" + ZshFlags(command) + ")\n";
    text += "      files=" + std::string(command.takes_files ? "1" : "0") + " ;;\n";
  });
  return text + "  esac\n";
}

std::string FishOption(const CompletionOption& option, const std::string& condition) {
  std::string text = "complete -c headrace" + condition;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    text += " -x -a " + FishQuoted(Joined(option.choices));
  } else if (option.takes_file) {
    text += " -r -F";
  } else if (option.takes_value) {
    text += " -x";
  }
  return text + " -d " + FishQuoted(option.help) + "\n";
}

void AddFishCommand(const CompletionCommand& command, const std::string& seen, std::string& text) {
  // Below the root a command's options and children are offered once all its names were typed.
  const std::string condition = seen.empty() ? "" : " -n " + FishQuoted(seen);
  for (const CompletionOption& option : command.options) text += FishOption(option, condition);
  if (command.takes_files) text += "complete -c headrace" + condition + " -F\n";
  std::vector<std::string> names;
  for (const CompletionCommand& child : command.commands) names.push_back(child.name);
  const std::string prefix = seen.empty() ? "" : seen + "; and ";
  const std::string open = prefix + "not __fish_seen_subcommand_from " + Joined(names);
  for (const CompletionCommand& child : command.commands) {
    text += "complete -c headrace -n " + FishQuoted(open) + " -a " + child.name + " -d " +
            FishQuoted(child.help) + "\n";
    AddFishCommand(child, prefix + "__fish_seen_subcommand_from " + child.name, text);
  }
}

}  // namespace

std::string BashCompletion(const CompletionCommand& root) {
  return "# bash completion for headrace: source <(headrace completion bash)\n"
         "_headrace() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local path_=headrace commands='' flags='' files=0 i\n"
         "  COMPREPLY=()\n"
         "  # --flag=value arrives as three words.\n"
         "  if [[ $cur == '=' ]]; then cur=''; "
         "elif [[ $prev == '=' ]]; then prev=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n" +
         PathCases(root, "${COMP_WORDS[i]}") + "  done\n" + BashValueCases(root) +
         BashWordCases(root) +
         "  if [[ $cur == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$flags \"" +
         Quoted(Joined(FlagsOf(root))) +
         " -- \"$cur\"))\n"
         "  elif [[ $files == 1 ]]; then\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _headrace headrace\n";
}

std::string ZshCompletion(const CompletionCommand& root) {
  return "#compdef headrace\n"
         "# zsh completion for headrace: source <(headrace completion zsh), after compinit\n"
         "_headrace() {\n"
         "  local path_=headrace prev=\"${words[CURRENT-1]}\" files=0 i\n"
         "  local -a commands flags\n"
         "  flags=(" +
         ZshFlags(root) +
         ")\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n" +
         PathCases(root, "${words[i]}") + "  done\n" + ZshValueCases(root) + ZshWordCases(root) +
         "  if [[ \"${words[CURRENT]}\" == -* ]]; then\n"
         "    _describe -o 'flag' flags\n"
         "  elif [[ $files == 1 ]]; then\n"
         "    _files\n"
         "  else\n"
         "    _describe 'command' commands\n"
         "  fi\n"
         "}\n"
         "if [[ \"${funcstack[1]}\" == _headrace ]]; then\n"
         "  _headrace \"$@\"\n"
         "else\n"
         "  compdef _headrace headrace\n"
         "fi\n";
}

std::string FishCompletion(const CompletionCommand& root) {
  std::string text =
      "# fish completion for headrace: headrace completion fish | source\n"
      "complete -c headrace -f\n";
  AddFishCommand(root, "", text);
  return text;
}

}  // namespace headrace::cli
