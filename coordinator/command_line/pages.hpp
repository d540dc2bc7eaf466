// A program's manual page and shell completions, made from the options that its command line really
// takes: they cannot tell of others. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace wattledger::command_line {

struct CommandOption {
  std::vector<std::string> names;    // "--data", "-n"; of a positional its name alone
  std::string value;                 // how help calls its value: "DIR", "text|json"; "" for a flag
  std::string what;                  // one sentence or more
  std::vector<std::string> choices;  // "text", "json", where the value is one of these
  bool positional = false;
  bool required = false;
};

struct Command {
  std::string name;
  std::string what;
  std::string footer;  // examples, as help ends with them
  std::vector<CommandOption> options;
  std::vector<Command> below;
};
[[nodiscard]] Command read_command(const CLI::App& app);

// What a manual page says beyond the command line: text in roff's man macros.
struct ManualFacts {
  int section = 1;
  std::string_view version;
  std::string_view summary;  // behind the name, in one line
  std::string_view rest;     // sections behind the commands
};
[[nodiscard]] std::string manual_page(const Command& program, const ManualFacts& facts);

enum class Shell { bash, zsh, fish };
[[nodiscard]] std::string completion(const Command& program, Shell shell);

// What a program calls these: "man", "bash", "zsh", "fish"; nullopt for another word.
inline constexpr std::string_view page_names = "man|bash|zsh|fish";
[[nodiscard]] std::optional<std::string> page(const Command& program, const ManualFacts& facts,
                                              std::string_view name);

}  // namespace wattledger::command_line
