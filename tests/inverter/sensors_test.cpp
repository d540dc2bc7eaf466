#include "coordinator/inverter/sensors.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/register_map.hpp"

namespace wattledger::inverter {
namespace {

constexpr std::string_view three_phase = "9010KETU000W0000";
constexpr std::string_view one_phase = "95000EHU000W0000";

// A block of which each register is absent but those that are set, in our units.
struct Words {
  explicit Words(Block block)
      : read{block, range_of(block).start, std::vector<std::uint16_t>(range_of(block).count)} {
    for (const Register& entry : register_map)
      if (entry.block == block) put_absent(entry, at(entry));
  }
  std::span<std::uint16_t> at(const Register& entry) {
    return std::span(read.words)
        .subspan(static_cast<std::size_t>(entry.address - read.start), entry.words);
  }
  Words& set(const Register& entry, std::int64_t value) {
    encode_value(entry, value, at(entry));
    return *this;
  }
  BlockWords read;
};

// "382.7 V", "-" when not present, "" when not told.
std::string told(const std::vector<Sensor>& sensors, std::string_view id) {
  const auto found = std::find_if(sensors.begin(), sensors.end(),
                                  [&](const Sensor& sensor) { return sensor.id == id; });
  if (found == sensors.end()) return {};
  if (!found->value) return "-";
  return *found->value + (found->unit.empty() ? "" : " " + std::string(found->unit));
}

std::vector<Sensor> of(const Words& words, std::string_view serial = three_phase,
                       Watts rated = Watts(10'000)) {
  return sensors_of({words.read}, platform_of(serial, rated));
}

}  // namespace

TEST_SUITE("inverter/sensors") {
  TEST_CASE("each register is a number in its own unit, spelled to its scale") {
    Words words(Block::running);
    words.set(row(Block::running, "vpv1"), 382'700)
        .set(row(Block::running, "fgrid"), 49'980)
        .set(row(Block::running, "ibattery1"), -500)
        .set(row(Block::running, "e_total"), 6'008'500'000)
        .set(row(Block::running, "active_power"), -164);
    const auto sensors = of(words);
    CHECK(told(sensors, "vpv1") == "382.7 V");
    CHECK(told(sensors, "fgrid") == "49.98 Hz");
    CHECK(told(sensors, "ibattery1") == "-0.5 A");
    CHECK(told(sensors, "e_total") == "6008.5 kWh");
    CHECK(told(sensors, "active_power") == "-164 W");
    CHECK(told(sensors, "vpv2") == "-");
    CHECK(told(sensors, "timestamp") == "-");
  }

  TEST_CASE("what the library calculates is calculated") {
    Words words(Block::running);
    words.set(row(Block::running, "ppv1"), 1'200)
        .set(row(Block::running, "ppv2"), 800)
        .set(row(Block::running, "pbattery1"), -500)
        .set(row(Block::running, "active_power"), 90)
        .set(row(Block::running, "battery_mode"), 3)
        .set(row(Block::running, "pv1_mode"), 2)
        .set(row(Block::running, "grid_mode"), 1)
        .set(row(Block::running, "safety_country"), 13)
        .set(row(Block::running, "work_mode"), 1)
        .set(row(Block::running, "error_codes"), 1 << 13 | 1 << 26)
        .set(row(Block::running, "diagnose_result"), 0);
    const auto sensors = of(words);
    CHECK(told(sensors, "ppv") == "2000 W");
    CHECK(told(sensors, "house_consumption") == "1410 W");
    CHECK(told(sensors, "grid_in_out") == "1");
    CHECK(told(sensors, "grid_in_out_label") == "exporting");
    CHECK(told(sensors, "battery_mode_label") == "charging");
    CHECK(told(sensors, "pv1_mode_label") == "producing");
    CHECK(told(sensors, "grid_mode_label") == "connected");
    CHECK(told(sensors, "safety_country_label") == "PL LV");
    CHECK(told(sensors, "work_mode_label") == "on grid");
    CHECK(told(sensors, "errors") == "over-temperature, bit 26");
    CHECK(told(sensors, "diagnose_result_label") == "");

    words.set(row(Block::running, "active_power"), -90);
    CHECK(told(of(words), "grid_in_out") == "0");
    words.set(row(Block::running, "active_power"), -91);
    CHECK(told(of(words), "grid_in_out_label") == "importing");
    words.set(row(Block::running, "safety_country"), 999);
    CHECK(told(of(words), "safety_country_label") == "-");
  }

  TEST_CASE("a battery's codes are told by their names, the high word too") {
    Words words(Block::battery);
    words.set(row(Block::battery, "battery_error_l"), 1 << 9)
        .set(row(Block::battery, "battery_error_h"), 1)
        .set(row(Block::battery, "battery_warning_l"), 1 << 8);
    const auto sensors = of(words);
    CHECK(told(sensors, "battery_error") == "battery lock, bit 16");
    CHECK(told(sensors, "battery_warning") == "cell imbalance");
    CHECK(told(of(Words(Block::battery)), "battery_error") == "-");
  }

  TEST_CASE("a meter's watt-hours are told in kWh, and a longer answer has the shorter one's too") {
    Words words(Block::meter);
    words.set(row(Block::meter, "meter_e_total_exp"), 10'514'375);
    CHECK(told(of(words), "meter_e_total_exp") == "10.514 kWh");
    BlockWords longer{Block::meter_58, 36000, words.read.words};
    longer.words.resize(58);
    const auto sensors = sensors_of({longer}, platform_of(three_phase, Watts(20'000)));
    CHECK(told(sensors, "meter_e_total_exp") == "10.514 kWh");
    CHECK(told(sensors, "meter_voltage1") == "0.0 V");
    CHECK(told(sensors, "meter_e_total_imp3") == "");
  }

  TEST_CASE("one phase has no other phases, and two strings no third") {
    const Words words(Block::running);
    const auto one = of(words, one_phase, Watts(5'000));
    CHECK(told(one, "vgrid") == "-");
    CHECK(told(one, "vgrid2") == "");
    CHECK(told(one, "backup_p3") == "");
    CHECK(told(one, "ppv2") == "-");
    CHECK(told(one, "ppv3") == "");
    CHECK(told(one, "pv3_mode_label") == "");
    const auto three = of(words);
    CHECK(told(three, "vgrid2") == "-");
    CHECK(told(three, "ppv3") == "");
    CHECK(told(of(words, three_phase, Watts(15'000)), "ppv3") == "-");
  }

  TEST_CASE("eco groups are told in words") {
    const EcoGroup charge{0, 0, 23, 59, true, eco_type, 0x7F, -40, 80, 0};
    CHECK(eco_group_text(encode(charge)) == "00:00-23:59 charge 40 % to 80 %, every day");
    CHECK(eco_group_text(encode_v1(charge)) == "00:00-23:59 charge 40 %, every day");
    CHECK(eco_group_text(encode(EcoGroup{})) == "unused");
    const EcoGroup off{7, 5, 9, 30, false, eco_type, 0x22, 50, 20, 0};
    CHECK(eco_group_text(encode(off)) == "off, 07:05-09:30 discharge 50 % to 20 %, Mon Fri");
    const EcoGroup tenths{0, 0, 23, 59, true, eco_745_type, 0x7F, -405, 80, 0x0FFF};
    CHECK(eco_group_text(encode(tenths)) == "00:00-23:59 charge 40.5 % to 80 %, every day");
  }

  TEST_CASE("kinds of units, by serial number and rated power") {
    CHECK(platform_of(one_phase, Watts(5'000)).single_phase);
    CHECK_FALSE(platform_of(three_phase, Watts(10'000)).single_phase);
    CHECK(platform_of("9025KET0000W0000", Watts(20'000)).two_batteries);
    CHECK(platform_of(three_phase, Watts(25'000)).two_batteries);
    CHECK(platform_of("9015KETT000W0000", Watts(10'000)).is_745);
    CHECK(platform_of(three_phase, Watts(32'001)).wide);
    CHECK_FALSE(platform_of(three_phase, Watts(32'000)).wide);
    using Blocks = std::vector<Block>;
    CHECK(blocks_of(platform_of(three_phase, Watts(10'000))) ==
          Blocks{Block::device_info, Block::running, Block::battery, Block::meter});
    CHECK(blocks_of(platform_of(three_phase, Watts(25'000))) ==
          Blocks{Block::device_info, Block::running, Block::battery, Block::battery2_power,
                 Block::battery2, Block::meter_125, Block::mppt});
  }
}

}  // namespace wattledger::inverter
