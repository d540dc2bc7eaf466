// What every command of the tool shares: the options before the command, exit codes, and how errors
// and notes are said.
//
// A command is a function add_X(parent, invocation) in a file of its own: it describes itself to
// CLI11 and, when it was the one called, leaves in `invocation.run` what main() then runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "projections/fold/language.hpp"

// CLI11's, whose header takes longer to compile than any command: only command.cpp and main.cpp
// include it.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace wattledger::tool {

enum class Exit : int { done = 0, findings = 1, usage = 2, cannot = 3 };

enum class Format { text, json, csv, html };
[[nodiscard]] std::string_view format_name(Format format);

struct Invocation {
  std::string data;    // --data, empty if not given
  std::string config;  // --config, empty if not given
  Format format = Format::text;
  std::vector<Format> formats;  // that the called command writes beside text and json
  // Of the sentences that tell why: --language, else the configuration's, else the environment's.
  fold::Language language = fold::Language::english;
  std::function<Exit()> run;
};

// Adds a command with its help: what it does in one line, then an example.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& what,
                      const std::string& example);

// Says what main() runs when this command was the one called.
void on_call(CLI::App& command, Invocation& invocation, std::function<Exit()> run);
// The same for one that writes more formats than text and json.
void on_call(CLI::App& command, Invocation& invocation, std::vector<Format> formats,
             std::function<Exit()> run);

// The same for a command that has others below it: when none of them was.
void on_call_alone(CLI::App& command, Invocation& invocation, std::function<Exit()> run);

// An option or argument just added, to say more of it.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}
  Option& type_name(const std::string& name);  // how help calls its value
  Option& required();

 private:
  CLI::Option* option_;
};

void add_flag(CLI::App& command, const std::string& name, bool& flag, const std::string& what);

// An option or argument with words of any kind, none included.
Option add_words(CLI::App& command, const std::string& name, std::string& words,
                 const std::string& what);

// Options with a number, which may not be given.
Option add_number(CLI::App& command, const std::string& name, std::optional<double>& number,
                  const std::string& what);
Option add_number(CLI::App& command, const std::string& name, std::optional<std::int64_t>& number,
                  const std::string& what);

// One with a text that means something. An empty one, as from a shell's variable that is not
// set, is refused: it must not pass for an option that was not given.
Option add_text(CLI::App& command, const std::string& name, std::string& text,
                const std::string& what);

// The same, and it may be given again and again.
Option add_list(CLI::App& command, const std::string& name, std::vector<std::string>& texts,
                const std::string& what);

// One that counts, 1 or more; `count` stays as it is when the option is not given.
Option add_count(CLI::App& command, const std::string& name, std::uint64_t& count,
                 const std::string& what);

// "wattledger: what; remedy" on stderr, one line whatever the text holds.
Exit cannot(const Error& error);
Exit usage(const std::string& what, const std::string& remedy);
// A remark that is no error, on stderr, so that stdout stays what was asked for.
void note(const std::string& text);

// One line on stdout.
void say(std::string_view line);

[[nodiscard]] std::string_view version();

}  // namespace wattledger::tool
