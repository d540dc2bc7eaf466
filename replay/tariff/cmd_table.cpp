// wattledger tariff table: a day's zones, from local midnight to local midnight.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "replay/display.hpp"
#include "replay/tariff/commands.hpp"
#include "replay/tariff/tariff_choice.hpp"

namespace wattledger::tool {
namespace {

std::string_view name_of(const fold::TariffRun& run) {
  return run.zone == nullptr ? std::string_view("none") : std::string_view(run.zone->name);
}

PriceE8 addition_of(const fold::TariffRun& run) {
  return run.zone == nullptr ? PriceE8(0) : run.zone->price;
}

void print_json(const TariffChoice& choice, const std::vector<fold::TariffRun>& runs) {
  using Json = nlohmann::ordered_json;
  const auto time = [&](UtcTime at) {
    std::string text = local_text(at, choice.zone);
    text[10] = 'T';
    return text;
  };
  for (const fold::TariffRun& run : runs)
    say(Json{{"start", time(run.start)},
             {"end", time(run.end)},
             {"slots", (run.end - run.start) / std::chrono::minutes(15)},
             {"zone", run.zone == nullptr ? Json(nullptr) : Json(run.zone->name)},
             {"addition", static_cast<double>(addition_of(run).count()) / 1e8}}
            .dump(-1, ' ', false, Json::error_handler_t::replace));
}

// What stands beside the zone's addition in every price of the day.
std::string besides(const fold::PolicySettings& settings) {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& value) {
    text += (text.empty() ? "; besides: " : ", ") + name + " " + value;
  };
  if (settings.tariff_component != PriceE8(0))
    add("component", exact_text(settings.tariff_component));
  for (const fold::TariffComponent& each : settings.tariff_components)
    add(each.name, exact_text(each.price));
  if (const auto vat = settings.tariff_vat.count(); vat != 0)
    add("VAT", fmt::format("{} %", static_cast<double>(vat) / 100));
  return text;
}

void print(const TariffChoice& choice, const std::vector<fold::TariffRun>& runs) {
  const UtcTime start = runs.front().start;
  const auto length = std::chrono::floor<std::chrono::minutes>(runs.back().end - start);
  std::size_t width = 0;
  for (const fold::TariffRun& run : runs) width = std::max(width, name_of(run).size());
  say(fmt::format("{}, {}, {} slots, {}: {} in {} per kWh{}",
                  date_text(choice.zone.to_local(start)), day_kind(choice, start),
                  length / std::chrono::minutes(15), choice.zone_name, choice.settings.tariff,
                  choice.settings.currency, besides(choice.settings)));
  for (const fold::TariffRun& run : runs)
    say(fmt::format("{}  {:<{}}  {}", local_text(run.start, choice.zone), name_of(run), width,
                    exact_text(addition_of(run))));
}

Exit run(const Invocation& invocation, const TariffWish& wish) {
  if (!wish.at.empty() || !wish.market.empty())
    return usage("tariff table: --at and --market are of tariff alone",
                 "leave them out, or leave out table");
  if (wish.day.empty())
    return usage("tariff table: --day is missing",
                 "write wattledger tariff table --day 2025-10-26");
  if (wish.day.size() != 10)
    return usage("\"" + wish.day + "\" is not a day", "write one as 2025-10-26");
  const auto choice = choose_tariff(invocation, wish, wish.day);
  if (!choice) return refuse(choice.error());
  const auto day = parse_time(wish.day, choice->zone);
  if (!day) return refuse(day.error());
  remark_on(*choice, *day);
  const auto runs = fold::day_runs(choice->settings, choice->zone, *day, choice->peak_hours);
  if (invocation.format == Format::json)
    print_json(*choice, runs);
  else
    print(*choice, runs);
  return Exit::done;
}

}  // namespace

void add_tariff_table(CLI::App& tariff, Invocation& invocation,
                      const std::shared_ptr<TariffWish>& wish) {
  CLI::App* command = add_command(tariff, "table",
                                  "A whole day's zones: when each begins, its name, what it adds "
                                  "per kWh. Read-only.",
                                  "wattledger tariff table --day 2025-10-26 --tariff g12");
  add_text(*command, "--day", wish->day, "Which local day").type_name("DATE");
  add_tariff_wish(*command, *wish);
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
