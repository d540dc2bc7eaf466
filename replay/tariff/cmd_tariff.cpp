// wattledger tariff: what a kWh costs and earns at an instant, part by part. Exact: only VAT
// rounds, once, at the end.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "coordinator/sources/parse/decimal.hpp"
#include "replay/display.hpp"
#include "replay/tariff/commands.hpp"
#include "replay/tariff/tariff_choice.hpp"

namespace wattledger::tool {
namespace {

struct Answer {
  UtcTime at;
  const fold::TariffZone* zone = nullptr;
  fold::ImportPrice price;
  PriceE8 feed_in;
};

Result<PriceE8> parse_market(const std::string& text) {
  constexpr std::int64_t most = 1'000'000'000'000;  // 10 000 per kWh
  const auto price = sources::parse_decimal(text, 8);
  if (!price.trouble && price.count >= -most && price.count <= most) return PriceE8(price.count);
  return fail(ErrorKind::invalid_input, "--market \"" + text + "\" is no price per kWh",
              "write a number from -10000 to 10000 with at most 8 decimals, as 0.4521");
}

// What a reading of the wall clock means that stands twice in its day or never.
void remark_on_clock(const std::string& text, const ZoneOffsets& zone) {
  const ZoneOffsets later({{UtcTime{}, std::chrono::hours(1)}});
  const auto as_utc = parse_time(text, ZoneOffsets());
  const auto as_later = parse_time(text, later);
  if (!as_utc || !as_later || *as_utc == *as_later) return;  // it says its offset
  const LocalTime local(as_utc->time_since_epoch());
  const UtcTime first = zone.to_utc(local, false);
  const UtcTime second = zone.to_utc(local, true);
  if (first != second)
    note("the clock shows " + text + " twice; the first is taken, " + local_text(first, zone) +
         " (the second is " + local_text(second, zone) + ")");
  else if (zone.to_local(first) != local)
    note("the clock never shows " + text + ", for it is set forward then; " +
         local_text(first, zone) + " is taken");
}

// Every part by name; they add up to the final price.
std::vector<std::pair<std::string, PriceE8>> parts_of(const fold::PolicySettings& settings,
                                                      const fold::ImportPrice& price) {
  std::vector<std::pair<std::string, PriceE8>> parts{{"market", price.market}};
  if (settings.tariff_components.empty() || price.component != PriceE8(0))
    parts.emplace_back("component", price.component);
  for (const fold::TariffComponent& each : settings.tariff_components)
    parts.emplace_back(each.name, each.price);
  parts.emplace_back("distribution", price.distribution);
  parts.emplace_back("vat", price.vat);
  return parts;
}

std::string_view rule_name(fold::FeedIn rule) {
  switch (rule) {
    case fold::FeedIn::market:
      return "market";
    case fold::FeedIn::market_floored:
      return "market_floored";
    case fold::FeedIn::fixed:
      return "fixed";
    case fold::FeedIn::none:
      return "none";
  }
  return "?";
}

double number_of(PriceE8 price) { return static_cast<double>(price.count()) / 1e8; }

std::string to_json(const TariffChoice& choice, const Answer& answer) {
  using Json = nlohmann::ordered_json;
  const fold::PolicySettings& settings = choice.settings;
  std::string at = local_text(answer.at, choice.zone);
  at[10] = 'T';
  Json components = Json::object();
  for (const auto& [name, price] : parts_of(settings, answer.price))
    components[name] = number_of(price);
  const Json result{{"at", at},
                    {"day", day_kind(choice, answer.at)},
                    {"tariff", settings.tariff},
                    {"zone", answer.zone == nullptr ? Json(nullptr) : Json(answer.zone->name)},
                    {"peak_hours", choice.peak_hours ? Json(*choice.peak_hours) : Json(nullptr)},
                    {"currency", settings.currency},
                    {"components", components},
                    {"vat_pct", static_cast<double>(settings.tariff_vat.count()) / 100},
                    {"final", number_of(answer.price.total)},
                    {"feed_in", number_of(answer.feed_in)},
                    {"feed_in_rule", rule_name(settings.feed_in)}};
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print(const TariffChoice& choice, const Answer& answer) {
  const fold::PolicySettings& settings = choice.settings;
  const auto row = [](std::string_view name, std::string_view value) {
    say(fmt::format("{:<16}  {}", name, value));
  };
  row("at", fmt::format("{}, {}", local_text(answer.at, choice.zone), day_kind(choice, answer.at)));
  row("tariff", settings.tariff);
  row("zone", answer.zone == nullptr ? "none" : answer.zone->name);
  for (const auto& [name, price] : parts_of(settings, answer.price)) row(name, exact_text(price));
  row("final", exact_text(answer.price.total));
  row("feed-in", exact_text(answer.feed_in));
  row("in", settings.currency + " per kWh");
}

Exit run(const Invocation& invocation, const TariffWish& wish) {
  if (wish.at.empty() || wish.market.empty())
    return usage(std::string("tariff: ") + (wish.at.empty() ? "--at" : "--market") + " is missing",
                 "write wattledger tariff --at 2025-06-19T08:00 --market 0.4521");
  const auto market = parse_market(wish.market);
  if (!market) return refuse(market.error());
  const auto choice = choose_tariff(invocation, wish, wish.at);
  if (!choice) return refuse(choice.error());
  const auto at = parse_time(wish.at, choice->zone);
  if (!at) return refuse(at.error());
  remark_on_clock(wish.at, choice->zone);
  remark_on(*choice, *at);
  Answer answer;
  answer.at = *at;
  answer.zone = fold::zone_at(choice->settings, choice->zone, *at, choice->peak_hours);
  answer.price = fold::import_price(choice->settings, answer.zone, *market);
  answer.feed_in = fold::export_price(choice->settings, *market);
  if (invocation.format == Format::json)
    say(to_json(*choice, answer));
  else
    print(*choice, answer);
  return Exit::done;
}

}  // namespace

void add_tariff(CLI::App& parent, Invocation& invocation) {
  CLI::App* command =
      add_command(parent, "tariff",
                  "What a kWh costs and earns at an instant, part by part. Needs no data "
                  "directory. Read-only.",
                  "wattledger tariff --at 2025-06-19T08:00 --market 0.4521 --tariff g13s");
  const auto wish = std::make_shared<TariffWish>();
  add_text(*command, "--at", wish->at, "When (local, or with Z or +02:00)").type_name("TIME");
  add_text(*command, "--market", wish->market, "The market price per kWh").type_name("PRICE");
  add_tariff_wish(*command, *wish);
  on_call_alone(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
  add_tariff_table(*command, invocation, wish);
}

}  // namespace wattledger::tool
