// Which faults the newest reading raises and which are over by rule.
#include "coordinator/policy/decide.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;

const UtcTime noon = at_s(12 * 3600);

struct Values {
  std::optional<std::int32_t> battery_mv;
  std::optional<std::int32_t> temperature_mc;
  std::optional<std::int32_t> grid_mv;
  std::optional<std::uint32_t> error;
};

fb::ReadingRecordedT reading_with(const Values& values) {
  fb::ReadingRecordedT fact = reading(5'000);
  if (values.battery_mv) fact.battery_voltage_mv = *values.battery_mv;
  if (values.temperature_mc) fact.battery_temperature_mc = *values.temperature_mc;
  if (values.grid_mv) fact.grid_l1_voltage_mv = *values.grid_mv;
  if (values.error) fact.inverter_error = *values.error;
  return fact;
}

ToldHouse house_reading(const Values& values) {
  ToldHouse house;
  house.tell(noon, warsaw()).tell(noon, adopted({})).tell(noon, reading_with(values));
  return house;
}

ToldHouse& raise_in(ToldHouse& house, fb::Fault fault, bool latched) {
  fb::FaultRaisedT fact;
  fact.fault = fault;
  fact.latched = latched;
  return house.tell(noon, fact);
}

struct RaiseRow {
  const char* name;
  Values values;
  fb::Fault fault;  // unknown: none
  bool latched = false;
  std::int64_t limit = 0;
};

struct ClearRow {
  const char* name;
  fb::Fault fault;
  bool latched;
  Values values;
  bool cleared;
};

}  // namespace

TEST_SUITE("policy/faults") {
  TEST_CASE("a value beyond its limit raises its fault; the limit itself and the unknown do not") {
    using enum fb::Fault;
    const std::vector<RaiseRow> rows = {
        {"all well", {400'000, 25'000, 230'000, 0}, unknown},
        {"all unknown", {}, unknown},
        {"battery voltage at its minimum", {320'000, {}, {}, {}}, unknown},
        {"battery voltage below", {319'999, {}, {}, {}}, battery_voltage, true, 320'000},
        {"battery voltage at its maximum", {480'000, {}, {}, {}}, unknown},
        {"battery voltage above", {480'001, {}, {}, {}}, battery_voltage, true, 480'000},
        {"too cold to charge is no fault", {{}, -1, {}, {}}, unknown},
        {"as cold as allowed", {{}, -20'000, {}, {}}, unknown},
        {"too cold ends by itself", {{}, -20'001, {}, {}}, battery_temperature, false, -20'000},
        {"as hot as allowed", {{}, 53'000, {}, {}}, unknown},
        {"too hot is latched", {{}, 53'001, {}, {}}, battery_temperature, true, 53'000},
        {"grid too low", {{}, {}, 199'999, {}}, grid_voltage, false, 200'000},
        {"grid too high", {{}, {}, 253'001, {}}, grid_voltage, false, 253'000},
        {"error bits", {{}, {}, {}, 0x80000000U}, inverter_error, false, 0},
    };
    for (const RaiseRow& row : rows) {
      const SafetyFindings found = look_for_faults(house_reading(row.values).state(), noon);
      CHECK_MESSAGE(found.cleared.empty(), row.name);
      REQUIRE_MESSAGE(found.raised.size() == (row.fault == unknown ? 0U : 1U), row.name);
      if (row.fault == unknown) continue;
      CHECK_MESSAGE(found.raised[0].fault == row.fault, row.name);
      CHECK_MESSAGE(found.raised[0].latched == row.latched, row.name);
      CHECK_MESSAGE(found.raised[0].limit == row.limit, row.name);
      CHECK_MESSAGE(found.raised[0].measured.has_value(), row.name);
      CHECK_MESSAGE(!found.raised[0].detail.empty(), row.name);
    }
  }

  TEST_CASE("several at once, each once") {
    ToldHouse house = house_reading({100'000, 60'000, 300'000, 1});
    CHECK(look_for_faults(house.state(), noon).raised.size() == 4);
    raise_in(house, fb::Fault::grid_voltage, false);
    CHECK(look_for_faults(house.state(), noon).raised.size() == 3);
  }

  TEST_CASE("a latched fault waits for the owner, another clears well inside its limits") {
    using enum fb::Fault;
    const std::vector<ClearRow> rows = {
        {"latched, back to normal", battery_voltage, true, {400'000, {}, {}, {}}, false},
        {"grid at its limit", grid_voltage, false, {{}, {}, 253'000, {}}, false},
        {"grid just inside", grid_voltage, false, {{}, {}, 251'941, {}}, false},
        {"grid well inside", grid_voltage, false, {{}, {}, 251'940, {}}, true},
        {"grid low, well inside", grid_voltage, false, {{}, {}, 201'060, {}}, true},
        {"grid unknown", grid_voltage, false, {}, false},
        {"grid still out", grid_voltage, false, {{}, {}, 260'000, {}}, false},
        {"cold, a little warmer", battery_temperature, false, {{}, -18'541, {}, {}}, false},
        {"cold, warm again", battery_temperature, false, {{}, -18'540, {}, {}}, true},
        {"error bits gone", inverter_error, false, {{}, {}, {}, 0}, true},
        {"error bits stay", inverter_error, false, {{}, {}, {}, 1}, false},
        {"not ours to clear", clock_unreliable, false, {400'000, 25'000, 230'000, 0}, false},
    };
    for (const ClearRow& row : rows) {
      ToldHouse house = house_reading(row.values);
      raise_in(house, row.fault, row.latched);
      const SafetyFindings found = look_for_faults(house.state(), noon);
      CHECK_MESSAGE(found.raised.empty(), row.name);
      REQUIRE_MESSAGE(found.cleared.size() == (row.cleared ? 1U : 0U), row.name);
      if (!row.cleared) continue;
      CHECK_MESSAGE(found.cleared[0].fault == row.fault, row.name);
      CHECK_MESSAGE(found.cleared[0].raised == house.last().value, row.name);
    }
  }

  TEST_CASE("a battery that was too cold and is now too hot is latched") {
    ToldHouse house = house_reading({{}, 53'001, {}, {}});
    raise_in(house, fb::Fault::battery_temperature, false);
    const SafetyFindings found = look_for_faults(house.state(), noon);
    REQUIRE(found.raised.size() == 1);
    CHECK(found.raised[0].latched);
    raise_in(house, fb::Fault::battery_temperature, true);
    CHECK(look_for_faults(house.state(), noon).raised.empty());
  }

  TEST_CASE("nothing is found without a policy, without a reading, in a stale or implausible one") {
    const Values bad = {100'000, 60'000, 300'000, 1};
    ToldHouse no_policy;
    no_policy.tell(noon, reading_with(bad));
    CHECK(look_for_faults(no_policy.state(), noon).raised.empty());
    ToldHouse no_reading;
    no_reading.tell(noon, adopted({}));
    CHECK(look_for_faults(no_reading.state(), noon).raised.empty());
    ToldHouse house = house_reading(bad);
    CHECK(look_for_faults(house.state(), noon + seconds(180)).raised.size() == 4);
    CHECK(look_for_faults(house.state(), noon + seconds(181)).raised.empty());
    fb::ReadingRecordedT garbage = reading_with(bad);
    garbage.quality = fb::Quality::implausible;
    house.tell(noon, std::move(garbage));
    CHECK(look_for_faults(house.state(), noon).raised.empty());
  }
}

}  // namespace wattledger::policy
