#include "coordinator/daemon/arguments.hpp"

#include <CLI/CLI.hpp>

namespace wattledger::daemon {
namespace {

constexpr int exit_usage = 2;

constexpr const char* about =
    "wattledgerd runs a home battery and remembers everything it saw and decided.\n"
    "\n"
    "  wattledgerd                     a demo house: a simulated inverter, a month of history, "
    "then live\n"
    "  wattledgerd --simulate 30       thirty days as fast as the machine allows, then a summary\n"
    "  wattledgerd --config FILE       your house\n";

}  // namespace

std::variant<Arguments, int> read_arguments(int argc, char** argv) {
  Arguments arguments;
  std::int64_t days = 0;
  CLI::App app{about};
  app.set_version_flag("--version", WATTLEDGER_VERSION);
  app.add_option("--config", arguments.config, "YAML configuration of a real house")
      ->type_name("FILE");
  app.add_option("--data", arguments.data, "Directory of log and projections")->type_name("DIR");
  const auto* simulate = app.add_option("--simulate", days, "Simulate this many days and exit")
                             ->type_name("DAYS")
                             ->check(CLI::Range(1, 3660));
  app.add_option("--start", arguments.start, "First simulated day, local")
      ->type_name("DATE")
      ->capture_default_str();
  app.add_option("--prices", arguments.prices, "Prices: a CSV or a saved price-API answer")
      ->type_name("FILE");
  app.add_option("--house", arguments.house, "A house's year of load and PV, CSV")
      ->type_name("FILE");
  app.add_option("--seed", arguments.seed, "Seed of what is generated where no file is given")
      ->capture_default_str();
  app.add_option("--poll", arguments.poll_s, "Simulated seconds between two polls")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--commit-events", arguments.telemetry_events,
                 "Readings that may wait for one commit")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : exit_usage;
  }
  if (simulate->count() != 0) arguments.simulate_days = days;
  if (arguments.simulate_days && !arguments.config.empty()) {
    std::fprintf(stderr,
                 "wattledgerd: --simulate and --config exclude each other; a simulation has its "
                 "own house\n");
    return exit_usage;
  }
  return arguments;
}

}  // namespace wattledger::daemon
