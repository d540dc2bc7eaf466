#include "coordinator/daemon/effect.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace wattledger::daemon {
namespace {

using Mode = fb::InverterMode;
using Verdict = Effect::Verdict;

struct Row {
  const char* name;
  Mode mode;
  std::optional<int> battery, grid, soc_percent;
  Verdict verdict;
};

fb::ReadingRecordedT reading_of(const Row& row) {
  fb::ReadingRecordedT reading;
  if (row.battery) reading.battery_power_w = *row.battery;
  if (row.grid) reading.grid_power_w = *row.grid;
  if (row.soc_percent) reading.battery_soc_bp = static_cast<std::uint16_t>(*row.soc_percent * 100);
  return reading;
}

// 4 kW to 80 % charged, or down to 20 %.
inverter::Wish wish_of(Mode mode) {
  const bool down = mode == Mode::discharge;
  return {mode, Watts(mode == Mode::hold ? 0 : 4'000), BasisPoints(down ? 2'000 : 8'000), {}};
}

}  // namespace

TEST_SUITE("daemon/effect") {
  TEST_CASE("what the battery's power says of each mode") {
    const Row rows[] = {
        {"charges", Mode::charge, -3'900, -4'500, 50, Verdict::fits},
        {"charges as much as the BMS lets it", Mode::charge, -400, -900, 50, Verdict::fits},
        {"serves the house instead", Mode::charge, 700, 0, 50, Verdict::contradicts},
        {"stands still", Mode::charge, 0, -700, 50, Verdict::contradicts},
        {"is at its target", Mode::charge, 0, -700, 79, Verdict::fits},
        {"says no SOC", Mode::charge, 0, -700, std::nullopt, Verdict::contradicts},
        {"says no power", Mode::charge, std::nullopt, -700, 50, Verdict::unknown},
        {"sells", Mode::discharge, 4'000, 3'500, 50, Verdict::fits},
        {"does not sell", Mode::discharge, 300, 0, 50, Verdict::contradicts},
        {"is at its floor", Mode::discharge, 0, -500, 21, Verdict::fits},
        {"holds", Mode::hold, 0, -500, 50, Verdict::fits},
        {"takes the sun", Mode::hold, -2'000, 0, 50, Verdict::fits},
        {"does not hold", Mode::hold, 500, 0, 50, Verdict::contradicts},
        {"serves the house", Mode::general, 700, 0, 50, Verdict::fits},
        {"stores the sun", Mode::general, -3'000, 20, 50, Verdict::fits},
        {"goes on charging from the grid", Mode::general, -3'000, -3'500, 50, Verdict::contradicts},
        {"refills an empty battery", Mode::general, -3'000, -3'500, 9, Verdict::fits},
        {"goes on selling", Mode::general, 3'000, 2'500, 50, Verdict::contradicts},
        {"says nothing of the grid", Mode::general, -3'000, std::nullopt, 50, Verdict::unknown},
        {"is somebody else's", Mode::other, -3'000, -3'500, 50, Verdict::unknown},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const Effect effect = effect_of(wish_of(row.mode), reading_of(row));
      CHECK(effect.verdict == row.verdict);
      CHECK(effect.found.empty() == (row.verdict != Verdict::contradicts));
    }
  }

  TEST_CASE("near full, or where the BMS allows nothing, no charge is missed") {
    inverter::Wish full = wish_of(Mode::charge);
    full.target_soc = BasisPoints(10'000);
    const Row still{"", Mode::charge, 0, -700, 50, Verdict::contradicts};
    fb::ReadingRecordedT reading = reading_of(still);
    CHECK(effect_of(full, reading).verdict == Verdict::contradicts);
    reading.battery_charge_limit_ma = 0;
    CHECK(effect_of(full, reading).verdict == Verdict::fits);
    reading.battery_charge_limit_ma = 25'000;
    reading.battery_soc_bp = static_cast<std::uint16_t>(9'500);
    CHECK(effect_of(full, reading).verdict == Verdict::fits);
  }

  TEST_CASE("an export limit that is reached excuses a sale") {
    fb::ReadingRecordedT reading =
        reading_of({"", Mode::discharge, 0, 1'900, 50, Verdict::contradicts});
    CHECK(effect_of(wish_of(Mode::discharge), reading).verdict == Verdict::contradicts);
    reading.export_limit_w = 2'000;
    CHECK(effect_of(wish_of(Mode::discharge), reading).verdict == Verdict::fits);
  }

  TEST_CASE("a sale that the unit's own floor ends is no failure, above that floor it is one") {
    const fb::ReadingRecordedT reading = reading_of({"", Mode::discharge, 0, 0, 30, Verdict::fits});
    const inverter::Wish sale = wish_of(Mode::discharge);
    CHECK(effect_of(sale, reading, BasisPoints(2'000)).verdict == Verdict::contradicts);
    CHECK(effect_of(sale, reading, BasisPoints(3'000)).verdict == Verdict::fits);
  }

  TEST_CASE("a contradiction is told in watts") {
    const Row row{"", Mode::general, -3'000, -3'500, 50, Verdict::contradicts};
    CHECK(effect_of(wish_of(Mode::general), reading_of(row)).found ==
          "the battery takes 3000 W and the house draws 3500 W");
  }
}

}  // namespace wattledger::daemon
