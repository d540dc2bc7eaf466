// wattledger log compact [--yes] [--now]: gives the disk what archiving freed inside the log's
// file.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "log/compact.hpp"
#include "replay/display.hpp"
#include "replay/log/commands.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

Exit compact(const Invocation& invocation, const Place& place, ChangeEnd& end) {
  const auto lock = log::WriterLock::take(place.log(), "wattledger");
  if (!lock) {
    Error error = lock.error();
    if (error.kind == ErrorKind::locked) error.remedy = "stop it, compact, and start it again";
    return cannot(error);
  }
  const auto compacted = log::compact(place.log(), *lock);
  if (!compacted) return cannot(compacted.error());
  end.detail = fmt::format("{} before, {} now", bytes_text(compacted->bytes_before),
                           bytes_text(compacted->bytes_after));
  if (invocation.format == Format::json)
    say(nlohmann::ordered_json{{"bytes_before", compacted->bytes_before},
                               {"bytes_after", compacted->bytes_after}}
            .dump());
  else
    say(fmt::format("the log's file took {} and takes {} now", bytes_text(compacted->bytes_before),
                    bytes_text(compacted->bytes_after)));
  return Exit::done;
}

struct Wish {
  bool yes = false, now = false;
};

Exit run(const Invocation& invocation, const Wish& wish, const ChangeHouse& house) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  // A daemon is told of before anybody is asked.
  if (const auto holder = log::writer_lock_holder(place->log()))
    return cannot({ErrorKind::locked,
                   "the log in " + place->log().string() + " is held by " + *holder,
                   "stop it, compact, and start it again"});
  Change change;
  change.verb = "log compact";
  change.will = "rewrites the log's file without the space that lies free in it";
  change.of_the_log = true;
  change.asked = !place->config;
  change.yes = wish.yes;
  change.now = wish.now;
  return guarded(invocation, *place, change, house,
                 [&](ChangeEnd& end) { return compact(invocation, *place, end); });
}

}  // namespace

void add_log_compact(CLI::App& log, Invocation& invocation, ChangeHouse house) {
  CLI::App* command = add_command(
      log, "compact",
      "Rewrite the log's file without the space that archiving freed in it. Needs a stopped "
      "daemon and room for a copy; the records stay the same. Writes.",
      "wattledger log compact");
  const auto wish = std::make_shared<Wish>();
  add_flag(*command, "--yes", wish->yes, "Agree beforehand; with --config it asks otherwise");
  add_flag(*command, "--now", wish->now, "Also outside changes.windows of the configuration");
  on_call(*command, invocation,
          [&invocation, wish, house = std::move(house)] { return run(invocation, *wish, house); });
}

}  // namespace wattledger::tool
