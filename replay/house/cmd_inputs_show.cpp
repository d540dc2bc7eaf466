// wattledger inputs show [--known-at T]: what was known of prices, advice, weather and forecasts at
// a moment, from the log alone.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "projections/damage.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/house/input_text.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

// What was recorded longer ago is of no use to whoever decides.
constexpr std::chrono::hours looked_back{7 * 24};

struct Known {
  InputText text;
  Sequence sequence;
  UtcTime recorded;
};
using AllKnown = std::map<std::string, Known>;

bool is_input(Kind kind) {
  return kind == Kind::PricesPublished || kind == Kind::PeakHoursPublished ||
         kind == Kind::WeatherObserved || kind == Kind::PvForecastIssued ||
         kind == Kind::LoadForecastIssued || kind == Kind::SourceFailed ||
         kind == Kind::SourceRecovered2;
}

// Days and forecasts that are over by `at` are not what is known of what comes.
bool is_over(const InputText& text, UtcTime at, const ZoneOffsets& zone) {
  const bool by_day = text.kind == "prices" || text.kind == "peak hours";
  return text.over || (text.ends && *text.ends <= at) ||
         (by_day && text.about.substr(0, 10) < date_text(zone.to_local(at)));
}

Result<AllKnown> known_then(const log::Snapshot& snapshot, UtcTime at, Sequence head,
                            const ZoneOffsets& zone) {
  AllKnown known;
  const auto from = snapshot.first_recorded_at_or_after(at - looked_back);
  if (!from) return Failure(from.error());
  projections::Damage damage;
  const auto take = [&](const log::RecordView& record) -> Result<bool> {
    if (!is_input(record.event.kind())) return true;
    const std::unique_ptr<fb::EventT> event(record.event.event().UnPack());
    if (auto text = input_text(*event, zone)) {
      const std::string key = input_key(*text);
      known.insert_or_assign(key, Known{*std::move(text), record.sequence, record.recorded_at});
    }
    return true;
  };
  WATTLEDGER_TRY(projections::scan_over_damage(snapshot, *from, head, take, damage));
  std::erase_if(known, [&](const auto& each) { return is_over(each.second.text, at, zone); });
  if (damage.records != 0) note(projections::damage_text(damage) + "; see wattledger log verify");
  return known;
}

std::optional<UtcTime> began(const log::Snapshot& snapshot) {
  const auto first = snapshot.at(snapshot.first());
  return first ? std::optional(first->recorded_at) : std::nullopt;
}

void print_json(const AllKnown& known, UtcTime at, Sequence head, const ZoneOffsets& zone) {
  Json inputs = Json::array();
  for (const auto& [key, each] : known)
    inputs.push_back({{"kind", each.text.kind},
                      {"about", each.text.about},
                      {"provider", each.text.provider},
                      {"what", each.text.what},
                      {"recorded_at", local_text(each.recorded, zone)},
                      {"sequence", each.sequence.value}});
  say(Json{{"known_at", local_text(at, zone)}, {"records", head.value}, {"inputs", inputs}}.dump(
      -1, ' ', false, Json::error_handler_t::replace));
}

// `begins`: when the log's first record was made.
void print_text(const AllKnown& known, UtcTime at, Sequence head, std::optional<UtcTime> begins,
                const ZoneOffsets& zone) {
  say(fmt::format("known at {}, after {} records:", local_text(at, zone), head.value));
  for (const auto& [key, each] : known)
    say(fmt::format("  {:<10}  {:<10}  {:<15}  {}; since {} [{}]", each.text.kind, each.text.about,
                    each.text.provider, each.text.what,
                    local_text(each.recorded, zone).substr(0, 16), each.sequence.value));
  if (!known.empty()) return;
  if (head == Sequence{0} && begins)
    say("  nothing: the log begins at " + local_text(*begins, zone));
  else
    say("  nothing of now or later: no source is configured, or none has answered for these hours "
        "(status says what "
        "fails); --known-at TIME shows what was known then");
}

Exit run(const Invocation& invocation, const std::string& known_at) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const ZoneOffsets zone = house_zone(open->snapshot);
  UtcTime at = clock_now();
  Sequence head = open->snapshot.head();
  if (head.value != 0 && open->snapshot.meta().demo)  // a simulated house's now
    at = open->snapshot.meta().head_recorded_at;
  if (!known_at.empty()) {
    const auto time = time_argument(known_at, zone, at);
    if (!time) return usage(time.error().what, time.error().remedy);
    if (*time > at)
      return usage("what is known at " + local_text(*time, zone) + " will show: it is " +
                       local_text(at, zone),
                   "name an earlier time, or leave --known-at out for what is known now");
    const auto then = open->snapshot.known_at(*time);
    if (!then) return cannot(then.error());
    at = *time;
    head = *then;
  }
  const auto known = known_then(open->snapshot, at, head, zone);
  if (!known) return cannot(known.error());
  if (invocation.format == Format::json)
    print_json(*known, at, head, zone);
  else
    print_text(*known, at, head, began(open->snapshot), zone);
  return Exit::done;
}

}  // namespace

void add_inputs_show(CLI::App& inputs, Invocation& invocation) {
  auto known_at = std::make_shared<std::string>();
  CLI::App* command = add_command(
      inputs, "show",
      "What is known of prices, the operator's advice, weather and forecasts, by whom and since "
      "when; or what was known at a moment. From the log alone.",
      "wattledger inputs show --known-at 2025-11-29T13:30");
  add_text(*command, "--known-at", *known_at, "By when it was recorded (now)").type_name("TIME");
  on_call(*command, invocation, [&invocation, known_at] { return run(invocation, *known_at); });
}

}  // namespace wattledger::tool
