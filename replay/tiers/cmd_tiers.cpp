// wattledger tiers: where the log's records stand, how many, how old. Read-only.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "log/tiers.hpp"
#include "replay/display.hpp"
#include "replay/place.hpp"
#include "replay/tiers/commands.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

Json tier_json(const log::Tier& tier) {
  const auto time = [](const std::optional<UtcTime>& at) {
    return at ? Json(utc_text(*at)) : Json(nullptr);
  };
  return {{"records", tier.records},
          {"files", tier.files},
          {"bytes", tier.bytes},
          {"recorded_from", time(tier.recorded_from)},
          {"recorded_to", time(tier.recorded_to)}};
}

void print(const char* name, const log::Tier& tier, const ZoneOffsets& zone, const char* where) {
  const auto day = [&](const std::optional<UtcTime>& at) {
    return at ? date_text(zone.to_local(*at)) : std::string("-");
  };
  say(fmt::format("{:<5} {:>12} {:>6} {:>12}  {:<10}  {:<10}  {}", name, tier.records, tier.files,
                  bytes_text(tier.bytes), day(tier.recorded_from), day(tier.recorded_to), where));
}

Exit run(const Invocation& invocation) {
  const auto place = find_place(invocation);
  if (!place) return cannot(place.error());
  const auto open = open_log(*place);
  if (!open) return cannot(open.error());
  const auto tiers = log::tiers_of(open->snapshot, open->log);
  if (!tiers) return cannot(tiers.error());
  if (invocation.format == Format::json) {
    say(Json{{"hot", tier_json(tiers->hot)},
             {"warm", tier_json(tiers->warm)},
             {"cold", tier_json(tiers->cold)},
             {"fetched", tiers->fetched}}
            .dump());
    return Exit::done;
  }
  const ZoneOffsets zone = house_zone(open->snapshot);
  say(fmt::format("{:<5} {:>12} {:>6} {:>12}  {:<10}  {:<10}  {}", "TIER", "RECORDS", "FILES",
                  "SIZE", "FROM", "TO", "WHERE"));
  print("hot", tiers->hot, zone, "in the log's file");
  print("warm", tiers->warm, zone, "in segments beside it");
  print("cold", tiers->cold, zone, "with a remote");
  if (tiers->fetched != 0)
    note(fmt::format("{} of the cold segments are here as well: fetched", tiers->fetched));
  return Exit::done;
}

}  // namespace

void add_tiers(CLI::App& app, Invocation& invocation, Retirer retirer, ChangeHouse house) {
  CLI::App* command = add_command(
      app, "tiers",
      "Say where the log's records stand: in its file, in segments beside it, or with a remote. "
      "Read-only.",
      "wattledger tiers\n  wattledger tiers fetch --from 2024-01-01 --to 2024-02-01");
  on_call_alone(*command, invocation, [&invocation] { return run(invocation); });
  add_tiers_run(*command, invocation, std::move(retirer), std::move(house));
  add_tiers_fetch(*command, invocation);
}

}  // namespace wattledger::tool
