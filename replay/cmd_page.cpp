// wattledger page man|bash|zsh|fish: this program's manual page or a shell's completions, from its
// own table of commands. Read-only.
#include <memory>

#include "coordinator/command_line/pages.hpp"
#include "replay/page.hpp"

namespace wattledger::tool {
namespace {

constexpr std::string_view manual_rest =
    R"(.SH EXIT STATUS
0 done, 1 findings, 2 usage, 3 cannot. Errors are one line on standard error: what, and what to do.
.SH FILES
.TP
.I /etc/wattledger/house.yaml
the packaged daemon's configuration
.TP
.I /var/lib/wattledger
its data: the log, what is made from it, keys, backups
.SH SEE ALSO
.BR wattledgerd (8),
.BR wattledger.yaml (5)
)";

Exit run(const CLI::App& app, const std::string& name) {
  const auto program = command_line::read_command(app);
  const auto text = command_line::page(
      program, {1, version(), "asks and steers a home-battery coordinator", manual_rest}, name);
  if (!text) return usage("\"" + name + "\" is no page", "write man, bash, zsh or fish");
  say(std::string_view(*text).substr(0, text->size() - 1));  // say ends the last line
  return Exit::done;
}

}  // namespace

void add_page(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(app, "page",
                                  "Print this program's manual page, or its completions for a "
                                  "shell. Needs no data directory. Read-only.",
                                  "wattledger page man | man -l -\n  wattledger page bash > "
                                  "~/.local/share/bash-completion/completions/wattledger");
  const auto name = std::make_shared<std::string>();
  add_text(*command, "page", *name, "What to print")
      .type_name(std::string(command_line::page_names))
      .required();
  on_call(*command, invocation, [&app, name] { return run(app, *name); });
}

}  // namespace wattledger::tool
