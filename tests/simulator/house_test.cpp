#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include "coordinator/simulator/house_impl.hpp"
#include "tests/simulator/yard.hpp"

namespace wattledger::simulator {
namespace {

using inverter::Block;
using inverter::row;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// One group, or one mode, or one limit, as the unit takes it.
void write_something(House& house, const Profile& profile) {
  const auto write = [&](std::uint16_t address, std::vector<std::uint16_t> words) {
    RC_ASSERT(house.impl().write(address, words, words.size() > 1) == Exception::none);
  };
  const auto from = *rc::gen::inRange<std::uint8_t>(0, 23);
  const auto group =
      window(from, static_cast<std::uint8_t>(from + 1), *rc::gen::inRange<std::int16_t>(-100, 101),
             *rc::gen::inRange<std::uint16_t>(0, 101));
  if (profile.has_arm19()) {
    const auto words = encode(group);
    write(47547, {words.begin(), words.end()});
    write(47545, {*rc::gen::element<std::uint16_t>(0, 0, 0, 1)});
  } else {
    const auto words = encode_v1(group);
    write(47515, {words.begin(), words.end()});
  }
  if (profile.has_arm22()) write(47612, {*rc::gen::element<std::uint16_t>(0, 1)});
  write(47000, {*rc::gen::inRange<std::uint16_t>(0, 6)});
  write(47509,
        {*rc::gen::element<std::uint16_t>(0, 1), *rc::gen::inRange<std::uint16_t>(0, 5'000),
         *rc::gen::oneOf(rc::gen::just<std::uint16_t>(1), rc::gen::inRange<std::uint16_t>(1, 13)),
         *rc::gen::inRange<std::uint16_t>(0, 12'000)});
}

}  // namespace

TEST_SUITE("simulator/house") {
  TEST_CASE("in general mode PV serves the load, then the battery, then the grid") {
    Yard yard(Watts(8'000), Watts(1'000));
    CHECK(yard.house.battery_power() == Watts(-5'000));
    yard.house.advance(testing::at_s(3600));
    const Energies energies = yard.house.energies();
    CHECK(energies.pv == MilliwattHours(8'000'000));
    CHECK(energies.charged == MilliwattHours(5'000'000));
    CHECK(energies.exported == MilliwattHours(2'000'000));
    CHECK(energies.stored == MilliwattHours(9'750'000));
    CHECK(energies.lost == MilliwattHours(250'000));
    yard.house.advance(testing::at_s(2 * 3600));
    CHECK(yard.house.soc() == BasisPoints(10'000));
    CHECK(yard.house.battery_power() == Watts(0));
    CHECK(yard.value(row(Block::running, "active_power")) == 7'000);
  }

  TEST_CASE("a deficit is the battery's down to its floor, then the grid's") {
    Yard yard(Watts(0), Watts(2'000));
    yard.house.advance(testing::at_s(3600));
    CHECK(yard.house.energies().imported == MilliwattHours(0));
    CHECK(yard.house.energies().discharged == MilliwattHours(2'000'000));
    yard.house.advance(testing::at_s(4 * 3600));
    CHECK(yard.house.soc() == BasisPoints(1'000));
    CHECK(yard.house.battery_power() == Watts(0));
    CHECK(yard.value(row(Block::running, "active_power")) == -2'000);
    yard.write(45356, {5});
    CHECK(yard.house.battery_power() == Watts(2'000));
  }

  TEST_CASE("an eco charge draws what it says from wherever it comes, to its SOC") {
    Yard yard(Watts(1'000), Watts(1'500));
    yard.eco(window(0, 4, -40, 60));
    CHECK(yard.house.in_forced_mode());
    CHECK(yard.house.battery_power() == Watts(-4'000));
    CHECK(yard.value(row(Block::running, "active_power")) == -4'500);
    yard.house.advance(testing::at_s(3600));
    CHECK(yard.house.soc() == BasisPoints(6'000));
    CHECK(yard.house.battery_power() == Watts(0));
    yard.house.set_pv(Watts(5'000));
    CHECK(yard.house.battery_power() == Watts(0));  // at its target it stands still
  }

  TEST_CASE("an eco discharge sells down to its SOC or the floor, whichever is higher") {
    Yard yard(Watts(0), Watts(500));
    yard.eco(window(0, 4, 30, 0));
    CHECK(yard.value(row(Block::running, "active_power")) == 2'500);
    yard.house.advance(testing::at_s(3 * 3600));
    CHECK(yard.house.soc() == BasisPoints(1'000));
    CHECK(yard.house.battery_power() == Watts(0));
  }

  TEST_CASE("a window is one of the inverter's clock, zone and error included") {
    HouseOptions options;
    options.zone = ZoneOffsets({{UtcTime(), hours(2)}});
    Yard yard(Watts(0), Watts(500), options);  // 02:00 there
    yard.eco(window(3, 4, -20, 100));
    yard.house.shift_clock(minutes(-10));  // now it reads 01:50
    yard.house.advance(testing::at_s(70 * 60 - 1));
    CHECK_FALSE(yard.house.in_forced_mode());
    yard.house.advance(testing::at_s(70 * 60));
    CHECK(yard.house.in_forced_mode());
    yard.house.advance(testing::at_s(130 * 60));
    CHECK_FALSE(yard.house.in_forced_mode());
    // An hour at 2 kW and not a second more, whatever the steps were.
    CHECK(yard.house.energies().charged == MilliwattHours(2'000'000));
  }

  TEST_CASE("an export limit holds back the battery first, then the sun") {
    Yard yard(Watts(4'000), Watts(1'000));
    yard.write(47509, {1, 2'000});
    yard.eco(window(0, 4, 20, 10));
    CHECK(yard.house.battery_power() == Watts(0));
    CHECK(yard.value(row(Block::running, "ppv1")) + yard.value(row(Block::running, "ppv2")) ==
          3'000);
    CHECK(yard.value(row(Block::running, "active_power")) == 2'000);
  }

  TEST_CASE("the counters of a day begin anew at the inverter's midnight") {
    HouseOptions options;
    options.zone = ZoneOffsets({{UtcTime(), hours(2)}});
    Yard yard(Watts(3'000), Watts(1'000), options, testing::at_s(20 * 3600));
    yard.house.advance(testing::at_s(22 * 3600 - 1));
    CHECK(yard.value(row(Block::running, "e_day")) == 5'900'000);
    yard.house.advance(testing::at_s(22 * 3600));
    CHECK(yard.value(row(Block::running, "e_day")) == 0);
    yard.house.advance(testing::at_s(23 * 3600));
    CHECK(yard.value(row(Block::running, "e_day")) == 3'000'000);
    CHECK(yard.value(row(Block::running, "e_load_day")) == 1'000'000);
    CHECK(yard.value(row(Block::running, "e_total")) == 9'000'000);
  }

  TEST_CASE("the meter's counters are the house's, to the watt-hour") {
    Yard yard(Watts(0), Watts(1'234));
    yard.house.set_soc(BasisPoints(1'000));
    yard.house.advance(testing::at_s(3600));
    CHECK(yard.value(row(Block::meter, "meter_e_total_imp")) == 1'234'000);
    CHECK(yard.value(row(Block::meter, "meter_active_power_total")) == -1'234);
  }

  TEST_CASE("the two identities of the facts hold in every reading of a generated day") {
    House house(HouseOptions{}, HouseYear::generate(7), testing::at_s(0));
    const auto value = [&](const inverter::Register& entry) {
      std::array<std::uint16_t, 2> words{};
      REQUIRE(house.impl().read(entry.address, std::span(words).first(entry.words)) ==
              Exception::none);
      return inverter::decode_value(entry, words).value_or(-99'999);
    };
    for (int i = 0; i < 96; ++i) {
      house.advance(house.now() + minutes(15));
      const auto active = value(row(Block::running, "active_power"));
      CHECK(value(row(Block::running, "total_inverter_power")) ==
            active + value(row(Block::running, "load_ptotal")) +
                value(row(Block::running, "backup_ptotal")));
      const auto pv = value(row(Block::running, "ppv1")) + value(row(Block::running, "ppv2"));
      CHECK(pv + value(row(Block::running, "pbattery1")) - active ==
            value(row(Block::running, "load_ptotal")));
      const auto volts = value(row(Block::running, "vbattery1"));
      CHECK(volts >= 380'000);
      CHECK(volts <= 420'000);
    }
  }

  TEST_CASE("the same seed, the same steps or others: the same house") {
    const auto run = [](seconds step) {
      House house(HouseOptions{}, HouseYear::generate(3), testing::at_s(0));
      while (house.now() < testing::at_s(86'400)) house.advance(house.now() + step);
      return house.energies();
    };
    const Energies by_minute = run(seconds(60));
    const Energies by_hour = run(seconds(3600));
    CHECK(by_minute.stored == by_hour.stored);
    CHECK(by_minute.imported == by_hour.imported);
    CHECK(by_minute.pv == by_hour.pv);
  }

  TEST_CASE(
      "no energy is made or lost, over random days of random units, in random modes and faults") {
    const bool holds =
        rc::check("pv + imported + stored before = load + exported + lost + stored after", [] {
          HouseOptions options;
          options.profile =
              *rc::gen::elementOf(std::vector<Profile>(profiles().begin(), profiles().end()));
          options.seed = *rc::gen::arbitrary<std::uint64_t>();
          options.soc_start = BasisPoints(*rc::gen::inRange(0, 10'001));
          options.backup_share = BasisPoints(*rc::gen::element(0, 3'000));
          options.charge_efficiency = BasisPoints(*rc::gen::inRange(8'000, 10'001));
          options.discharge_efficiency = BasisPoints(*rc::gen::inRange(8'000, 10'001));
          const UtcTime start = testing::at_s(*rc::gen::inRange(0, 365 * 86'400));
          House house(options, HouseYear::generate(options.seed), start);
          const MilliwattHours before = house.energies().stored;
          for (int i = 0; i < 8; ++i) {
            write_something(house, options.profile);
            house.set_fault(
                *rc::gen::element(HouseFault::grid_loss, HouseFault::over_temperature,
                                  HouseFault::bms_refuses_charge, HouseFault::clock_drift),
                *rc::gen::element(false, false, true));
            house.advance(house.now() + seconds(*rc::gen::inRange(1, 20'000)));
            const Powers now = house.powers();
            RC_ASSERT(now.pv + now.battery == now.load + now.backup + now.grid);
          }
          const Energies e = house.energies();
          const auto missing = e.pv + e.imported + before - e.load - e.exported - e.lost - e.stored;
          RC_ASSERT(std::abs(missing.count()) <=
                    7);  // one milliwatt-hour of rounding for each term
          const auto bus = e.pv + e.imported + e.discharged - e.load - e.exported - e.charged;
          RC_ASSERT(std::abs(bus.count()) <= 6);
          const auto cells = before + e.charged - e.discharged - e.lost - e.stored;
          RC_ASSERT(std::abs(cells.count()) <= 5);
          RC_ASSERT(house.soc() >= BasisPoints(0));
          RC_ASSERT(house.soc() <= BasisPoints(10'000));
        });
    CHECK(holds);
  }
}

}  // namespace wattledger::simulator
