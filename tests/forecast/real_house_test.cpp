// Both goals on a real house's year. Parameters were fixed on the part before 1 July 2024; what is
// asserted is the rest.
#include "tests/forecast/real_house.hpp"

#include <cmath>
#include <cstdio>
#include <map>

#include "coordinator/forecast/pv_forecast.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;
using namespace std::chrono_literals;

namespace {

const UtcTime fitted_until = UtcTime(std::chrono::sys_days(std::chrono::year(2024) / 7 / 1));

struct Compared {
  std::int64_t count = 0;
  std::int64_t ours = 0;
  std::int64_t other = 0;
  std::int64_t inside = 0;  // between low and high
  std::int64_t ranges = 0;

  void add(Watts forecast, Watts rival, Watts actual) {
    ++count;
    ours += std::abs((forecast - actual).count());
    other += std::abs((rival - actual).count());
  }
  void add(const Forecast& forecast, std::size_t slot, Watts rival, Watts actual) {
    add(*forecast.power.watts[slot], rival, actual);
    const auto low = forecast.low.watts[slot];
    if (!low) return;
    ++ranges;
    if (actual >= *low && actual <= *forecast.high.watts[slot]) ++inside;
  }
  [[nodiscard]] double mae() const {
    return static_cast<double>(ours) / static_cast<double>(count);
  }
  [[nodiscard]] double rival() const {
    return static_cast<double>(other) / static_cast<double>(count);
  }
  [[nodiscard]] double ratio() const { return mae() / rival(); }
  [[nodiscard]] double covered() const {
    return static_cast<double>(inside) / static_cast<double>(std::max<std::int64_t>(ranges, 1));
  }
};

using Table = std::map<std::string, Compared>;

void print(const char* title, const char* rival, const Table& table) {
  std::printf("%s\n", title);
  for (const auto& [row, compared] : table)
    std::printf("  %-26s ours %6.1f W, %s %6.1f W, ratio %.3f, %5.1f %% in the band, %lld slots\n",
                row.c_str(), compared.mae(), rival, compared.rival(), compared.ratio(),
                100 * compared.covered(), static_cast<long long>(compared.count));
}

std::string part_of(UtcTime time) { return time < fitted_until ? "fit " : "rest"; }

std::string hour_text(std::chrono::hours hour) {
  return (hour < 10h ? "at 0" : "at ") + std::to_string(hour.count()) + ":00";
}

std::string class_text(std::chrono::microseconds ahead) {
  const auto found = horizon_class(std::max(ahead, std::chrono::microseconds(0)));
  return "class ending " + std::to_string(100 + horizon_ends_h[found.value_or(5)]).substr(1) + " h";
}

// The values by time: what came, and for load the same quarter of yesterday's wall clock.
std::map<UtcTime, Watts> loads_of(const std::vector<HouseSlot>& house) {
  std::map<UtcTime, Watts> loads;
  for (const HouseSlot& slot : house) {
    if (!slot.load) continue;
    loads[slot.start] = *slot.load;
    loads[slot.start + 15min] = *slot.load;
  }
  return loads;
}

std::optional<Watts> at(const std::map<UtcTime, Watts>& values, UtcTime time) {
  const auto found = values.find(time);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

TEST_SUITE("forecast/real house") {
  TEST_CASE("load: at least 15 % better than the same as yesterday") {
    const auto house = real_house();
    if (house.empty()) return;
    const Calendar calendar = french_calendar();
    const auto loads = loads_of(house);
    LoadState state;
    Table table;
    for (const HouseSlot& slot : house) {
      const auto local = calendar.zone.to_local(slot.start);
      const auto hour = local - std::chrono::floor<std::chrono::days>(local);
      if (slot.start >= house.front().start + std::chrono::days(15) &&
          (hour == 0h || hour == 7h || hour == 12h || hour == 18h)) {
        observe(state, calendar, {}, slot.start, slot.load);
        const auto made = load_forecast(state, calendar, {}, slot.start, 96);
        for (std::size_t i = 0; i < 96; ++i) {
          const UtcTime time = slot.start + i * 15min;
          const auto actual = loads.find(time);
          const auto yesterday =
              at(loads, calendar.zone.to_utc(calendar.zone.to_local(time) - 24h));
          if (actual == loads.end() || !yesterday) continue;
          const auto part = part_of(slot.start);
          for (const auto& row :
               {part + " " + hour_text(std::chrono::floor<std::chrono::hours>(hour)),
                part + " " + class_text(i * 15min), part + " all"})
            table[row].add(made, i, *yesterday, actual->second);
          if (hour == 0h) table["year midnight"].add(made, i, *yesterday, actual->second);
        }
      }
      for (int i = 0; i < 6; ++i) observe(state, calendar, {}, slot.start + i * 5min, slot.load);
    }
    print("load, 24 h ahead, mean absolute error per quarter-hour", "yesterday", table);
    CHECK(table["rest at 00:00"].ratio() <= 0.85);
    CHECK(table["year midnight"].ratio() <= 0.85);
    CHECK(table["rest all"].ratio() <= 0.85);
    CHECK(table["rest class ending 01 h"].ratio() <= 0.85);
    CHECK(table["rest all"].covered() == doctest::Approx(0.8).epsilon(0.1));
  }

  TEST_CASE("PV: the owner's forecast, corrected, is not worse than it was after two weeks") {
    const auto house = real_house();
    if (house.empty()) return;
    const Calendar calendar = french_calendar();
    PvState state;
    PvSettings settings;
    Table table;
    std::map<std::int32_t, Compared> days;
    std::map<std::int32_t, std::pair<std::int64_t, std::int64_t>> energy;
    std::optional<UtcTime> first;
    for (std::size_t row = 0; row < house.size(); ++row) {
      const HouseSlot& slot = house[row];
      const auto local = calendar.zone.to_local(slot.start);
      const auto today = std::chrono::floor<std::chrono::days>(local);
      const auto hour = local - today;
      if (hour == 0h) {  // the owner's forecast of the day; when it was made, the file does not say
        PowerSeries told{slot.start, 30min, {}};
        for (std::size_t i = row; i < std::min(row + 48, house.size()); ++i)
          told.watts.push_back(house[i].pv_told);
        take_base(state, told);
      }
      if (!first && slot.pv && slot.pv_told && *slot.pv_told > Watts(0)) first = slot.start;
      if (first && slot.start >= *first + std::chrono::days(14) && hour % 2h == 0h && hour < 20h &&
          (hour == 0h || hour >= 6h)) {
        observe(state, settings, slot.start, slot.pv);
        const auto made = pv_forecast(state, settings, slot.start, 96);
        for (std::size_t i = 0; i < 48 && row + i < house.size(); ++i) {
          const HouseSlot& then = house[row + i];
          if (then.start != slot.start + i * 30min || !then.pv || !then.pv_told) continue;
          if (calendar.zone.to_local(then.start) >= today + 24h) break;
          if (*then.pv == Watts(0) && *then.pv_told == Watts(0)) continue;
          const auto part = part_of(slot.start);
          for (const auto& key :
               {part + " " + hour_text(std::chrono::floor<std::chrono::hours>(hour)),
                part + " " + class_text(i * 30min)})
            for (const std::size_t quarter : {2 * i, 2 * i + 1})
              table[key].add(made, quarter, *then.pv_told, *then.pv);
          if (hour != 0h) continue;
          const auto number = static_cast<std::int32_t>(today.time_since_epoch().count());
          days[number].add(*made.power.watts[2 * i], *then.pv_told, *then.pv);
          energy[number].first += (*made.power.watts[2 * i] - *then.pv).count();
          energy[number].second += (*then.pv_told - *then.pv).count();
        }
      }
      for (int i = 0; i < 6; ++i) observe(state, settings, slot.start + i * 5min, slot.pv);
    }
    print("PV to the end of the day, mean absolute error per daylight quarter", "owner's", table);
    double ours = 0;
    double owners = 0;
    double our_energy = 0;
    double their_energy = 0;
    int better = 0;
    for (const auto& [day, compared] : days) {
      ours += compared.mae();
      owners += compared.rival();
      better += compared.ours <= compared.other ? 1 : 0;
      our_energy += std::abs(static_cast<double>(energy[day].first)) / 2'000;
      their_energy += std::abs(static_cast<double>(energy[day].second)) / 2'000;
    }
    const double count = static_cast<double>(days.size());
    std::printf(
        "PV per day, made at midnight, %zu days after two weeks: mean absolute error ours %.1f W, "
        "owner's %.1f W; "
        "better on %d days; energy of the day ours %.2f kWh off, owner's %.2f kWh\n",
        days.size(), ours / count, owners / count, better, our_energy / count,
        their_energy / count);
    CHECK(ours <= owners);
    CHECK(our_energy <= their_energy);
    CHECK(table["rest at 00:00"].ratio() <= 1);
  }

  TEST_CASE(
      "PV without anybody's forecast: better than the same as yesterday, with a place and "
      "without") {
    const auto house = real_house();
    if (house.empty()) return;
    std::map<UtcTime, Watts> given;
    for (const HouseSlot& slot : house)
      if (slot.pv) given[slot.start] = *slot.pv;
    // The file does not say where the house stands: the middle of France, a roof to the south.
    Plant assumed{45'000'000, 3'000'000, {Plane{}}, Watts(0), BasisPoints(2'000)};
    assumed.planes[0].peak = Watts(5'000);
    Table table;
    for (const bool placed : {false, true}) {
      const PvSettings settings{placed ? std::optional(assumed) : std::nullopt, Watts(0)};
      PvState state;
      for (const HouseSlot& slot : house) {
        if (slot.start >= house.front().start + std::chrono::days(15) &&
            slot.start == std::chrono::floor<std::chrono::days>(slot.start)) {
          const auto made = pv_forecast(state, settings, slot.start, 96);
          for (std::size_t i = 0; i < 96; i += 2) {
            const auto actual = at(given, slot.start + i * 15min);
            const auto yesterday = at(given, slot.start + i * 15min - 24h);
            if (!actual || !yesterday || !made.power.watts[i]) continue;
            if (*actual == Watts(0) && *yesterday == Watts(0)) continue;
            table[part_of(slot.start) + (placed ? " clear sky assumed" : " no place")].add(
                made, i, *yesterday, *actual);
          }
        }
        for (int i = 0; i < 6; ++i) observe(state, settings, slot.start + i * 5min, slot.pv);
      }
    }
    print("PV with no forecast to correct, made at midnight UTC", "yesterday", table);
    for (const auto& row : table) {
      CAPTURE(row.first);
      CHECK(row.second.ratio() < 1);
    }
  }
}
