// Every kind of unit: which registers it has, and that the reader takes it for what it is.
#include <algorithm>
#include <memory>
#include <string>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/platform.hpp"
#include "tests/simulator/yard.hpp"

namespace wattledger::simulator {
namespace {

using inverter::Block;
using inverter::Register;

bool expected(const Register& entry, const Profile& profile) {
  const auto platform = inverter::platform_of(profile.serial, profile.rated_power);
  switch (entry.block) {
    case Block::device_info:
    case Block::running:
    case Block::battery:
    case Block::bms:
    case Block::meter:
      return true;
    case Block::settings:
      return entry.type != inverter::Type::eco_group_v1 &&
                     !(entry.address >= 47515 && entry.address <= 47530)
                 ? true
                 : profile.arm_version < 19;
    case Block::settings_arm19:
      return profile.arm_version >= 19;
    case Block::settings_arm22:
      return profile.arm_version >= 22;
    case Block::battery2_power:
    case Block::battery2:
      return platform.two_batteries;
    case Block::meter_58:
      return profile.meter_words >= 58;
    case Block::meter_125:
      return profile.meter_words == 125;
    case Block::mppt:
      return platform.many_trackers;
  }
  return false;
}

}  // namespace

TEST_SUITE("simulator/profile") {
  TEST_CASE("each has exactly the registers of the map that such a unit has") {
    for (const Profile& profile : profiles()) {
      CAPTURE(profile.name);
      HouseOptions options;
      options.profile = profile;
      Yard yard(Watts(3'000), Watts(1'000), options);
      std::vector<bool> served(65'536);
      for (std::uint32_t address = 0; address < served.size(); ++address) {
        std::uint16_t word = 0;
        served[address] = yard.house.impl().read(static_cast<std::uint16_t>(address),
                                                 std::span(&word, 1)) == Exception::none;
      }
      std::size_t rows = 0;
      for (const Register& entry : inverter::register_map) {
        if (entry.access == inverter::Access::write) continue;
        CAPTURE(entry.name);
        CAPTURE(entry.address);
        bool all = true;
        for (std::size_t i = 0; i < entry.words; ++i) all = all && served[entry.address + i];
        CHECK(all == expected(entry, profile));
        rows += all ? 1 : 0;
      }
      CHECK(rows > 200);
      CHECK_FALSE(served[0]);
      CHECK_FALSE(served[34'999]);
      CHECK_FALSE(served[45'126]);
      CHECK_FALSE(served[47'533]);  // can be written only
      CHECK_FALSE(served[48'000]);
    }
  }

  TEST_CASE(
      "every number that a unit shows is one of the map's range, and its absent ones are absent") {
    for (const Profile& profile : profiles()) {
      CAPTURE(profile.name);
      HouseOptions options;
      options.profile = profile;
      Yard yard(Watts(3'000), Watts(1'000), options);
      const auto platform = inverter::platform_of(profile.serial, profile.rated_power);
      for (const Register& entry : inverter::register_map) {
        if (!inverter::is_number(entry) || entry.access == inverter::Access::write ||
            !expected(entry, profile))
          continue;
        CAPTURE(entry.name);
        std::array<std::uint16_t, 4> words{};
        REQUIRE(yard.house.impl().read(entry.address, std::span(words).first(entry.words)) ==
                Exception::none);
        const bool other_phase = platform.single_phase && entry.block == Block::running &&
                                 !inverter::is_shown(entry, platform) &&
                                 entry.name.find("pv") == std::string_view::npos;
        const bool there = inverter::decode_value(entry, words, platform.wide).has_value();
        if (inverter::is_shown(entry, platform) && entry.block == Block::running) CHECK(there);
        if (other_phase && entry.name != "load_mode2" && entry.name != "load_mode3")
          CHECK_FALSE(there);
      }
    }
  }

  TEST_CASE("the reader takes each for what it is and reads all that it has") {
    for (const Profile& profile : profiles()) {
      CAPTURE(profile.name);
      HouseOptions options;
      options.profile = profile;
      Yard yard(Watts(3'000), Watts(1'000), options);
      const auto server = ModbusServer::start(yard.house, 0);
      REQUIRE(server.has_value());
      inverter::ModbusOptions where;
      where.port = (*server)->port();
      inverter::ModbusLink link(where);
      inverter::BlockReader reader(link);
      const auto device = reader.identify();
      REQUIRE_MESSAGE(device.has_value(), device.error().line());
      CHECK(device->serial == profile.serial);
      CHECK(device->rated_power == profile.rated_power);
      CHECK(device->firmware.starts_with(std::string(profile.firmware)));
      const auto read = reader.read({});
      REQUIRE_MESSAGE(read.has_value(), read.error().line());
      std::size_t meter_words = 0;
      for (const inverter::BlockWords& each : *read)
        if (each.start == inverter::meter_range.start) meter_words = each.words.size();
      CHECK(meter_words == profile.meter_words);
      const auto sensors = inverter::sensors_of(*read, reader.platform());
      const auto value = [&](std::string_view id) {
        const auto found =
            std::find_if(sensors.begin(), sensors.end(),
                         [&](const inverter::Sensor& each) { return each.id == id; });
        return found == sensors.end() ? std::string("none") : found->value.value_or("-");
      };
      CHECK(value("load_ptotal") == "1000");
      CHECK(value("ppv") == "3000");
      CHECK(value("battery2_soc") == (profile.second_battery.count() > 0 ? "50" : "none"));
    }
  }

  TEST_CASE("two batteries share power by their capacity, and the bus balances over both") {
    HouseOptions options;
    options.profile = *profile_named("et-25k");
    options.profile.ramp = Watts(0);
    Yard yard(Watts(0), Watts(4'000), options);
    CHECK(yard.value(inverter::row(Block::running, "pbattery1")) == 2'400);
    CHECK(yard.value(inverter::row(Block::battery2_power, "pbattery2")) == 1'600);
    CHECK(yard.value(inverter::row(Block::running, "active_power")) == 0);
  }

  TEST_CASE("firmware of the EH leaves the high word of a negative power 0") {
    HouseOptions options;
    options.profile = *profile_named("eh");
    Yard yard(Watts(0), Watts(3'164), options);
    yard.write(47000, {2});
    yard.house.advance(testing::at_s(60));
    std::array<std::uint16_t, 2> words{};
    REQUIRE(yard.house.impl().read(35139, words) == Exception::none);
    CHECK(words == std::array<std::uint16_t, 2>{0, 0xF3A4});
    CHECK(yard.value(inverter::row(Block::running, "active_power")) == -3'164);
  }

  TEST_CASE("profiles are found by name") {
    CHECK(profile_named("eh")->serial.find("EHU") != std::string_view::npos);
    CHECK(profile_named("toaster") == nullptr);
  }
}

}  // namespace wattledger::simulator
