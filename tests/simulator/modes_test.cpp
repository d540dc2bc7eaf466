// What each setting makes of the battery. PV, load and SOC stand still; 10 kW, a battery of 5 kW.
#include <string>

#include "coordinator/inverter/eco_group.hpp"
#include "tests/simulator/yard.hpp"

namespace wattledger::simulator {
namespace {

using inverter::Block;
using inverter::row;
using std::chrono::minutes;
using std::chrono::seconds;

HouseOptions unit(std::string_view profile) {
  HouseOptions options;
  options.profile = *profile_named(profile);
  options.profile.ramp = Watts(0);
  options.profile.response_time = seconds(0);
  return options;
}

std::string told(const Powers& powers) {
  return "pv " + std::to_string(powers.pv.count()) + ", load " +
         std::to_string(powers.load.count()) + ", battery " +
         std::to_string(powers.battery.count()) + ", grid " + std::to_string(powers.grid.count());
}

}  // namespace

TEST_SUITE("simulator/modes") {
  TEST_CASE("every EMS mode does what the vendor's table says") {
    struct Row {
      const char* name;
      std::uint16_t mode, power;
      int pv, load;
      const char* flow;
    };
    const Row rows[] = {
        {"auto serves the house", 1, 4'000, 0, 2'000, "pv 0, load 2000, battery 2000, grid 0"},
        {"charge PV: the sun and up to X", 2, 1'000, 2'000, 500,
         "pv 2000, load 500, battery -3000, grid -1500"},
        {"discharge PV: X from the battery", 3, 1'500, 2'000, 500,
         "pv 2000, load 500, battery 1500, grid 3000"},
        {"import AC: X from the grid and the sun", 4, 2'500, 1'000, 500,
         "pv 1000, load 500, battery -3500, grid -3000"},
        {"export AC: the battery fills up to X", 5, 3'000, 1'000, 500,
         "pv 1000, load 500, battery 2000, grid 2500"},
        {"export AC: the sun gives way to X", 5, 3'000, 6'000, 500,
         "pv 3000, load 500, battery 0, grid 2500"},
        {"conserve: the sun charges, the house draws from the grid", 6, 0, 2'000, 500,
         "pv 2000, load 500, battery -2000, grid -500"},
        {"standby", 8, 4'000, 2'000, 500, "pv 2000, load 500, battery 0, grid 1500"},
        {"buy power: X at the meter", 9, 1'500, 0, 500,
         "pv 0, load 500, battery -1000, grid -1500"},
        {"sell power: X at the meter", 10, 2'000, 0, 500,
         "pv 0, load 500, battery 2500, grid 2000"},
        {"sell power: no more than X", 10, 2'000, 6'000, 500,
         "pv 2500, load 500, battery 0, grid 2000"},
        {"charge battery at X", 11, 3'000, 1'000, 500,
         "pv 1000, load 500, battery -3000, grid -2500"},
        {"discharge battery at X, the sun gives way", 12, 4'000, 9'000, 500,
         "pv 6000, load 500, battery 4000, grid 9500"},
        {"no more than the battery can", 12, 9'000, 0, 500,
         "pv 0, load 500, battery 5000, grid 4500"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Yard yard(Watts(row.pv), Watts(row.load));
      yard.write(47511, {row.mode, row.power});
      CHECK(told(yard.house.powers()) == row.flow);
    }
  }

  TEST_CASE("an EMS mode has a floor of its own, register 47500") {
    HouseOptions options;
    options.soc_start = BasisPoints(1'500);
    Yard yard(Watts(0), Watts(500), options);
    yard.write(47500, {20});
    CHECK(yard.house.battery_power() == Watts(500));
    yard.write(47511, {12, 3'000});
    CHECK(yard.house.battery_power() == Watts(0));
    yard.write(47500, {10});
    CHECK(yard.house.battery_power() == Watts(3'000));
  }

  TEST_CASE("backup mode stores the surplus and gives nothing while the grid is there") {
    Yard yard(Watts(3'000), Watts(1'000));
    yard.write(47000, {2});
    CHECK(yard.house.battery_power() == Watts(-2'000));
    yard.house.set_pv(Watts(0));
    CHECK(yard.house.battery_power() == Watts(0));
    CHECK(yard.house.powers().grid == Watts(-1'000));
  }

  TEST_CASE("peak shaving holds what is drawn under its limit, and keeps the charge for that") {
    Yard yard(Watts(0), Watts(3'000), unit("et"));
    yard.write(47542, {0, 2'000, 60});  // W, kept SOC; the battery has 50 %
    yard.write(47000, {4});
    CHECK(yard.house.powers().grid == Watts(-2'000));
    CHECK(yard.house.battery_power() == Watts(1'000));
    yard.house.set_load(Watts(500));  // below the limit it fills up to what is kept
    CHECK(yard.house.powers().grid == Watts(-2'000));
    CHECK(yard.house.battery_power() == Watts(-1'500));
    yard.house.set_soc(BasisPoints(8'000));  // above it serves the house
    CHECK(yard.house.battery_power() == Watts(500));
    yard.house.set_soc(BasisPoints(6'000));
    CHECK(yard.house.battery_power() == Watts(0));
  }

  TEST_CASE("off-grid, only the backup port lives, and the sun gives what can be used") {
    HouseOptions options;
    options.backup_share = BasisPoints(2'500);
    Yard yard(Watts(6'500), Watts(2'000), options);
    yard.write(47000, {1});
    CHECK(told(yard.house.powers()) == "pv 5500, load 0, battery -5000, grid 0");
    CHECK(yard.house.powers().backup == Watts(500));
    yard.house.set_pv(Watts(0));
    CHECK(yard.house.battery_power() == Watts(500));
    CHECK(yard.value(row(Block::running, "grid_mode")) == 0);
    CHECK(yard.value(row(Block::running, "work_mode")) == 2);
    CHECK(yard.value(row(Block::running, "backup_ptotal")) == 500);
    yard.house.set_soc(BasisPoints(1'000));  // at the floor the port trips
    CHECK(told(yard.house.powers()) == "pv 0, load 0, battery 0, grid 0");
    CHECK(yard.house.powers().backup == Watts(0));
  }

  TEST_CASE("a fast charge ends at its SOC and switches itself off") {
    Yard yard(Watts(0), Watts(500));
    yard.write(47546, {55});
    yard.write(47603, {40});
    yard.write(47545, {1});
    CHECK(yard.house.battery_power() == Watts(-4'000));
    CHECK(yard.house.in_forced_mode());
    while (yard.house.in_forced_mode() && yard.house.now() < testing::at_s(3600))
      yard.house.advance(yard.house.now() + minutes(1));
    CHECK(yard.house.now() == testing::at_s(8 * 60));  // 527 Wh in at 4 kW
    CHECK(yard.house.soc() == BasisPoints(5'500));
    CHECK(yard.value(row(Block::settings_arm19, "fast_charging")) == 0);
    CHECK(yard.house.battery_power() == Watts(500));
  }

  TEST_CASE("old firmware has groups of four words, without a SOC, and neither fast charge") {
    Yard yard(Watts(0), Watts(500), unit("et-old"));
    const auto words = encode_v1(window(0, 4, -40, 100));
    yard.write(47515, {words.begin(), words.end()});
    yard.write(47000, {3});
    CHECK(yard.house.battery_power() == Watts(-4'000));
    std::array<std::uint16_t, 6> six{};
    CHECK(yard.house.impl().read(47547, six) == Exception::illegal_address);
    CHECK(yard.house.impl().read(47545, std::span(six).first(1)) == Exception::illegal_address);
    const auto out = encode_v1(window(0, 4, 20, 100));
    yard.write(47515, {out.begin(), out.end()});
    CHECK(yard.house.battery_power() == Watts(2'000));
  }

  TEST_CASE("on the 745 platform groups do nothing until the TOU switch is on") {
    Yard yard(Watts(0), Watts(500), unit("et-745"));
    CHECK(yard.value(row(Block::settings_arm19, "eco_mode_1_switch")) == inverter::unset_type);
    yard.eco({0, 0, 4, 0, true, inverter::eco_745_type, 0x7F, -205, 80, 0x0FFF});
    CHECK(yard.house.battery_power() == Watts(500));
    yard.write(47612, {1});
    CHECK(yard.house.battery_power() == Watts(-3'075));  // 20.5 % of 15 kW
  }

  TEST_CASE("groups hold by weekday, month and SOC") {
    Yard yard(Watts(0), Watts(500));  // 2025-10-01, a Wednesday
    auto group = window(0, 4, -40, 80);
    group.days = 1U << 4U;
    yard.eco(group);
    CHECK_FALSE(yard.house.in_forced_mode());
    group.days = 1U << 3U;
    group.months = 1U << 8U;
    yard.eco(group);
    CHECK_FALSE(yard.house.in_forced_mode());
    group.months = 1U << 9U;
    yard.eco(group);
    CHECK(yard.house.battery_power() == Watts(-4'000));
    yard.house.set_soc(BasisPoints(8'000));
    CHECK(yard.house.battery_power() == Watts(0));
  }

  TEST_CASE("a real unit waits, then ramps; the power it shows is the one it has") {
    HouseOptions options;
    options.profile = *profile_named("et");  // three seconds, then 1 kW a second
    Yard yard(Watts(0), Watts(0), options);
    yard.write(47511, {11, 4'500});
    yard.house.advance(testing::at_s(3));
    CHECK(yard.house.battery_power() == Watts(0));
    yard.house.advance(testing::at_s(5));
    CHECK(yard.house.battery_power() == Watts(-2'000));
    yard.house.advance(testing::at_s(8));
    CHECK(yard.house.battery_power() == Watts(-4'500));
    const auto charged = yard.house.energies().charged;
    // 1 + 2 + 3 + 4 + 4.5 kW for a second each.
    CHECK(charged == MilliwattHours(14'500'000 / 3'600));
  }

  TEST_CASE("the battery allows less near full and near empty, and the registers say so") {
    HouseOptions options = unit("et");
    options.soc_floor = BasisPoints(0);
    options.soc_start = BasisPoints(9'750);
    Yard yard(Watts(0), Watts(0), options);
    yard.write(47511, {11, 5'000});
    CHECK(yard.house.battery_power() == Watts(-2'750));
    CHECK(yard.value(row(Block::battery, "battery_charge_limit")) == 6'000);  // 6.57 A, whole ones
    yard.house.set_soc(BasisPoints(250));
    yard.write(47500, {0});
    yard.write(47511, {12, 5'000});
    CHECK(yard.house.battery_power() == Watts(2'750));
  }
}

TEST_SUITE("simulator/faults") {
  TEST_CASE("without the grid only the backup port is served, until it is back") {
    HouseOptions options;
    options.backup_share = BasisPoints(5'000);
    Yard yard(Watts(0), Watts(2'000), options);
    yard.house.set_fault(HouseFault::grid_loss, true);
    CHECK(told(yard.house.powers()) == "pv 0, load 0, battery 1000, grid 0");
    CHECK(yard.value(row(Block::running, "vgrid")) == 0);
    CHECK(yard.value(row(Block::running, "grid_mode")) == 0);
    yard.house.set_fault(HouseFault::grid_loss, false);
    CHECK(told(yard.house.powers()) == "pv 0, load 1000, battery 2000, grid 0");
  }

  TEST_CASE("a BMS that refuses charge says 0 A and takes nothing") {
    Yard yard(Watts(0), Watts(500));
    yard.write(47511, {11, 3'000});
    yard.house.set_fault(HouseFault::bms_refuses_charge, true);
    CHECK(yard.house.battery_power() == Watts(0));
    CHECK(yard.value(row(Block::battery, "battery_charge_limit")) == 0);
    CHECK(yard.value(row(Block::bms, "bms_bat_charge_i_max")) == 0);
  }

  TEST_CASE("an overheated inverter shows it and gives a fifth") {
    Yard yard(Watts(8'000), Watts(500));
    yard.house.set_fault(HouseFault::over_temperature, true);
    CHECK(yard.value(row(Block::running, "temperature")) > 80'000);
    CHECK(yard.house.powers().pv == Watts(2'000));
  }

  TEST_CASE("frozen values stay, settings and physics go on") {
    Yard yard(Watts(0), Watts(500));
    yard.house.set_fault(HouseFault::frozen_values, true);
    yard.house.set_load(Watts(3'000));
    yard.house.advance(testing::at_s(600));
    CHECK(yard.value(row(Block::running, "load_ptotal")) == 500);
    CHECK(yard.value(row(Block::battery, "battery_soc")) == 5'000);
    CHECK(yard.house.battery_power() == Watts(3'000));
    yard.write(47000, {2});
    CHECK(yard.value(row(Block::settings, "work_mode")) == 2);
    yard.house.set_fault(HouseFault::frozen_values, false);
    CHECK(yard.value(row(Block::running, "load_ptotal")) == 3'000);
  }

  TEST_CASE("counters overflow to a few, those of the day do not notice") {
    Yard yard(Watts(6'000), Watts(500));
    yard.house.set_fault(HouseFault::counter_wrap, true);
    CHECK(yard.value(row(Block::running, "e_total")) == 429'496'729'400'000);
    yard.house.advance(testing::at_s(600));  // a whole kilowatt-hour
    CHECK(yard.value(row(Block::running, "e_total")) == 800'000);
    CHECK(yard.value(row(Block::running, "e_day")) == 1'000'000);
  }

  TEST_CASE("a clock drifts, and keeps what it gained until it is set") {
    Yard yard(Watts(0), Watts(500));
    const auto clock = [&] {
      std::array<std::uint16_t, 3> words{};
      REQUIRE(yard.house.impl().read(45200, words) == Exception::none);
      return *inverter::decode_clock(words);
    };
    const auto offset = [&] {
      return std::chrono::floor<seconds>(clock() - ZoneOffsets().to_local(yard.house.now()));
    };
    yard.house.set_fault(HouseFault::clock_drift, true);
    yard.house.advance(testing::at_s(2 * 3600));
    CHECK(offset() == seconds(200));
    yard.house.set_fault(HouseFault::clock_drift, false);
    yard.house.advance(testing::at_s(3 * 3600));
    CHECK(offset() == seconds(200));
    const auto right = inverter::encode_clock(ZoneOffsets().to_local(yard.house.now()));
    yard.write(45200, {right.begin(), right.end()});
    CHECK(offset() == seconds(0));
  }
}

}  // namespace wattledger::simulator
