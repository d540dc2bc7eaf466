#include "coordinator/daemon/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "coordinator/command_line/pages.hpp"
#include "events/near_match.hpp"

namespace wattledger::daemon {
namespace {

constexpr int exit_usage = 2;

constexpr const char* about =
    "wattledgerd runs a home battery and remembers everything it saw and decided.\n"
    "\n"
    "  wattledgerd                     a demo house: a simulated inverter, a month of history, "
    "then live\n"
    "  wattledgerd --simulate 30       thirty days as fast as the machine allows, then a summary\n"
    "  wattledgerd --config FILE       your house\n"
    "  wattledgerd --simulate 30 --config FILE    thirty days under its battery, tariff and "
    "policy; "
    "its data,\n"
    "                                             inverter and sources are left alone\n";

constexpr std::string_view manual_rest =
    R"(.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
brings the inverter to general mode where it is steered, closes the log, ends
.TP
.B SIGHUP
reads the configuration again, as \fBwattledger reload\fR does
.SH EXIT STATUS
0 done, 2 usage or a configuration that does not hold, 3 cannot.
.SH FILES
.TP
.I /etc/wattledger/house.yaml
the configuration that the service names
.TP
.I /var/lib/wattledger
its data: the log, what is made from it, keys, backups, the control socket
.SH SEE ALSO
.BR wattledger (1),
.BR wattledger.yaml (5)
)";

// --page NAME: this program's own pages.
int print_page(const CLI::App& app, const std::string& name) {
  const auto text = command_line::page(
      command_line::read_command(app),
      {8, WATTLEDGER_VERSION, "runs a home battery and remembers everything", manual_rest}, name);
  if (text && std::fputs(text->c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return 0;
  std::fprintf(stderr, "wattledgerd: %s\n",
               text ? "the page could not be written to standard output"
                    : ("\"" + name + "\" is no page; write man, bash, zsh or fish").c_str());
  return text ? 3 : exit_usage;
}

// A range that is not repeated in the help's column of types.
CLI::Validator quiet_range(int least, int most) { return CLI::Range(least, most).description(""); }

// One line for what CLI11 did not understand, with the nearest thing that it would have.
int explain(CLI::App& app, const CLI::ParseError& problem) {
  const std::vector<std::string> rest = app.remaining();
  const auto odd = std::find_if(rest.begin(), rest.end(),
                                [](const std::string& word) { return word.rfind('-', 0) == 0; });
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  std::string line;
  if (odd != rest.end())
    line = "unknown option " + *odd + "; " + near_match_remedy(*odd, known);
  else if (!rest.empty())
    line = "\"" + rest.front() + "\" is too much; see wattledgerd --help";
  else
    line = std::string(problem.what()) + "; see wattledgerd --help";
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::fprintf(stderr, "wattledgerd: %s\n", line.c_str());
  return exit_usage;
}

}  // namespace

std::variant<Arguments, int> read_arguments(int argc, char** argv) {
  Arguments arguments;
  std::int64_t days = 0;
  CLI::App app{about, "wattledgerd"};
  app.set_version_flag("--version", WATTLEDGER_VERSION);
  auto* config =
      app.add_option(
             "--config", arguments.config,
             "YAML configuration of a real house; with --simulate what decisions rest on is "
             "taken from it")
          ->type_name("FILE");
  app.add_option("--data", arguments.data,
                 "Directory of log and projections (else the configuration's, ./wattledger-demo or "
                 "./wattledger-simulation)")
      ->type_name("DIR");
  auto* simulate =
      app.add_option("--simulate", days, "Simulate this many days, 1 to 3660, and exit")
          ->type_name("DAYS")
          ->check(quiet_range(1, 3660));
  auto* start = app.add_option("--start", arguments.start, "First simulated day, local")
                    ->type_name("DATE")
                    ->capture_default_str();
  app.add_option("--prices", arguments.prices, "Prices: a CSV or a saved price-API answer")
      ->type_name("FILE");
  auto* house =
      app.add_option("--house", arguments.house, "A simulated house's year of load and PV, CSV")
          ->type_name("FILE");
  auto* seed =
      app.add_option("--seed", arguments.seed,
                     "Seed of what is generated for a simulated house where no file is given")
          ->type_name("N")
          ->capture_default_str();
  auto* poll =
      app.add_option("--poll", arguments.poll_s, "Simulated seconds between two polls, 1 to 3600")
          ->type_name("SECONDS")
          ->check(quiet_range(1, 3600))
          ->capture_default_str();
  auto* commit = app.add_option("--commit-events", arguments.telemetry_events,
                                "Simulated readings that may wait for one commit, 1 to 10000")
                     ->type_name("N")
                     ->check(quiet_range(1, 10'000))
                     ->capture_default_str();
  std::string page;
  app.add_option("--page", page, "Print this program's manual page or its completions, and exit")
      ->type_name(std::string(command_line::page_names));
  auto* safe_mode = app.add_flag(
      "--safe-mode", arguments.safe_mode,
      "Control off and the inverter only read, whatever the configuration or a reload says");
  safe_mode->excludes(simulate);
  // What would be ignored is refused.
  for (CLI::Option* option : {start, poll, commit}) option->needs(simulate);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem);
    return explain(app, problem);
  }
  if (!page.empty()) return print_page(app, page);
  if (simulate->count() != 0) arguments.simulate_days = days;
  for (const CLI::Option* option : {house, seed}) {
    if (option->count() == 0 || config->count() == 0 || arguments.simulate_days) continue;
    std::fprintf(stderr,
                 "wattledgerd: %s is for a simulated house: leave it out, or give --simulate\n",
                 option->get_name().c_str());
    return exit_usage;
  }
  return arguments;
}

}  // namespace wattledger::daemon
