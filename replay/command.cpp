#include "replay/command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "replay/told_error.hpp"

namespace wattledger::tool {
namespace {

// The line of the last error told.
std::string last_told;

void line_to_stderr(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::fflush(stdout);
  std::fprintf(stderr, "wattledger: %s\n", text.c_str());
}

}  // namespace

std::string_view format_name(Format format) {
  switch (format) {
    case Format::text:
      return "text";
    case Format::json:
      return "json";
    case Format::csv:
      return "csv";
    case Format::html:
      return "html";
  }
  return "";
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& what,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, what);
  if (!example.empty()) command->footer("Example:\n  " + example);
  return command;
}

void on_call(CLI::App& command, Invocation& invocation, std::function<Exit()> run) {
  command.callback([&invocation, run = std::move(run)] { invocation.run = run; });
}

void on_call(CLI::App& command, Invocation& invocation, std::vector<Format> formats,
             std::function<Exit()> run) {
  command.callback([&invocation, formats = std::move(formats), run = std::move(run)] {
    invocation.formats = formats;
    invocation.run = run;
  });
}

void on_call_alone(CLI::App& command, Invocation& invocation, std::function<Exit()> run) {
  command.callback([&command, &invocation, run = std::move(run)] {
    if (command.get_subcommands().empty()) invocation.run = run;
  });
}

Option& Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::required() {
  option_->required();
  return *this;
}

void add_flag(CLI::App& command, const std::string& name, bool& flag, const std::string& what) {
  command.add_flag(name, flag, what);
}

Option add_words(CLI::App& command, const std::string& name, std::string& words,
                 const std::string& what) {
  return Option(*command.add_option(name, words, what));
}

Option add_number(CLI::App& command, const std::string& name, std::optional<double>& number,
                  const std::string& what) {
  return Option(*command.add_option(name, number, what));
}

Option add_number(CLI::App& command, const std::string& name, std::optional<std::int64_t>& number,
                  const std::string& what) {
  return Option(*command.add_option(name, number, what));
}

Option add_text(CLI::App& command, const std::string& name, std::string& text,
                const std::string& what) {
  return Option(*command.add_option(name, text, what)->check([](const std::string& given) {
    return std::string(given.empty() ? "nothing stands behind it; say what, or leave it out" : "");
  }));
}

Option add_list(CLI::App& command, const std::string& name, std::vector<std::string>& texts,
                const std::string& what) {
  return Option(*command.add_option(name, texts, what)->allow_extra_args(false));
}

Option add_count(CLI::App& command, const std::string& name, std::uint64_t& count,
                 const std::string& what) {
  CLI::Option* option = command.add_option(name, count, what);
  option->type_name("N")->check([](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc() && end == text.data() + text.size() && value != 0;
    return good ? std::string() : "\"" + text + "\" is no count; write a whole number from 1 on";
  });
  return Option(*option);
}

Exit cannot(const Error& error) {
  last_told = error.line();
  line_to_stderr(last_told);
  return Exit::cannot;
}

Exit usage(const std::string& what, const std::string& remedy) {
  last_told = remedy.empty() ? what : what + "; " + remedy;
  line_to_stderr(last_told);
  return Exit::usage;
}

const std::string& told_error() { return last_told; }

void note(const std::string& text) { line_to_stderr(text); }

void say(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

std::string_view version() { return WATTLEDGER_VERSION; }

}  // namespace wattledger::tool
