#include "coordinator/inverter/register_map.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/inverter/block_reader.hpp"
#include "tests/support/places.hpp"

namespace wattledger::inverter {
namespace {

using Raw = std::vector<std::uint16_t>;

// Rows written down from the facts a second time: simulator and adapter share the map, so a wrong
// row would hide from tests that only go through both.
struct Known {
  Register entry;
  std::uint16_t address;
  Raw raw;
  std::int64_t value;
};
const Known known[] = {
    {row(Block::device_info, "rated_power"), 35001, {10000}, 10'000},
    {row(Block::running, "vpv1"), 35103, {3321}, 332'100},
    {row(Block::running, "ipv1"), 35104, {51}, 5'100},
    {row(Block::running, "ppv1"), 35105, {0x0001, 0x0000}, 65'536},
    {row(Block::running, "ppv2"), 35109, {0, 1234}, 1'234},
    {row(Block::running, "vgrid"), 35121, {2301}, 230'100},
    {row(Block::running, "igrid"), 35122, {35}, 3'500},
    {row(Block::running, "fgrid"), 35123, {4998}, 49'980},
    {row(Block::running, "total_inverter_power"), 35137, {0, 831}, 831},
    {row(Block::running, "active_power"), 35139, {0xFFFF, 0xFFFD}, -3},
    {row(Block::running, "active_power"), 35139, {0x0000, 0xFF5C}, -164},
    {row(Block::running, "backup_ptotal"), 35169, {0, 12}, 12},
    {row(Block::running, "load_ptotal"), 35171, {0, 800}, 800},
    {row(Block::running, "temperature"), 35176, {458}, 45'800},
    {row(Block::running, "vbattery1"), 35180, {2540}, 254'000},
    {row(Block::running, "ibattery1"), 35181, {0xFF9C}, -10'000},
    {row(Block::running, "pbattery1"), 35182, {0xFFFF, 0xF830}, -2'000},
    {row(Block::running, "battery_mode"), 35184, {3}, 3},
    {row(Block::running, "work_mode"), 35187, {1}, 1},
    {row(Block::running, "error_codes"), 35189, {0, 4}, 4},
    {row(Block::running, "e_total"), 35191, {0, 60085}, 6'008'500'000},
    {row(Block::running, "e_day"), 35193, {0, 123}, 12'300'000},
    {row(Block::running, "e_total_exp"), 35195, {0, 10}, 1'000'000},
    {row(Block::running, "e_day_exp"), 35199, {55}, 5'500'000},
    {row(Block::running, "e_total_imp"), 35200, {0, 20}, 2'000'000},
    {row(Block::running, "e_day_imp"), 35202, {7}, 700'000},
    {row(Block::running, "e_load_total"), 35203, {0, 30}, 3'000'000},
    {row(Block::running, "e_load_day"), 35205, {8}, 800'000},
    {row(Block::running, "e_bat_charge_total"), 35206, {0, 40}, 4'000'000},
    {row(Block::running, "e_bat_charge_day"), 35208, {9}, 900'000},
    {row(Block::running, "e_bat_discharge_total"), 35209, {0, 50}, 5'000'000},
    {row(Block::running, "e_bat_discharge_day"), 35211, {10}, 1'000'000},
    {row(Block::battery, "battery_temperature"), 37003, {0xFFF6}, -1'000},
    {row(Block::battery, "battery_charge_limit"), 37004, {25}, 25'000},
    {row(Block::battery, "battery_discharge_limit"), 37005, {26}, 26'000},
    {row(Block::battery, "battery_soc"), 37007, {68}, 6'800},
    {row(Block::battery, "battery_soh"), 37008, {99}, 9'900},
    {row(Block::battery, "battery_max_cell_voltage"), 37022, {3345}, 3'345},
    {row(Block::meter, "meter_comm_status"), 36004, {1}, 1},
    {row(Block::meter, "active_power_total"), 36008, {0xFFFF}, -1},
    {row(Block::meter, "meter_e_total_exp"),
     36015,
     {0x4624, 0x4980},
     10'514'375},  // float 10514.375 Wh
    {row(Block::meter, "meter_active_power1"), 36019, {0, 100}, 100},
    {row(Block::meter, "meter_active_power_total"), 36025, {0xFFFF, 0xFF38}, -200},
    {row(Block::settings, "battery_discharge_depth"), 45356, {20}, 2'000},
    {row(Block::settings, "grid_export_limit"), 47510, {5000}, 5'000},
};

// A line of CSV with quotes around cells that have commas.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return cells;
}

// Of other registers; and the pair that is written on every change of mode.
bool is_calculated(const std::string& type) {
  return type == "calc" || type == "2 x u16" || type.starts_with("enum") ||
         type.starts_with("bitmap");
}

std::string decimal_scale(int scale) {
  return scale == 0 ? "1" : "0." + std::string(static_cast<std::size_t>(-scale - 1), '0') + "1";
}

}  // namespace

TEST_SUITE("inverter/register_map") {
  TEST_CASE("rows known from the facts stand where they must and read what they must") {
    for (const Known& row : known) {
      CAPTURE(row.entry.name);
      CHECK(row.entry.address == row.address);
      CHECK(row.entry.words == row.raw.size());
      CHECK(decode_value(row.entry, row.raw) == row.value);
    }
  }

  TEST_CASE("every number encodes and decodes to itself, to its step") {
    for (const Register& entry : register_map) {
      if (!is_number(entry)) continue;
      CAPTURE(entry.name);
      const std::int64_t step = step_of(entry);
      REQUIRE(step >= 1);
      for (const std::int64_t raw : {0, 1, 2, 100, 200}) {
        Raw words(entry.words);
        encode_value(entry, raw * step, words);
        CHECK(decode_value(entry, words) == raw * step);
        if (entry.type == Type::float32) continue;
        encode_value(entry, raw * step + step - 1, words);
        CHECK(decode_value(entry, words) == raw * step);  // rounded down
      }
      const bool is_signed =
          entry.type == Type::s16 || entry.type == Type::s32 || entry.type == Type::s32_low;
      Raw words(entry.words);
      encode_value(entry, -25 * step, words);
      CHECK(decode_value(entry, words).value_or(0) == (is_signed ? -25 * step : 0));
    }
  }

  TEST_CASE("a value beyond a register is held at its end, never wrapped") {
    Raw one(1);
    encode_value(row(Block::running, "e_day_exp"), 10'000'000'000, one);
    CHECK(one == Raw{0xFFFF});
    encode_value(row(Block::running, "ibattery1"), -100'000'000, one);
    CHECK(one == Raw{0x8000});
  }

  TEST_CASE("what is marked not present is absent") {
    const std::pair<Register, Raw> markers[] = {
        {row(Block::running, "vpv3"), {0xFFFF}},
        {row(Block::running, "ppv3"), {0xFFFF, 0xFFFF}},
        {row(Block::running, "temperature"), {0xFFFF}},
        {row(Block::running, "temperature"), {0x7FFF}},
        {row(Block::running, "pgrid2"), {0x7FFF, 0xFFFF}},
        {row(Block::running, "e_total"), {0xFFFF, 0xFFFF}},
        {row(Block::battery, "battery_soc"), {0xFFFF}},
        {row(Block::running, "pbattery1"), {0x7FFF, 0xFFFF}},
        {row(Block::meter, "meter_e_total_exp"), {0x7FC0, 0}},  // NaN
        {row(Block::meter, "meter_e_total_exp"), {0xC624, 0}},  // negative
    };
    for (const auto& marker : markers) {
      CAPTURE(marker.first.name);
      CHECK_FALSE(decode_value(marker.first, marker.second).has_value());
    }
  }

  TEST_CASE("a power's high word counts only above 32 kW") {
    constexpr Register entry = row(Block::running, "active_power");
    CHECK(decode_value(entry, Raw{0, 0xFF5C}, false) == -164);
    CHECK(decode_value(entry, Raw{0, 0xFF5C}, true) == 65'372);
    CHECK(decode_value(entry, Raw{0xFFFF, 0x0000}, true) == -65'536);
  }

  TEST_CASE("a register outside the words read is absent") {
    const Raw block(24);
    CHECK(decode_in(row(Block::battery, "battery_soc"), block, 37000) == 0);
    CHECK_FALSE(decode_in(row(Block::battery, "battery_soc"), block, 37008).has_value());
    CHECK_FALSE(decode_in(row(Block::meter, "meter_type"), block, 37000).has_value());
    CHECK_FALSE(
        decode_in(row(Block::running, "pbattery1"), std::span(block).first(1), 35182).has_value());
  }

  TEST_CASE("names are unique in their block and rows stay inside it") {
    std::set<std::pair<Block, std::string_view>> seen;
    const auto inside = [](const Register& entry, Range range) {
      return entry.address >= range.start &&
             entry.address + entry.words <= range.start + range.count;
    };
    for (const Register& entry : register_map) {
      CAPTURE(entry.name);
      CHECK(seen.emplace(entry.block, entry.name).second);
      // The library asks for 61 MPPT registers, which ends within the second of these.
      const bool beyond = entry.name == "apparent_power2" || entry.name == "apparent_power3";
      CHECK(inside(entry, range_of(entry.block)) != beyond);
    }
  }

  TEST_CASE("blocks have names, and are found by them") {
    for (std::size_t i = 0; i < block_count; ++i) {
      const auto block = static_cast<Block>(i);
      CHECK(block_of(block_name(block)) == block);
    }
    CHECK_FALSE(block_of("batery"));
  }

  TEST_CASE("what is put as not present reads as not present") {
    for (const Register& entry : register_map) {
      if (!is_number(entry) || entry.type == Type::u8_high || entry.type == Type::u8_low) continue;
      CAPTURE(entry.name);
      Raw words(entry.words, 0x1234);
      put_absent(entry, words);
      CHECK_FALSE(decode_value(entry, words));
    }
  }

  TEST_CASE("the map has every row of the reference library's registers, as the facts list them") {
    const auto file = testing::shared_data().parent_path() / "facts" / "goodwe-et-registers.csv";
    if (!std::filesystem::exists(file)) {
      MESSAGE("skipped: no " << file.string());
      return;
    }
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    std::size_t rows = 0;
    while (std::getline(in, line)) {
      const auto cells = cells_of(line);
      REQUIRE(cells.size() == 9);
      ++rows;
      if (is_calculated(cells[3])) continue;  // sensors_test has those
      CAPTURE(line);
      const auto* const entry =
          std::find_if(register_map.begin(), register_map.end(), [&](const Register& each) {
            const int library_address =
                each.type == Type::s32_low ? each.address + 1 : each.address;
            return each.name == cells[6] && std::to_string(library_address) == cells[1];
          });
      const bool there = entry != register_map.end();
      CHECK(there);
      if (!there) continue;
      CHECK((entry->access == Access::read) == (cells[8] == "R" || cells[8] == "R(W)"));
      if (entry->type == Type::s32_low) continue;  // the library reads one of its words
      CHECK(std::to_string(entry->words) == cells[2]);
      if (entry->type == Type::float32 || !is_number(*entry)) continue;
      CHECK(unit_text(entry->unit) == cells[5]);
      CHECK(decimal_scale(entry->scale) == cells[4]);
    }
    CHECK(rows == 359);
  }

  TEST_CASE("text is trimmed, may be UTF-16, and is absent when it cannot be printed") {
    Raw words(8);
    encode_text("9010KETU00SIM001", words);
    CHECK(words.front() == 0x3930);
    CHECK(decode_text(words) == "9010KETU00SIM001");
    encode_text("GW10K-ET", words);
    CHECK(decode_text(words) == "GW10K-ET");
    CHECK(decode_text(Raw{0x0030, 0x0034}) == "04");
    CHECK(decode_text(Raw{0x2020, 0x2020}) == "");
    CHECK_FALSE(decode_text(Raw{0x30FF}).has_value());
  }
}

}  // namespace wattledger::inverter
