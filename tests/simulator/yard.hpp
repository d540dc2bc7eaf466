// A house whose PV and load stand still, and its registers asked past the network.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <span>
#include <vector>

#include "coordinator/inverter/register_map.hpp"
#include "coordinator/simulator/house_impl.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::simulator {

[[nodiscard]] constexpr inverter::EcoGroup window(std::uint8_t from, std::uint8_t until,
                                                  std::int16_t percent, std::uint16_t soc) {
  return {from, 0, until, 0, true, inverter::eco_type, 0x7F, percent, soc, 0};
}

// A house whose PV and load stand still, at midnight UTC unless said otherwise; registers are asked
// past the network.
struct Yard {
  explicit Yard(Watts pv, Watts load, const HouseOptions& options = {},
                UtcTime start = testing::at_s(0))
      : house(options, HouseYear::generate(1), start) {
    house.set_pv(pv);
    house.set_load(load);
  }
  void write(std::uint16_t address, std::vector<std::uint16_t> words) {
    REQUIRE(house.impl().write(address, words, words.size() > 1) == Exception::none);
  }
  void eco(const inverter::EcoGroup& group) {
    const auto words = encode(group);
    write(47547, {words.begin(), words.end()});
    write(47000, {3});
  }
  [[nodiscard]] std::int64_t value(const inverter::Register& entry) {
    std::array<std::uint16_t, 2> words{};
    REQUIRE(house.impl().read(entry.address, std::span(words).first(entry.words)) ==
            Exception::none);
    return inverter::decode_value(entry, words).value_or(-99'999);
  }
  House house;
};

}  // namespace wattledger::simulator
