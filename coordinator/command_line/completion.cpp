// Each script finds the command by walking the words before the cursor, as
// "wattledger backup create", and offers what that command takes.
#include <functional>

#include "coordinator/command_line/pages.hpp"

namespace wattledger::command_line {
namespace {

using Visit = std::function<void(const Command& command, const std::string& path)>;

void walk(const Command& command, const std::string& path, const Visit& visit) {
  visit(command, path);
  for (const Command& each : command.below) walk(each, path + " " + each.name, visit);
}

// In single quotes, for bash and zsh; fish takes a backslash inside them for its own.
std::string in_quotes(std::string_view text, bool fish = false) {
  std::string safe = "'";
  for (const char c : text) {
    if (c == '\'')
      safe += fish ? "\\'" : "'\\''";
    else if (c == '\\' && fish)
      safe += "\\\\";
    else
      safe += c == '\n' ? ' ' : c;
  }
  return safe + "'";
}

// The first sentence: completions are looked at, not read.
std::string brief(const std::string& what) {
  const std::size_t end = std::min(what.find(". "), what.find('\n'));
  std::string text = what.substr(0, end);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// "a"|"a b"|…, every path below the program: what the walk may become.
std::string paths_below(const Command& program, const char* separator, bool fish) {
  std::string all;
  walk(program, program.name, [&](const Command&, const std::string& path) {
    if (path != program.name) all += (all.empty() ? "" : separator) + in_quotes(path, fish);
  });
  return all;
}

std::string bash_values(const CommandOption& option) {
  if (!option.choices.empty())
    return "compgen -W " + in_quotes(joined(option.choices)) + " -- \"$cur\"";
  if (option.value == "DIR") return "compgen -d -- \"$cur\"";
  return "compgen -f -- \"$cur\"";
}

std::string bash(const Command& program) {
  const std::string name = "_" + program.name;
  std::string below = paths_below(program, "|", false);
  std::string values, words;
  walk(program, program.name, [&](const Command& command, const std::string& path) {
    const bool global = &command == &program;
    std::vector<std::string> offered;
    for (const Command& each : command.below) offered.push_back(each.name);
    for (const CommandOption& option : command.options) {
      if (option.positional) {
        offered.insert(offered.end(), option.choices.begin(), option.choices.end());
        continue;
      }
      for (const std::string& each : option.names) {
        offered.push_back(each);
        if (!option.value.empty())
          values += "    " + (global ? "*" : in_quotes(path)) + in_quotes(" " + each) +
                    ") mapfile -t COMPREPLY < <(" + bash_values(option) + "); return ;;\n";
      }
    }
    words += "    " + in_quotes(path) + ") words=" + in_quotes(joined(offered)) + " ;;\n";
  });
  std::string walked;
  if (!below.empty())
    walked =
        "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$at $word\" in\n      " +
        below + ") at=\"$at $word\" ;;\n    esac\n  done\n";
  return "# bash completion for " + program.name + "\n" + name +
         "() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local at=" +
         program.name + " word words=\n" + walked + "  case \"$at $previous\" in\n" + values +
         "  esac\n  case \"$at\" in\n" + words +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "}\n"
         "complete -o bashdefault -o default -F " +
         name + " " + program.name + "\n";
}

// A text inside an _arguments or _describe specification.
std::string zsh_text(const std::string& text) {
  std::string safe;
  for (const char c : brief(text)) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string zsh_option(const CommandOption& option, const std::string& name) {
  std::string spec = "*" + name + "[" + zsh_text(option.what) + "]";
  if (option.value.empty()) return in_quotes(spec);
  spec += ":" + zsh_text(option.value) + ":";
  if (!option.choices.empty())
    spec += "(" + joined(option.choices) + ")";
  else
    spec += option.value == "DIR" ? "_files -/" : "_files";
  return in_quotes(spec);
}

std::string zsh(const Command& program) {
  std::string globals;
  for (const CommandOption& option : program.options)
    for (const std::string& name : option.names) globals += "\n    " + zsh_option(option, name);
  std::string cases;
  walk(program, program.name, [&](const Command& command, const std::string& path) {
    std::string commands, options, choices;
    for (const Command& each : command.below)
      commands += "\n        " + in_quotes(each.name + ":" + zsh_text(each.what));
    for (const CommandOption& option : command.options) {
      for (const std::string& choice : option.choices)
        if (option.positional) choices += "\n        " + in_quotes(choice);
      if (option.positional || &command == &program || option.names.back() == "--help") continue;
      for (const std::string& name : option.names)
        options += "\n        " + zsh_option(option, name);
    }
    cases += "    (" + in_quotes(path) + ")\n";
    if (!commands.empty() || !choices.empty())
      cases += "      commands=(" + commands + choices + ")\n";
    if (!options.empty()) cases += "      options+=(" + options + ")\n";
    cases += "      ;;\n";
  });
  const std::string below = paths_below(program, "|", false);
  std::string walked;
  if (!below.empty())
    walked = "  for word in ${words[2,CURRENT-1]}; do\n    case \"$at $word\" in\n      (" + below +
             ") at=\"$at $word\" ;;\n    esac\n  done\n";
  return "#compdef " + program.name + "\n_" + program.name + "() {\n  local at=" + program.name +
         " word\n  local -a commands options\n  options=(" + globals + ")\n" + walked +
         "  case $at in\n" + cases +
         "  esac\n"
         "  if [[ $PREFIX != -* && ${words[CURRENT-1]} != -* ]] && (( $#commands )); then\n"
         "    _describe -t commands command commands\n"
         "  else\n"
         "    _arguments -S $options '*:file:_files'\n"
         "  fi\n"
         "}\n"
         "_" +
         program.name + " \"$@\"\n";
}

std::string fish_option(const CommandOption& option) {
  std::string line;
  for (const std::string& name : option.names)
    line += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.choices.empty())
    line += " -x -a " + in_quotes(joined(option.choices), true);
  else if (option.value == "DIR")
    line += " -x -a '(__fish_complete_directories)'";
  else if (!option.value.empty())
    line += " -r -F";
  return line + " -d " + in_quotes(brief(option.what), true);
}

std::string fish(const Command& program) {
  const std::string at = "__" + program.name + "_at";
  const std::string start = "complete -c " + program.name;
  std::string script = "# fish completion for " + program.name + "\nfunction " + at +
                       "\n  set -l at " + program.name +
                       "\n  for word in (commandline -opc)[2..-1]\n    switch \"$at $word\"\n";
  if (const std::string below = paths_below(program, " ", true); !below.empty())
    script += "      case " + below + "\n        set at \"$at $word\"\n";
  script += "    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\n" + start + " -f\n";
  walk(program, program.name, [&](const Command& command, const std::string& path) {
    const std::string here = start + " -n " + in_quotes(at + " \"" + path + "\"", true);
    for (const Command& each : command.below)
      script += here + " -a " + each.name + " -d " + in_quotes(brief(each.what), true) + "\n";
    for (const CommandOption& option : command.options) {
      if (!option.positional)
        script += (&command == &program ? start : here) + fish_option(option) + "\n";
      else if (option.choices.empty())
        script += here + " -F\n";
      else
        script += here + " -a " + in_quotes(joined(option.choices), true) + "\n";
    }
  });
  return script;
}

}  // namespace

std::string completion(const Command& program, Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash(program);
    case Shell::zsh:
      return zsh(program);
    case Shell::fish:
      return fish(program);
  }
  return {};
}

}  // namespace wattledger::command_line
