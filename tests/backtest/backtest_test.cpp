// 64 days of real prices, each quarter joined with the real house a year before.
#include "tests/backtest/backtest.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "coordinator/sources/parse/prices.hpp"
#include "tests/forecast/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace std::chrono_literals;

namespace {

ZoneOffsets warsaw_clock() {
  return ZoneOffsets({{utc("2024-03-31T01:00Z"), 2h},
                      {utc("2024-10-27T01:00Z"), 1h},
                      {utc("2025-03-30T01:00Z"), 2h},
                      {utc("2025-10-26T01:00Z"), 1h}});
}

// Rows "local time,price,quality", in order; the repeated hour's second pass follows the first.
std::map<UtcTime, PriceE8> real_prices() {
  const auto file = shared_data() / "prices/pl_csdac_15min_2025-09-29_2025-12-02.csv";
  std::ifstream stream(file);
  if (!stream) MESSAGE("skipped: " << file.string() << " is not there");
  std::map<UtcTime, PriceE8> prices;
  const ZoneOffsets zone = warsaw_clock();
  std::string line;
  std::getline(stream, line);
  std::optional<UtcTime> last;
  while (std::getline(stream, line)) {
    const auto comma = line.find(',');
    const auto second = line.find(',', comma + 1);
    const auto local = parse_time(line.substr(0, comma), ZoneOffsets());
    REQUIRE(local);
    const LocalTime wall(local->time_since_epoch());
    UtcTime at = zone.to_utc(wall);
    if (last && at <= *last) at = zone.to_utc(wall, true);
    last = at;
    const double price = std::atof(line.substr(comma + 1, second - comma - 1).c_str());
    prices[at] = PriceE8(static_cast<std::int64_t>(price * 1e8 + (price < 0 ? -0.5 : 0.5)));
  }
  return prices;
}

// The house's times moved on by a year of 365 days: the same day of the year, another weekday.
Past real_past(std::int64_t pv_times) {
  Past past;
  past.zone = warsaw_clock();
  past.calendar.zone = past.zone;
  const auto prices = real_prices();
  const auto house = real_house();
  if (prices.empty() || house.empty()) return past;
  const UtcTime first = prices.begin()->first;
  std::optional<HouseSlot> known;
  for (const HouseSlot& slot : house)
    for (const auto part : {0min, 15min}) {
      const UtcTime at = slot.start + part + std::chrono::days(365);
      if (at < first - std::chrono::days(120)) continue;
      const auto price = prices.find(at);
      if (at >= first && price == prices.end()) continue;
      Quarter quarter{at, at < first ? PriceE8(0) : price->second, slot.load.value_or(Watts(0)),
                      slot.pv.value_or(Watts(0)) * pv_times, std::nullopt};
      if (slot.pv_told) quarter.pv_told = *slot.pv_told * pv_times;
      (at < first ? past.warm_up : past.days).push_back(quarter);
    }
  return past;
}

fold::PolicySettings house_settings(const std::string& policy) {
  fold::PolicySettings settings;
  settings.policy = policy;
  settings.tariff_zones = fold::g12_zones();
  settings.battery_capacity = MilliwattHours(10'000'000);
  settings.soc_min = BasisPoints(1'000);
  settings.plan_gain_min = MoneyE8(15'000'000);
  return settings;
}

double money(MoneyE8 amount) { return static_cast<double>(amount.count()) / 1e8; }

int at_quantile(std::vector<int> values, double quantile) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(quantile * static_cast<double>(values.size() - 1))];
}

struct Figures {
  double of_no_battery = 0;  // share of perfect foresight's saving against a house without battery
  double of_self_use = 0;    // … against a battery that only serves the house
  int changes_p95 = 0;       // of mode, a day
};

Figures figures(const char* name, const Past& past, const fold::PolicySettings& settings,
                Told told) {
  const PriceE8 terminal(50'000'000);
  const policy::PlanProblem problem = whole_problem(past, settings, terminal);
  const auto best = policy::plan(problem);
  const auto idle = policy::no_battery_cost(problem);
  const auto serving = policy::self_consumption(problem);
  if (!best) MESSAGE(policy::name_of(best.error().obstacle) << " " << best.error().slot);
  REQUIRE(best);
  REQUIRE(idle);
  REQUIRE(serving);
  const Lived lived = live(past, settings, told, terminal);
  CHECK(lived.broken == 0);
  // Without a battery nothing is stored, at the beginning or the end.
  const Figures result{
      (money(*idle) - money(lived.cost)) / (money(*idle) - money(best->cost)),
      (money(serving->cost) - money(lived.cost)) / (money(serving->cost) - money(best->cost)),
      at_quantile(lived.mode_changes, 0.95)};
  auto times = lived.decide_us;
  std::sort(times.begin(), times.end());
  std::printf(
      "%-34s no battery %.2f, self-use %.2f, lived %.2f, foresight %.2f: %.1f %% of its saving "
      "against no battery, %.1f %% against self-use; mode changes p95 %d, most %d; decide p50 %.0f "
      "us, p99 %.0f us\n",
      name, money(*idle), money(serving->cost), money(lived.cost), money(best->cost),
      100 * result.of_no_battery, 100 * result.of_self_use, result.changes_p95,
      at_quantile(lived.mode_changes, 1), times[times.size() / 2], times[times.size() * 99 / 100]);
  return result;
}

fold::PolicySettings selling(fold::PolicySettings settings) {
  settings.selling.enabled = true;
  settings.selling.floor = settings.soc_min;
  settings.selling.price_min = PriceE8(0);
  settings.selling.session_max = settings.selling.day_max = BasisPoints(1'000'000);  // no caps
  return settings;
}

}  // namespace

TEST_SUITE("backtest") {
  TEST_CASE("optimal reaches most of what perfect foresight would save, and is calm") {
    const Past past = real_past(1);
    if (past.days.empty()) return;
    const fold::PolicySettings plain = house_settings("optimal");
    const Figures alone = figures("optimal", past, plain, Told::forecasts);
    CHECK(alone.of_no_battery >= 0.85);
    CHECK(alone.changes_p95 <= 12);
    for (const Figures& lived :
         {figures("optimal, selling", past, selling(plain), Told::forecasts),
          figures("optimal, selling, no forecasts", past, selling(plain), Told::nothing),
          figures("optimal, selling, twice the sun", real_past(2), selling(plain),
                  Told::forecasts)}) {
      CHECK(lived.of_no_battery >= 0.85);
      CHECK(lived.changes_p95 <= 20);  // quarter-hourly prices are worth a change more often
    }
    fold::PolicySettings capped = plain;
    capped.selling.enabled = true;
    figures("optimal, selling as by default", past, capped, Told::forecasts);
  }

  TEST_CASE("the other policies beside it") {
    const Past past = real_past(1);
    if (past.days.empty()) return;
    const Figures tiered = figures("tiered", past, house_settings("tiered"), Told::forecasts);
    const Figures optimal = figures("optimal", past, house_settings("optimal"), Told::forecasts);
    figures("tiered, selling", past, selling(house_settings("tiered")), Told::forecasts);
    figures("cheapest", past, house_settings("cheapest"), Told::forecasts);
    CHECK(optimal.of_no_battery > tiered.of_no_battery);
    CHECK(tiered.of_no_battery > 0.5);
  }
}
