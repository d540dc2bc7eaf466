#include "coordinator/command_line/pages.hpp"

namespace wattledger::command_line {
namespace {

// As roff sets it to the letter: a minus is no hyphen, a line begins with no request.
std::string roff(std::string_view text) {
  std::string set;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) set += "\\&";
    begins = c == '\n';
    if (c == '\\')
      set += "\\e";
    else if (c == '-')
      set += "\\-";
    else
      set += c;
  }
  return set;
}

void add_line(std::string& page, const std::string& line) { page += line + "\n"; }

void add_option(std::string& page, const CommandOption& option) {
  add_line(page, ".TP");
  std::string term;
  for (const std::string& name : option.names)
    term += (term.empty() ? "" : ", ") + ("\\fB" + roff(name) + "\\fR");
  if (!option.value.empty() && option.value != option.names.front())
    term += " \\fI" + roff(option.value) + "\\fR";
  if (option.required) term += " (needed)";
  add_line(page, term);
  add_line(page, roff(option.what));
}

// Help's footer: a heading, then lines as one types them.
void add_footer(std::string& page, const std::string& footer) {
  if (footer.empty()) return;
  add_line(page, ".PP");
  add_line(page, ".nf");
  add_line(page, roff(footer));
  add_line(page, ".fi");
}

bool is_help(const CommandOption& option) { return option.names.back() == "--help"; }

std::string synopsis(const Command& command, const std::string& path) {
  std::string line = "\\fB" + roff(path) + "\\fR";
  bool options = false;
  for (const CommandOption& option : command.options) {
    if (!option.positional && !option.required) options = options || !is_help(option);
    if (!option.positional && option.required)
      line += " \\fB" + roff(option.names.back()) + "\\fR \\fI" + roff(option.value) + "\\fR";
  }
  if (options) line += " [\\fIoption\\fR ...]";
  for (const CommandOption& option : command.options)
    if (option.positional)
      line += (option.required ? " \\fI" : " [\\fI") + roff(option.names.front()) +
              (option.required ? "\\fR" : "\\fR]");
  if (!command.below.empty()) line += " \\fIcommand\\fR";
  return line;
}

void add_commands(std::string& page, const Command& command, const std::string& path) {
  for (const Command& each : command.below) {
    const std::string own = path + " " + each.name;
    add_line(page, ".SS " + synopsis(each, own));
    add_line(page, roff(each.what));
    for (const CommandOption& option : each.options)
      if (!is_help(option)) add_option(page, option);
    add_footer(page, each.footer);
    add_commands(page, each, own);
  }
}

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

}  // namespace

std::string manual_page(const Command& program, const ManualFacts& facts) {
  std::string page;
  add_line(page, ".TH " + capitals(program.name) + " " + std::to_string(facts.section) +
                     " \"\" \"wattledger " + std::string(facts.version) + "\" \"wattledger\"");
  add_line(page, ".SH NAME");
  add_line(page, program.name + " \\- " + roff(facts.summary));
  add_line(page, ".SH SYNOPSIS");
  add_line(page, synopsis(program, program.name));
  add_line(page, ".SH DESCRIPTION");
  add_line(page, ".nf");
  add_line(page, roff(program.what));
  add_line(page, ".fi");
  add_line(page, ".SH OPTIONS");
  for (const CommandOption& option : program.options) add_option(page, option);
  if (!program.below.empty()) {
    add_line(page, ".SH COMMANDS");
    add_line(page, "Each takes the options above too, and \\fB\\-\\-help\\fR.");
    add_commands(page, program, program.name);
  }
  if (!program.footer.empty()) {
    add_line(page, ".SH EXAMPLES");
    add_footer(page, program.footer);
  }
  return page + std::string(facts.rest);
}

}  // namespace wattledger::command_line
