// The policy's canonical text: written and read back the same, and refused with the line that is
// wrong.
#include <rapidcheck.h>

#include <functional>
#include <set>

#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

template <class Quantity>
void draw(Quantity& field, std::int64_t min, std::int64_t max) {
  field = Quantity(*rc::gen::inRange<std::int64_t>(min, max + 1));
}

// Two values in order.
template <class Quantity>
void draw_pair(Quantity& low, Quantity& high, std::int64_t min, std::int64_t max) {
  draw(low, min, max);
  draw(high, low.count(), max);
}

std::string draw_name() {
  const std::string letters = "abzABZ019_- =,.;\"\\ż";
  auto name = *rc::gen::container<std::string>(rc::gen::elementOf(letters));
  return name.substr(0, 64);
}

TariffZone draw_zone() {
  TariffZone zone;
  zone.name = draw_name();
  zone.months = *rc::gen::inRange<std::uint16_t>(0, 0x1000);
  zone.weekdays = static_cast<std::uint8_t>(*rc::gen::inRange(0, 0x100));
  zone.peak_hours = *rc::gen::inRange<std::uint8_t>(0, 0x20);
  zone.hours = *rc::gen::inRange<std::uint32_t>(0, 0x1000000);
  draw(zone.price, -10'000'000'000, 10'000'000'000);
  return zone;
}

// What came after the first release; each may say nothing.
void draw_later(PolicySettings& s) {
  const int components = *rc::gen::inRange(0, 12);
  for (int i = 0; i < components; ++i) {
    TariffComponent component{draw_name(), {}};
    draw(component.price, -10'000'000'000, 10'000'000'000);
    s.tariff_components.push_back(component);
  }
  s.tariff_vat = BasisPoints(*rc::gen::element(0, 0, 800, 2'300, 10'000));
  s.feed_in =
      *rc::gen::element(FeedIn::none, FeedIn::market, FeedIn::market_floored, FeedIn::fixed);
  s.feed_in_price = PriceE8(*rc::gen::element(0, -1, 20'000'000));
  const auto days = *rc::gen::container<std::set<int>>(rc::gen::inRange(10'957, 47'482));
  for (const int day : days) s.holidays.emplace_back(std::chrono::days(day));
}

PolicySettings draw_settings() {
  PolicySettings s;
  s.currency = draw_name();
  s.tariff = draw_name();
  draw(s.battery_capacity, 1, 1'000'000'000'000);
  draw(s.charge_power_max, 0, 1'000'000);
  draw(s.discharge_power_max, 0, 1'000'000);
  draw_pair(s.soc_min, s.soc_target, 0, 10'000);
  draw_pair(s.soc_emergency, s.soc_emergency_target, 0, 10'000);
  draw(s.charge_efficiency, 1, 10'000);
  draw(s.discharge_efficiency, 1, 10'000);
  draw(s.charge_price_max, -10'000'000'000, 10'000'000'000);
  draw(s.horizon, 3'600, 604'800);
  draw(s.anti_flap, 0, 86'400);
  draw_pair(s.battery_voltage_min, s.battery_voltage_max, 0, 2'000'000);
  draw_pair(s.battery_temperature_min, s.battery_temperature_max, -60'000, 100'000);
  draw_pair(s.battery_temperature_charge_min, s.battery_temperature_charge_max, -60'000, 100'000);
  draw_pair(s.grid_voltage_min, s.grid_voltage_max, 0, 1'000'000);
  draw(s.reading_stale_after, 10, 86'400);
  draw(s.forced_end_max, 60, 3'600);
  draw(s.tariff_component, -10'000'000'000, 10'000'000'000);
  const int zones = *rc::gen::inRange(0, 13);
  for (int i = 0; i < zones; ++i) s.tariff_zones.push_back(draw_zone());
  s.slot = seconds(*rc::gen::element(60, 300, 720, 900, 1800, 3600));
  draw(s.energy_row_every, 1, 86'400);
  draw(s.state_row_every, 1, 86'400);
  draw_later(s);
  return s;
}

PolicySettings with_zones() {
  PolicySettings settings;
  settings.tariff_zones = g12_zones();
  return settings;
}

std::chrono::local_days day(int year, unsigned month, unsigned number) {
  return std::chrono::local_days(std::chrono::year(year) / std::chrono::month(month) /
                                 std::chrono::day(number));
}

// Everything that a policy's text can say since the first release.
PolicySettings with_everything() {
  PolicySettings settings = with_zones();
  settings.tariff_zones[0].weekdays = 0x9F;
  settings.tariff_zones[0].peak_hours = 0x13;
  settings.tariff_components = {{"excise", PriceE8(500'000)}, {"a, b", PriceE8(-1)}};
  settings.tariff_vat = BasisPoints(2'300);
  settings.holidays = {day(2024, 12, 26), day(2025, 1, 1), day(2025, 1, 6)};
  settings.feed_in = FeedIn::fixed;
  settings.feed_in_price = PriceE8(20'000'000);
  return settings;
}

// As the first release wrote it; not a byte of it may come out otherwise, for its digest stands in
// logs.
constexpr const char* first_text =
    "battery.capacity_mwh=10000000\n"
    "battery.charge_efficiency_bp=9500\n"
    "battery.charge_power_max_w=5000\n"
    "battery.discharge_efficiency_bp=9500\n"
    "battery.discharge_power_max_w=5000\n"
    "battery.soc_emergency_bp=500\n"
    "battery.soc_emergency_target_bp=1200\n"
    "battery.soc_min_bp=1000\n"
    "battery.soc_target_bp=9000\n"
    "cadence.energy_row_s=300\n"
    "cadence.slot_s=900\n"
    "cadence.state_row_s=60\n"
    "policy.anti_flap_s=900\n"
    "policy.charge_price_max_e8=70000000\n"
    "policy.horizon_s=86400\n"
    "policy.name=cheapest\n"
    "price.currency=PLN\n"
    "safety.battery_temperature_charge_min_mc=0\n"
    "safety.battery_temperature_max_mc=53000\n"
    "safety.battery_voltage_max_mv=480000\n"
    "safety.battery_voltage_min_mv=320000\n"
    "safety.forced_end_max_s=3600\n"
    "safety.grid_voltage_max_mv=253000\n"
    "safety.grid_voltage_min_mv=200000\n"
    "safety.reading_stale_after_s=180\n"
    "tariff.component_e8=8920000\n"
    "tariff.name=g12\n"
    "tariff.zone.00=4095,127,4169600,35660000,T1\n"
    "tariff.zone.01=4095,127,16777215,7490000,T2\n";

// The text of settings with one thing replaced.
std::string text_with(const std::string& from, const std::string& to,
                      const PolicySettings& settings = with_zones()) {
  std::string text = render_policy(settings);
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

struct Refusal {
  const char* name;
  std::string from;
  std::string to;
  const char* says;
};

}  // namespace

TEST_SUITE("fold/policy settings") {
  TEST_CASE("what is rendered is read back the same, byte for byte") {
    CHECK(rc::check("random settings", [] {
      const PolicySettings settings = draw_settings();
      const std::string text = render_policy(settings);
      const auto read = parse_policy(text);
      if (!read) RC_FAIL(read.error().line());
      RC_ASSERT(*read == settings);
      RC_ASSERT(render_policy(*read) == text);
    }));
  }

  TEST_CASE("the defaults, with and without G12, are settings too") {
    for (const PolicySettings& settings : {PolicySettings{}, with_zones()}) {
      const auto read = parse_policy(render_policy(settings));
      REQUIRE(read.has_value());
      CHECK(*read == settings);
    }
  }

  TEST_CASE("a text of the first release is read, and written again to the byte") {
    const auto read = parse_policy(first_text);
    if (!read) FAIL(read.error().line());
    CHECK(*read == with_zones());
    CHECK(render_policy(*read) == first_text);
    CHECK(read->tariff_components.empty());
    CHECK(read->tariff_vat == BasisPoints(0));
    CHECK(read->holidays.empty());
    CHECK(read->feed_in == FeedIn::market);
    CHECK(read->tariff_zones[0].peak_hours == TariffZone::any_peak_hours);
  }

  TEST_CASE("what is said since has lines of its own, among the others") {
    const std::string text = render_policy(with_everything());
    const auto read = parse_policy(text);
    if (!read) FAIL(read.error().line());
    CHECK(*read == with_everything());
    CHECK(text.substr(text.find("tariff.")) ==
          "tariff.component.00=500000,excise\n"
          "tariff.component.01=-1,a, b\n"
          "tariff.component_e8=8920000\n"
          "tariff.feed_in=fixed\n"
          "tariff.feed_in_price_e8=20000000\n"
          "tariff.holidays.2024=12-26\n"
          "tariff.holidays.2025=01-01,01-06\n"
          "tariff.name=g12\n"
          "tariff.vat_bp=2300\n"
          "tariff.zone.00=4095,159,4169600,35660000,T1\n"
          "tariff.zone.00.peak_hours=19\n"
          "tariff.zone.01=4095,127,16777215,7490000,T2\n");
  }

  TEST_CASE("a hundred zones keep their order") {
    PolicySettings settings;
    for (int i = 0; i < 100; ++i) {
      TariffZone zone;
      zone.name = std::to_string(i);
      settings.tariff_zones.push_back(zone);
    }
    const auto read = parse_policy(render_policy(settings));
    REQUIRE(read.has_value());
    CHECK(*read == settings);
    settings.tariff_zones.emplace_back();
    CHECK_FALSE(parse_policy(render_policy(settings)).has_value());
  }

  TEST_CASE("every refusal says which line and why") {
    const std::string capacity = "battery.capacity_mwh=10000000\n";
    const std::string night = "tariff.zone.01=4095,127,16777215,7490000,T2\n";
    const std::vector<Refusal> rows = {
        {"unknown key", capacity, "battery.capacity_kwh=10\n" + capacity,
         "line 1: unknown key battery.capacity_kwh"},
        {"missing key", capacity, "", "line 1: battery.capacity_mwh is missing"},
        {"missing name", "price.currency=PLN\n", "", "line 17: price.currency is missing"},
        {"twice", capacity, capacity + capacity, "line 2: battery.capacity_mwh is not in order"},
        {"not in order", capacity, "battery.soc_min_bp=1\n" + capacity,
         "line 2: battery.capacity_mwh is not in order"},
        {"below the range", capacity, "battery.capacity_mwh=0\n",
         "line 1: battery.capacity_mwh is \"0\", not an integer from 1 to 1000000000000"},
        {"above the range", "battery.soc_target_bp=9000", "battery.soc_target_bp=10001",
         "line 9: battery.soc_target_bp is \"10001\", not an integer from 0 to 10000"},
        {"not a number", "cadence.slot_s=900", "cadence.slot_s=nan", "line 11: cadence.slot_s is"},
        {"a fraction", "cadence.slot_s=900", "cadence.slot_s=900.0", "line 11"},
        {"a space", "cadence.slot_s=900", "cadence.slot_s= 900", "line 11"},
        {"a leading zero", "cadence.slot_s=900", "cadence.slot_s=0900", "line 11"},
        {"a minus zero", "policy.anti_flap_s=900", "policy.anti_flap_s=-0", "line 13"},
        {"too many digits", capacity, "battery.capacity_mwh=99999999999999999999\n", "line 1"},
        {"empty value", capacity, "battery.capacity_mwh=\n", "line 1"},
        {"no equals sign", capacity, "battery.capacity_mwh\n", "line 1: has no \"=\""},
        {"empty line", capacity, "\n" + capacity, "line 1: has no \"=\""},
        {"another policy", "policy.name=cheapest", "policy.name=clever",
         "line 16: \"clever\" is not a policy of this program"},
        {"control characters", "price.currency=PLN", "price.currency=P\tN",
         "line 17: price.currency is longer than 64 bytes or holds control characters"},
        {"a name without end", "tariff.name=g12", "tariff.name=" + std::string(65, 'x'),
         "tariff.name is longer than 64 bytes"},
        {"a zone's hours", night, "tariff.zone.01=4095,127,16777216,7490000,T2\n",
         "is not a tariff zone"},
        {"a zone cut short", night, "tariff.zone.01=4095,127\n", "is not a tariff zone"},
        {"a zone's name", night, "tariff.zone.01=4095,127,1,1,T\r2\n", "is not a tariff zone"},
        {"a zone left out",
         "tariff.zone.00=", "tariff.zone.02=", "tariff zones are not numbered in order"},
        {"emergency above its target", "battery.soc_emergency_bp=500",
         "battery.soc_emergency_bp=1300",
         "line 6: battery.soc_emergency_bp is above battery.soc_emergency_target_bp"},
        {"minimum above target", "battery.soc_min_bp=1000", "battery.soc_min_bp=9001",
         "line 8: battery.soc_min_bp is above battery.soc_target_bp"},
        {"voltages crossed", "battery_voltage_min_mv=320000", "battery_voltage_min_mv=480001",
         "safety.battery_voltage_min_mv is above safety.battery_voltage_max_mv"},
        {"charging's temperatures crossed", "charge_min_mc=0", "charge_min_mc=50001",
         "safety.battery_temperature_charge_min_mc is above"},
        {"temperatures crossed", "temperature_max_mc=53000", "temperature_max_mc=-20001",
         "safety.battery_temperature_max_mc is below"},
        {"grid voltages crossed", "grid_voltage_min_mv=200000", "grid_voltage_min_mv=253001",
         "safety.grid_voltage_min_mv is above safety.grid_voltage_max_mv"},
        {"a slot that divides no hour", "cadence.slot_s=900", "cadence.slot_s=700",
         "line 11: cadence.slot_s does not divide an hour"},
    };
    for (const Refusal& row : rows) {
      const auto read = parse_policy(text_with(row.from, row.to));
      REQUIRE_MESSAGE(!read.has_value(), row.name);
      const std::string line = read.error().line();
      CHECK_MESSAGE(line.find("policy text, line ") == 0, row.name, ": ", line);
      CHECK_MESSAGE(line.find(row.says) != std::string::npos, row.name, ": ", line);
      CHECK_MESSAGE(line.find('\n') == std::string::npos, row.name);
    }
  }

  TEST_CASE("what came later is refused as exactly, and so is a line that says nothing") {
    const std::string holidays = "tariff.holidays.2025=01-01,01-06\n";
    const std::string peak = "tariff.zone.00.peak_hours=19\n";
    const std::string excise = "tariff.component.00=500000,excise\n";
    const std::vector<Refusal> rows = {
        {"no VAT, said", "tariff.vat_bp=2300", "tariff.vat_bp=0", "says nothing"},
        {"VAT above the whole", "tariff.vat_bp=2300", "tariff.vat_bp=10001", "from 0 to 10000"},
        {"no fixed price, said", "feed_in_price_e8=20000000", "feed_in_price_e8=0", "says nothing"},
        {"feed-in at the market price, said", "tariff.feed_in=fixed", "tariff.feed_in=market",
         "not market_floored, fixed or none"},
        {"an unknown rule of feed-in", "tariff.feed_in=fixed", "tariff.feed_in=Market",
         "is \"Market\""},
        {"peak hours of any code, said", peak, "tariff.zone.00.peak_hours=31\n", "0 to 30"},
        {"peak hours of no number", peak, "tariff.zone.00.peak_hours=x\n", "0 to 30"},
        {"peak hours of another zone", peak, "tariff.zone.00x.peak_hours=1\n",
         "stands behind no zone of its own"},
        {"a component left out", excise, "", "components are not numbered in order"},
        {"a component without name", excise, "tariff.component.00=500000\n",
         "is not a tariff component"},
        {"a component's price", excise, "tariff.component.00=10000000001,excise\n",
         "is not a tariff component"},
        {"weekdays", "4095,159,", "4095,256,", "is not a tariff zone"},
        {"no such day", holidays, "tariff.holidays.2025=02-29\n", "is not a list of days"},
        {"a leap year's day", "2024=12-26", "2024=02-30", "is not a list of days"},
        {"a short day", holidays, "tariff.holidays.2025=1-1\n", "is not a list of days"},
        {"no days", holidays, "tariff.holidays.2025=\n", "is not a list of days"},
        {"a comma behind", holidays, "tariff.holidays.2025=01-01,\n", "is not a list of days"},
        {"other text", holidays, "tariff.holidays.2025=01-01;01-06\n", "is not a list of days"},
        {"a day twice", holidays, "tariff.holidays.2025=01-01,01-01\n", "does not ascend"},
        {"days backwards", holidays, "tariff.holidays.2025=01-06,01-01\n", "does not ascend"},
        {"no year", holidays, "tariff.holidays.25=01-01\n", "is of no year"},
        {"a year far away", holidays, "tariff.holidays.2100=01-01\n", "is of no year"},
    };
    for (const Refusal& row : rows) {
      const auto read = parse_policy(text_with(row.from, row.to, with_everything()));
      REQUIRE_MESSAGE(!read.has_value(), row.name);
      const std::string line = read.error().line();
      CHECK_MESSAGE(line.find("policy text, line ") == 0, row.name, ": ", line);
      CHECK_MESSAGE(line.find(row.says) != std::string::npos, row.name, ": ", line);
    }
  }

  TEST_CASE("a text without its last line's end, and no text at all, are refused") {
    std::string text = render_policy({});
    text.pop_back();
    CHECK_FALSE(parse_policy(text).has_value());
    CHECK_FALSE(parse_policy("").has_value());
  }

  TEST_CASE("any one byte changed is refused or is another policy") {
    const PolicySettings original = with_everything();
    const std::string text = render_policy(original);
    CHECK(rc::check("a flipped byte", [&] {
      std::string changed = text;
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      const auto byte = *rc::gen::arbitrary<char>();
      RC_PRE(byte != text[at]);
      changed[at] = byte;
      const auto read = parse_policy(changed);
      if (!read) return;
      RC_ASSERT(*read != original);
      RC_ASSERT(render_policy(*read) == changed);
    }));
  }
}

}  // namespace wattledger::fold
