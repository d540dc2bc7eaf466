// wattledger reload: the daemon reads its configuration again.
#include <CLI/CLI.hpp>

#include "replay/house/commands.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

Exit run(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto answer = ask_daemon(*place, "reload", "{}");
  if (!answer) return cannot(answer.error());
  if (const auto holder = log::writer_lock_holder(place->log()); !*answer && holder)
    return cannot({ErrorKind::locked,
                   *holder + " holds the log of " + place->data.string() + " and does not answer",
                   "a start may wait for the clock, as its text log says; try again after it"});
  if (!*answer)
    return cannot({ErrorKind::not_found, "no daemon is running on " + place->data.string(),
                   "nothing to reload: it reads its configuration when it starts"});
  say(invocation.format == Format::json ? **answer
                                        : "the daemon takes control.mode, battery, policy, "
                                          "safety, tariff, currency and the cadence of slots and "
                                          "rows from its configuration anew");
  return Exit::done;
}

}  // namespace

void add_reload(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "reload",
      "Have the daemon read its configuration again: control.mode, and "
      "what decisions rest on (battery, policy, safety, tariff, "
      "currency, the cadence of slots and rows). Other keys and the prices file are read at "
      "its start. One that does not hold leaves the old in force and "
      "is said here.",
      "wattledger reload");
  command->callback([&invocation] { invocation.run = [&invocation] { return run(invocation); }; });
}

}  // namespace wattledger::tool
