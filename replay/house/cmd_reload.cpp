// wattledger reload: the daemon reads its configuration again.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/submit.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::json;

std::string time_of(const Json& prices, const char* name, const ZoneOffsets& zone) {
  const auto time = prices.contains(name) && prices[name].is_string()
                        ? parse_time(prices[name].get<std::string>(), ZoneOffsets())
                        : Failure(Error{});
  return time ? local_text(*time, zone) : "?";
}

void print(const Json& taken, const Place& place) {
  say("the daemon takes control.mode, battery, policy, safety, tariff, currency and the cadence of "
      "slots and rows from its configuration anew");
  if (taken.contains("prices") && taken["prices"].is_object()) {
    const auto open = open_log(place);
    const ZoneOffsets zone = open ? house_zone(open->snapshot) : ZoneOffsets();
    say(
        fmt::format("prices: {} slots from {} to {}; a day's are recorded at 13:00 of the day "
                    "before, or at once when that is over",
                    taken["prices"].value("slots", 0), time_of(taken["prices"], "from", zone),
                    time_of(taken["prices"], "to", zone)));
  }
  if (taken.contains("needs_restart") && taken["needs_restart"].is_array())
    for (const Json& key : taken["needs_restart"])
      if (key.is_string())
        say(key.get<std::string>() + " changed: that takes effect when the daemon starts again");
}

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
  const Json taken = Json::parse(**answer, nullptr, /*allow_exceptions=*/false);
  if (!taken.is_object())
    return cannot({ErrorKind::corrupt, "the daemon's answer is no JSON object: " + **answer,
                   "use the tool of the daemon's own version"});
  if (invocation.format == Format::json)
    say(**answer);
  else
    print(taken, *place);
  const auto trouble = [&](const char* name) {
    const bool told = taken.contains(name) && taken[name].is_string();
    return told ? taken[name].get<std::string>() : std::string();
  };
  const std::string prices = trouble("prices_trouble");
  const std::string control = trouble("control_trouble");
  if (!prices.empty()) note("the prices stay as they were: " + prices);
  if (!control.empty()) note(control);
  return prices.empty() && control.empty() ? Exit::done : Exit::findings;
}

}  // namespace

void add_reload(CLI::App& app, Invocation& invocation) {
  CLI::App* command = add_command(
      app, "reload",
      "Have the daemon read its configuration and the file of prices again: control.mode, what "
      "decisions rest on (battery, policy, safety, tariff, currency, the cadence of slots and "
      "rows), prices.file. Other keys are read when it starts; those that changed are named. A "
      "configuration that does not hold leaves the old one in force (exit code 3), a file of "
      "prices that does not hold leaves the old prices (exit code 1).",
      "wattledger reload");
  on_call(*command, invocation, [&invocation] { return run(invocation); });
}

}  // namespace wattledger::tool
