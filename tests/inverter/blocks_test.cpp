#include "coordinator/inverter/blocks.hpp"

#include <doctest/doctest.h>

#include <array>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::inverter {
namespace {

// The three blocks of a poll, all zero but for what a test sets.
struct Poll {
  std::array<std::uint16_t, 125> running{};
  std::array<std::uint16_t, 24> battery{};
  std::array<std::uint16_t, 45> meter{};
  std::array<std::uint16_t, 6> battery2_power{};
  std::array<std::uint16_t, 22> battery2{};
  bool has_second_battery = false;
  bool has_battery_block = true;
  bool has_meter = true;

  Poll() {
    const auto clock = encode_clock(LocalTime(now.time_since_epoch()));
    std::copy(clock.begin(), clock.end(), running.begin());
    set(row(Block::meter, "meter_comm_status"), 1);
    set(row(Block::running, "battery_mode"), 1);
  }
  void set(const Register& entry, std::int64_t value) { encode_value(entry, value, at(entry)); }
  void set_raw(const Register& entry, std::uint16_t word) {
    for (std::uint16_t& each : at(entry)) each = word;
  }
  std::span<std::uint16_t> at(const Register& entry) {
    std::span<std::uint16_t> block = running;
    Range range = running_range;
    if (entry.block == Block::battery) {
      block = battery;
      range = battery_range;
    } else if (entry.block == Block::meter) {
      block = meter;
      range = meter_range;
    } else if (entry.block == Block::battery2_power) {
      block = battery2_power;
      range = battery2_power_range;
    } else if (entry.block == Block::battery2) {
      block = battery2;
      range = battery2_range;
    }
    return block.subspan(static_cast<std::size_t>(entry.address - range.start), entry.words);
  }
  [[nodiscard]] fb::ReadingRecordedT decode() const {
    PolledBlocks blocks;
    blocks.running = running;
    if (has_battery_block) blocks.battery = battery;
    if (has_meter) blocks.meter = meter;
    if (has_second_battery) {
      blocks.battery2_power = battery2_power;
      blocks.battery2 = battery2;
    }
    blocks.has_meter = has_meter;
    return decode_poll(blocks, now, ZoneOffsets());
  }

  UtcTime now = testing::at_s(40'000);
};

}  // namespace

TEST_SUITE("inverter/blocks") {
  TEST_CASE("grid power is the meter's; load is PV and battery less the grid connection") {
    Poll poll;
    poll.set(row(Block::running, "ppv1"), 2'000);
    poll.set(row(Block::running, "ppv2"), 1'500);
    poll.set(row(Block::running, "pbattery1"), 500);
    poll.set(row(Block::running, "active_power"), 1'000);
    poll.set(row(Block::meter, "meter_active_power_total"), 990);
    const auto reading = poll.decode();
    CHECK(reading.quality == fb::Quality::good);
    CHECK(reading.pv_power_w == 3'500);
    CHECK(reading.load_power_w == 3'000);
    CHECK(reading.grid_power_w == 990);
  }

  TEST_CASE("a load below nothing is nothing") {
    Poll poll;
    poll.set(row(Block::running, "active_power"), 20);
    CHECK(poll.decode().load_power_w == 0);
  }

  TEST_CASE(
      "a meter that has lost its inverter leaves grid counters unknown, never another counter's") {
    Poll poll;
    poll.set(row(Block::running, "active_power"), -700);
    poll.set(row(Block::running, "e_total_exp"), 5'000'000);
    poll.set(row(Block::meter, "meter_comm_status"), 0);
    poll.set(row(Block::meter, "meter_active_power_total"), -9'999);
    const auto reading = poll.decode();
    CHECK(reading.quality == fb::Quality::partial);
    CHECK(reading.grid_power_w == -700);
    CHECK_FALSE(reading.export_total_mwh.has_value());
    CHECK_FALSE(reading.grid_l1_power_w.has_value());
  }

  TEST_CASE("an inverter without a meter counts by itself") {
    Poll poll;
    poll.has_meter = false;
    poll.set(row(Block::running, "active_power"), -700);
    poll.set(row(Block::running, "e_total_exp"), 5'000'000);
    const auto reading = poll.decode();
    CHECK(reading.quality == fb::Quality::good);
    CHECK(reading.grid_power_w == -700);
    CHECK(reading.export_total_mwh == 5'000'000);
  }

  TEST_CASE("what cannot be is absent and called implausible") {
    struct Row {
      const char* name;
      Register entry;
      std::int64_t value;
    };
    const Row rows[] = {
        {"SOC of 101 %", row(Block::battery, "battery_soc"), 10'100},
        {"SOH of 200 %", row(Block::battery, "battery_soh"), 20'000},
        {"400 kW of battery", row(Block::running, "pbattery1"), -400'000},
        {"3 MW of PV", row(Block::running, "ppv1"), 3'000'000},
        {"200 degrees", row(Block::running, "temperature"), 200'000},
        {"120 Hz", row(Block::running, "fgrid"), 120'000},
        {"a battery mode 9", row(Block::running, "battery_mode"), 9},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Poll poll;
      poll.set(row.entry, row.value);
      CHECK(poll.decode().quality == fb::Quality::implausible);
    }
    Poll poll;
    poll.set(row(Block::battery, "battery_soc"), 10'100);
    CHECK_FALSE(poll.decode().battery_soc_bp.has_value());
    poll = Poll();
    poll.set(row(Block::running, "pbattery1"), -400'000);
    CHECK_FALSE(poll.decode().battery_power_w.has_value());
    CHECK_FALSE(poll.decode().load_power_w.has_value());
  }

  TEST_CASE("markers of not present are absent without being implausible") {
    Poll poll;
    poll.set(row(Block::running, "ppv1"), 800);
    for (const Register& entry :
         {row(Block::running, "ppv2"), row(Block::running, "vpv2"), row(Block::running, "ipv2"),
          row(Block::running, "temperature")}) {
      poll.set_raw(entry, 0xFFFF);
    }
    const auto reading = poll.decode();
    CHECK(reading.quality == fb::Quality::good);
    CHECK(reading.pv_power_w == 800);
    CHECK_FALSE(reading.pv2_power_w.has_value());
    CHECK_FALSE(reading.pv2_voltage_mv.has_value());
    CHECK_FALSE(reading.pv2_current_ma.has_value());
    CHECK_FALSE(reading.inverter_temperature_mc.has_value());
  }

  TEST_CASE("no battery, no SOC; the reading is partial") {
    Poll poll;
    poll.has_battery_block = false;
    poll.set(row(Block::running, "battery_mode"), 0);
    const auto reading = poll.decode();
    CHECK(reading.quality == fb::Quality::partial);
    CHECK(reading.battery_mode == fb::BatteryMode::none);
    CHECK_FALSE(reading.battery_soc_bp.has_value());
  }

  TEST_CASE("the clock's offset is the inverter's wall clock less ours") {
    Poll poll;
    const auto clock =
        encode_clock(LocalTime((poll.now - std::chrono::seconds(75)).time_since_epoch()));
    std::copy(clock.begin(), clock.end(), poll.running.begin());
    CHECK(poll.decode().inverter_clock_offset_s == -75);
    poll.running[0] = 0xFFFF;
    CHECK_FALSE(poll.decode().inverter_clock_offset_s.has_value());
    CHECK(poll.decode().quality == fb::Quality::implausible);
  }

  TEST_CASE(
      "of two batteries: sums, the mean SOC, the more dangerous temperature, either's errors") {
    Poll poll;
    poll.has_second_battery = true;
    poll.set(row(Block::running, "pbattery1"), 3'000);
    poll.set(row(Block::running, "ibattery1"), 7'500);
    poll.set(row(Block::battery2_power, "pbattery2"), -3'500);
    poll.set(row(Block::battery2_power, "ibattery2"), -9'000);
    poll.set(row(Block::battery, "battery_soc"), 6'000);
    poll.set(row(Block::battery2, "battery2_soc"), 4'100);
    poll.set(row(Block::battery, "battery_temperature"), 31'000);
    poll.set(row(Block::battery2, "battery2_temperature"), 2'000);
    poll.set(row(Block::battery, "battery_charge_limit"), 25'000);
    poll.set(row(Block::battery2, "battery2_charge_limit"), 10'000);
    poll.set(row(Block::battery2, "battery2_error_h"), 2);
    const auto reading = poll.decode();
    CHECK(reading.battery_power_w == -500);
    CHECK(reading.battery_current_ma == -1'500);
    CHECK(reading.battery_mode == fb::BatteryMode::charging);
    CHECK(reading.battery_soc_bp == 5'050);
    CHECK(reading.battery2_soc_bp == 4'100);
    CHECK(reading.battery_temperature_mc == 2'000);
    CHECK(reading.battery_charge_limit_ma == 35'000);
    CHECK(reading.battery_error == 0x00020000);
    CHECK(reading.load_power_w == 0);
    poll.set_raw(row(Block::battery2_power, "pbattery2"), 0xFFFF);
    poll.at(row(Block::battery2_power, "pbattery2"))[0] = 0x7FFF;
    CHECK(poll.decode().battery_power_w == 3'000);  // a second that is not there
  }

  TEST_CASE("battery error and warning words are joined high and low") {
    Poll poll;
    poll.set(row(Block::battery, "battery_error_l"), 0x0102);
    poll.set(row(Block::battery, "battery_error_h"), 0x0003);
    poll.set(row(Block::battery, "battery_warning_l"), 0x0004);
    CHECK(poll.decode().battery_error == 0x00030102);
    CHECK(poll.decode().battery_warning == 4);
  }

  TEST_CASE("device info without a serial number or rated power is no inverter's") {
    std::array<std::uint16_t, 33> words{};
    words[1] = 10'000;
    CHECK(decode_device(words).error().kind == ErrorKind::corrupt);
    encode_text("9010KETU00SIM001", std::span(words).subspan(3, 8));
    CHECK(decode_device(words)->serial == "9010KETU00SIM001");
    words[1] = 0xFFFF;
    CHECK(decode_device(words).error().kind == ErrorKind::corrupt);
    CHECK(decode_device(std::span(words).first(10)).error().kind == ErrorKind::corrupt);
  }
}

}  // namespace wattledger::inverter
