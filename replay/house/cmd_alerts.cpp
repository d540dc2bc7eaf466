// wattledger alerts list [--open] [--format json]: what was raised, what stands. Read-only.
// wattledger alerts test RECEIVER: sends one of the configuration's receivers a message marked as a
// test. Exit 1 where it was not delivered. Writes nothing.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "coordinator/alerts/history.hpp"
#include "coordinator/alerts/send.hpp"
#include "events/near_match.hpp"
#include "projections/damage.hpp"
#include "replay/display.hpp"
#include "replay/house/commands.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

std::string lasted(const alerts::Occurrence& occurrence) {
  if (!occurrence.ended) return "stands";
  const UtcTime ended = std::max(occurrence.ended->at, occurrence.raised.at);
  return duration_text(std::chrono::floor<std::chrono::seconds>(ended - occurrence.raised.at));
}

Json occurrence_json(const alerts::Occurrence& occurrence) {
  const alerts::Raised& raised = occurrence.raised;
  Json json{{"alert", raised.alert},
            {"severity", fb::EnumNameSeverity(raised.severity)},
            {"raised", alerts::local_time_text(raised.at, raised.utc_offset)},
            {"sequence", raised.sequence.value},
            {"detail", raised.detail},
            {"open", !occurrence.ended}};
  if (raised.measured) json["measured"] = *raised.measured;
  if (raised.limit) json["limit"] = *raised.limit;
  if (occurrence.ended) {
    json["ended"] = alerts::local_time_text(occurrence.ended->at, occurrence.ended->utc_offset);
    json["ended_sequence"] = occurrence.ended->sequence.value;
  }
  return json;
}

void print(const alerts::Occurrence& occurrence, const ZoneOffsets& zone, Format format) {
  if (format == Format::json)
    return say(occurrence_json(occurrence).dump(-1, ' ', false, Json::error_handler_t::replace));
  const alerts::Raised& raised = occurrence.raised;
  say(fmt::format("{:>8}  {}  {:<8}  {:<16}  {:<12}  {}", raised.sequence.value,
                  local_text(raised.at, zone), fb::EnumNameSeverity(raised.severity), raised.alert,
                  lasted(occurrence), raised.detail));
}

Exit list(const Invocation& invocation, bool open_only) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const log::Snapshot& snapshot = open->snapshot;
  alerts::History history;
  projections::Damage damage;
  const auto scanned = projections::scan_over_damage(
      snapshot, snapshot.first(), snapshot.head(),
      [&](const log::RecordView& record) -> Result<bool> {
        history.take(record.sequence, record.event);
        return true;
      },
      damage);
  if (!scanned) return cannot(scanned.error());
  if (damage.records > 0) note(projections::damage_text(damage));
  const ZoneOffsets zone = house_zone(snapshot);
  std::vector<const alerts::Occurrence*> chosen = history.open();
  if (!open_only) {
    chosen.clear();
    for (const alerts::Occurrence& each : history.all()) chosen.push_back(&each);
  }
  if (chosen.empty() && invocation.format == Format::text)
    say(open_only ? "no alert stands" : "no alerts");
  for (const alerts::Occurrence* each : chosen) print(*each, zone, invocation.format);
  return Exit::done;
}

alerts::Message test_message(const config::Config& config) {
  alerts::Message message;
  message.raised.alert = "test";
  message.raised.severity = fb::Severity::info;
  message.raised.at = clock_now();
  if (const auto zone = config::load_zone(config.site.timezone, message.raised.at))
    message.raised.utc_offset = zone->zone.offset_at(message.raised.at);
  message.raised.detail = "a test by wattledger alerts test: nothing happened";
  message.house = config.site.name;
  message.test = true;
  return message;
}

Exit test(const Invocation& invocation, const std::string& name) {
  if (invocation.config.empty())
    return usage("alerts test needs the configuration that names its receivers",
                 "give --config FILE");
  const auto config = config::load(invocation.config);
  if (!config) return cannot(config.error());
  std::vector<std::string> names;
  for (const config::AlertReceiver& each : config->alerts) {
    names.push_back(each.name);
    if (each.name != name) continue;
    const auto sent = alerts::send(each, test_message(*config), {});
    if (invocation.format == Format::json) {
      Json json{{"receiver", name}, {"delivered", sent.has_value()}};
      if (!sent) json["why"] = sent.error().line();
      say(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
      say(sent ? name + " was told" : sent.error().line());
    }
    return sent ? Exit::done : Exit::findings;
  }
  if (names.empty())
    return usage(invocation.config + " names no receiver of alerts",
                 "write one below alerts: as coordinator/config/example.yaml has them");
  return usage("there is no receiver " + shown(name), near_match_remedy(name, names));
}

}  // namespace

void add_alerts(CLI::App& alerts, Invocation& invocation) {
  CLI::App* list_command =
      add_command(alerts, "list",
                  "Alerts that were raised, with when, why and how long they lasted. Read-only.",
                  "wattledger alerts list --open");
  const auto open_only = std::make_shared<bool>(false);
  add_flag(*list_command, "--open", *open_only, "Only those that stand");
  on_call(*list_command, invocation,
          [&invocation, open_only] { return list(invocation, *open_only); });

  CLI::App* test_command = add_command(
      alerts, "test",
      "Send a receiver of the configuration a message that is marked as a test. Writes nothing.",
      "wattledger --config house.yaml alerts test phone");
  const auto name = std::make_shared<std::string>();
  add_words(*test_command, "receiver", *name, "As the configuration names it")
      .type_name("RECEIVER")
      .required();
  on_call(*test_command, invocation, [&invocation, name] { return test(invocation, *name); });
}

}  // namespace wattledger::tool
