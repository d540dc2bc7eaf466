#include <CLI/CLI.hpp>

#include "coordinator/command_line/pages.hpp"

namespace wattledger::command_line {
namespace {

// "text|json" are words to choose from, "SEQ[..SEQ]" is none.
std::vector<std::string> choices_in(const std::string& value) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '|' || c == '-'; };
  if (value.find('|') == std::string::npos || !std::all_of(value.begin(), value.end(), is_word))
    return {};
  std::vector<std::string> words(1);
  for (const char c : value) {
    if (c == '|')
      words.emplace_back();
    else
      words.back() += c;
  }
  return words;
}

CommandOption read_option(const CLI::Option& option) {
  CommandOption read;
  for (const std::string& name : option.get_snames()) read.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) read.names.push_back("--" + name);
  read.positional = read.names.empty();
  if (read.positional) read.names.push_back(option.get_name(true));
  if (option.get_items_expected_max() != 0) read.value = option.get_type_name();
  read.what = option.get_description();
  read.choices = choices_in(read.value);
  read.required = option.get_required();
  return read;
}

}  // namespace

Command read_command(const CLI::App& app) {
  Command command{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty()) command.options.push_back(read_option(*option));
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    command.below.push_back(read_command(*each));
  return command;
}

std::optional<std::string> page(const Command& program, const ManualFacts& facts,
                                std::string_view name) {
  if (name == "man") return manual_page(program, facts);
  if (name == "bash") return completion(program, Shell::bash);
  if (name == "zsh") return completion(program, Shell::zsh);
  if (name == "fish") return completion(program, Shell::fish);
  return std::nullopt;
}

}  // namespace wattledger::command_line
