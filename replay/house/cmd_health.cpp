// wattledger health [--watch]: how the house's computer is doing. Asks the daemon; without one,
// judges log and files. Exit codes 0 ok, 1 degraded or failed (or failed alone), 3 it cannot be
// told.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/health_here.hpp"

namespace wattledger::tool {
namespace {

constexpr std::chrono::seconds watch_every{2};

bool terminal() { return ::isatty(STDOUT_FILENO) != 0; }

bool coloured() {
  const char* kind = std::getenv("TERM");
  const char* plain = std::getenv("NO_COLOR");
  return terminal() && (plain == nullptr || *plain == '\0') &&
         (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

Exit look(const Invocation& invocation, const Place& place, health::Health worst) {
  const auto health = health_here(place);
  if (!health) return cannot(health.error());
  if (invocation.format == Format::json)
    say(health->json);
  else
    say(health_table(*health, clock_now(), coloured()));
  return health->report.overall <= worst ? Exit::done : Exit::findings;
}

Exit run(const Invocation& invocation, bool watch, health::Health worst) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  if (!watch) return look(invocation, *place, worst);
  return watch_health([&] { return look(invocation, *place, worst); },
                      [] {
                        std::this_thread::sleep_for(watch_every);
                        return true;
                      },
                      terminal() && invocation.format == Format::text);
}

}  // namespace

void add_health(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "health",
      "How the house's computer is doing: log, projections, inverter, sources, disk, "
      "clock, backups, memory, each with what to do. Asks the daemon; without one it "
      "judges the log. Exit code 1 unless all is ok, 3 if it cannot be told. Read-only.",
      "wattledger health --watch");
  const auto watch = std::make_shared<bool>(false);
  add_flag(*command, "--watch", *watch, "Again every 2 seconds, until Ctrl-C");
  const auto allow_degraded = std::make_shared<bool>(false);
  add_flag(*command, "--allow-degraded", *allow_degraded,
           "Exit code 0 unless something has failed: for whoever restarts what is not well");
  on_call(*command, invocation, [&invocation, watch, allow_degraded] {
    return run(invocation, *watch, *allow_degraded ? health::Health::degraded : health::Health::ok);
  });
}

}  // namespace wattledger::tool
