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

std::string text_of(const Json& change, const char* name) {
  const std::string text = change.is_object() ? change.value(name, std::string()) : std::string();
  return text.empty() ? "not given" : text;
}

// "battery.target_soc_pct: 90 -> 80"
void print_changes(const Json& changes) {
  if (!changes.is_array()) return;
  if (changes.empty()) say("nothing changed in the configuration");
  for (const Json& each : changes)
    say(fmt::format("{}: {} -> {}{}", text_of(each, "key"), text_of(each, "before"),
                    text_of(each, "after"),
                    each.is_object() && each.value("needs_restart", false)
                        ? "; that takes effect when the daemon starts again"
                        : ""));
}

void print(const Json& taken, const Place& place) {
  if (taken.contains("changed")) print_changes(taken["changed"]);
  if (taken.contains("prices") && taken["prices"].is_object()) {
    const auto open = open_log(place);
    const ZoneOffsets zone = open ? house_zone(open->snapshot) : ZoneOffsets();
    say(
        fmt::format("prices: {} slots from {} to {}; a day's are recorded at 13:00 of the day "
                    "before, or at once when that is over",
                    taken["prices"].value("slots", 0), time_of(taken["prices"], "from", zone),
                    time_of(taken["prices"], "to", zone)));
  }
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
      "rows), prices.file, which projections there are (projections.*). Other keys are read when "
      "it starts. Each key that changed is listed, "
      "old "
      "-> new. A "
      "configuration that does not hold leaves the old one in force (exit code 3), a file of "
      "prices that does not hold leaves the old prices (exit code 1).",
      "wattledger reload");
  on_call(*command, invocation, [&invocation] { return run(invocation); });
}

}  // namespace wattledger::tool
