// The legacy configuration's electricity_tariff as its owners have it, priced hour by hour like the
// tables of this program, and what is wrong in one.
#include <doctest/doctest.h>

#include "coordinator/config/config.hpp"
#include "projections/fold/tariff.hpp"

using namespace wattledger;
using namespace wattledger::config;
using fold::PeakHours;

namespace {

// Structure, keys and numbers of the section as it was shipped.
constexpr const char* shipped_tables = R"(    g12w:
      type: "time_based"
      peak_hours:
        start: 6
        end: 22
      prices:
        peak: 0.3566
        off_peak: 0.0749
    g14dynamic:
      type: "kompas_based"
      requires_pse_peak_hours: true
      prices:
        normal_usage: 0.0578
        recommended_usage: 0.0145
        recommended_saving: 0.4339
        required_reduction: 2.8931
      fallback_price: 0.0578
    g11:
      type: "static"
      price: 0.3125
    g12:
      type: "time_based"
      peak_hours: {start: 7, end: 22}
      off_peak_windows:
        - start: 13
          end: 15
      prices: {peak: 0.3566, off_peak: 0.0749}
    g12as:
      type: "time_based"
      peak_hours: {start: 7, end: 13}
      prices: {peak: 0.3125, off_peak: 0.0312}
    g13:
      type: "static"
      price: 0.0
      note: "needs detailed implementation"
    g13s:
      type: "seasonal_time_based"
      requires_pse_forecast: true
      seasons:
        summer:
          start_month: 4
          start_day: 1
          end_month: 9
          end_day: 30
          time_zones:
            day_peak_morning: {start: 7, end: 9}
            day_off_peak: {start: 9, end: 17}
            day_peak_evening: {start: 17, end: 21}
            night: {start: 21, end: 7}
        winter:
          start_month: 10
          start_day: 1
          end_month: 3
          end_day: 31
          time_zones:
            day_peak_morning: {start: 7, end: 10}
            day_off_peak: {start: 10, end: 15}
            day_peak_evening: {start: 15, end: 21}
            night: {start: 21, end: 7}
      prices:
        working_days:
          summer: {day_peak: 0.290, day_off_peak: 0.100, night: 0.110}
          winter: {day_peak: 0.340, day_off_peak: 0.200, night: 0.110}
        free_days:
          all_hours: 0.110
      note: "weekends and holidays use flat 0.110 PLN/kWh"
)";

std::string shipped(const std::string& type, const std::string& tables = "distribution_pricing") {
  return "electricity_tariff:\n  tariff_type: \"" + type +
         "\"\n  sc_component_pln_kwh: 0.0892\n  " + tables + ":\n" + shipped_tables;
}

Config parsed(const std::string& yaml) {
  auto config = parse(yaml, "l.yaml");
  if (!config) FAIL(config.error().line());
  return std::move(*config);
}

// The shipped section with one thing replaced.
std::string with(const std::string& type, const std::string& from, const std::string& to) {
  std::string text = shipped(type);
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_SUITE("config/legacy tariff") {
  TEST_CASE("each shipped tariff prices each hour of a year as the one of that name here") {
    const auto zone = load_zone("Europe/Warsaw", utc_from_us(1'750'000'000'000'000));
    REQUIRE(zone);
    const UtcTime start = *parse_time("2025-01-01", zone->zone);
    for (const std::string name : {"g11", "g12", "g12w", "g12as", "g13", "g13s", "g14dynamic"}) {
      CAPTURE(name);
      const Config legacy = parsed(shipped(name));
      const Config ours = parsed("tariff: {name: " + name + "}");
      CHECK(legacy.policy.tariff == name);
      CHECK(legacy.policy.tariff_component == PriceE8(8'920'000));
      CHECK(legacy.policy.holidays == ours.policy.holidays);
      int wrong = 0;
      for (int hour = 0; hour < 365 * 24; ++hour)
        for (const PeakHours code : {PeakHours(0), PeakHours(3), PeakHours()}) {
          const UtcTime at = start + std::chrono::hours(hour);
          const auto* one = fold::zone_at(legacy.policy, zone->zone, at, code);
          const auto* other = fold::zone_at(ours.policy, zone->zone, at, code);
          REQUIRE(one != nullptr);
          wrong += one->price != other->price || one->name != other->name ? 1 : 0;
        }
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("keys that set nothing are told") {
    CHECK(parsed(shipped("g12")).without_meaning ==
          std::vector<std::string>{
              "electricity_tariff.distribution_pricing.g13.note",
              "electricity_tariff.distribution_pricing.g13s.requires_pse_forecast",
              "electricity_tariff.distribution_pricing.g13s.note",
              "electricity_tariff.distribution_pricing.g14dynamic.requires_pse_peak_hours"});
  }

  TEST_CASE("its own numbers count, and what it leaves out is ours") {
    const auto first = [](const Config& config) { return config.policy.tariff_zones.front(); };
    CHECK(first(parsed(with("g11", "price: 0.3125", "price: 0.4"))).price == PriceE8(40'000'000));
    CHECK(parsed(with("g12", "0.0892", "0.1")).policy.tariff_component == PriceE8(10'000'000));
    CHECK(first(parsed(shipped("g12", "tariffs"))) == fold::g12_zones().front());
    const Config bare = parsed("electricity_tariff: {tariff_type: G13S}");
    CHECK(bare.policy == parsed("tariff: {name: g13s}").policy);
    const Config beside = parsed(shipped("g12") + "tariff: {vat_pct: 23, feed_in: none}\n");
    CHECK(beside.policy.tariff_vat == BasisPoints(2'300));
    CHECK(parsed("electricity_tariff:\n").policy == parsed("tariff: {}").policy);
    // Its hours are those written, which the older program did not read.
    const Config later = parsed(with("g13s", "{start: 7, end: 9}", "{start: 8, end: 9}"));
    int at_seven = 0;
    for (const auto& zone : later.policy.tariff_zones)
      if (zone.name == "day_peak" && ((zone.hours >> 7U) & 1U) != 0) ++at_seven;
    CHECK(at_seven == 1);  // winter's
  }

  TEST_CASE("what is wrong is said with its line") {
    struct Wrong {
      const char* name;
      std::string yaml;
      const char* begins;
      const char* holds;
    };
    const std::vector<Wrong> wrongs = {
        {"no type", "electricity_tariff:\n  sc_component_pln_kwh: 0.0892\n",
         "l.yaml:2: electricity_tariff has no tariff_type", ""},
        {"unknown tariff", "electricity_tariff:\n  tariff_type: g12v\n",
         "l.yaml:2: electricity_tariff.tariff_type: \"g12v\"", "did you mean \"g12\"?"},
        {"unknown key", with("g12", "sc_component_pln_kwh", "sc_component_pln"),
         "l.yaml:3: electricity_tariff.sc_component_pln is not a key", "sc_component_pln_kwh"},
        {"no price", with("g12", "0.0892", "cheap"),
         "l.yaml:3: electricity_tariff.sc_component_pln_kwh: price \"cheap\"", "from -10 to 10"},
        {"unknown kind", with("g12", "\"time_based\"", "\"times_based\""),
         "l.yaml:6: electricity_tariff.distribution_pricing.g12w.type: \"times_based\" is no type",
         "did you mean \"time_based\"?"},
        {"no kind", with("g11", "type: \"static\"", "note: x"),
         "l.yaml:23: electricity_tariff.distribution_pricing.g11 has no type", ""},
        {"no hours", with("g12", "start: 6", "start: six"),
         "l.yaml:8: electricity_tariff.distribution_pricing.g12w.peak_hours: from \"six\"",
         "whole hours"},
        {"no end", with("g12", "        end: 22\n", ""),
         "l.yaml:8: electricity_tariff.distribution_pricing.g12w.peak_hours has no end", ""},
        {"a key twice", with("g12", "        end: 22\n", "        start: 7\n"),
         "l.yaml:9: electricity_tariff.distribution_pricing.g12w.peak_hours.start is given twice",
         ""},
        {"half a month", with("g12", "start_day: 1", "start_day: 15"),
         "l.yaml:46: electricity_tariff.distribution_pricing.g13s.seasons.summer.start_day: \"15\"",
         ""},
        {"a season without prices", with("g12", "winter: {day_peak", "autumn: {day_peak"),
         "l.yaml:67: electricity_tariff.distribution_pricing.g13s.prices.working_days.autumn",
         "summer"},
        {"a window without price", with("g12", "night: {start", "evening: {start"),
         "l.yaml:53: electricity_tariff.distribution_pricing.g13s.seasons.summer.time_zones.evening"
         " has no price",
         "working_days.summer"},
        {"both names of the tables", shipped("g12") + "  tariffs: {}\n",
         "l.yaml:71: electricity_tariff.tariffs and distribution_pricing", "keep one"},
        {"a tariff of ours beside it", shipped("g12") + "tariff:\n  name: g11\n",
         "l.yaml:72: tariff.name: the section electricity_tariff says the same", "keep one"},
        {"a component of ours beside it", "tariff: {component: 1}\n" + shipped("g12"),
         "l.yaml:1: tariff.component: the section electricity_tariff says the same", ""},
        {"a list", "electricity_tariff: [g12]\n", "l.yaml:1: electricity_tariff is not a section",
         ""},
        {"another spelling", "electricity_tarif: {tariff_type: g12}\n",
         "l.yaml:1: electricity_tarif is not a key", "did you mean \"electricity_tariff\"?"},
    };
    for (const Wrong& wrong : wrongs) {
      const auto config = parse(wrong.yaml, "l.yaml");
      REQUIRE_MESSAGE(!config, wrong.name);
      const std::string line = config.error().line();
      INFO(wrong.name << ": " << line);
      CHECK(line.rfind(wrong.begins, 0) == 0);
      CHECK(line.find(wrong.holds) != std::string::npos);
    }
  }
}
