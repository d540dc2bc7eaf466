#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdlib>

#include "coordinator/simulator/simulator.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

TEST_SUITE("simulator/house") {
  TEST_CASE("in general mode PV serves the load, then the battery, then the grid") {
    House house(HouseOptions{}, HouseYear::generate(1), testing::at_s(0));
    house.set_pv(Watts(8'000));
    house.set_load(Watts(1'000));
    CHECK(house.battery_power() == Watts(-5'000));
    house.advance(testing::at_s(3600));
    const Energies energies = house.energies();
    CHECK(energies.pv == MilliwattHours(8'000'000));
    CHECK(energies.charged == MilliwattHours(5'000'000));
    CHECK(energies.exported == MilliwattHours(2'000'000));
    CHECK(energies.stored == MilliwattHours(9'750'000));
    CHECK(energies.lost == MilliwattHours(250'000));
  }

  TEST_CASE("no energy is made or lost, over random days") {
    const bool holds =
        rc::check("pv + imported + stored before = load + exported + lost + stored after", [] {
          HouseOptions options;
          options.seed = *rc::gen::arbitrary<std::uint64_t>();
          options.soc_start = BasisPoints(*rc::gen::inRange(0, 10'001));
          options.charge_efficiency = BasisPoints(*rc::gen::inRange(8'000, 10'001));
          options.discharge_efficiency = BasisPoints(*rc::gen::inRange(8'000, 10'001));
          const UtcTime start = testing::at_s(*rc::gen::inRange(0, 365 * 86'400));
          House house(options, HouseYear::generate(options.seed), start);
          const MilliwattHours before = house.energies().stored;
          for (int i = 0; i < 8; ++i)
            house.advance(house.now() + seconds(*rc::gen::inRange(1, 20'000)));
          const Energies e = house.energies();
          const auto missing = e.pv + e.imported + before - e.load - e.exported - e.lost - e.stored;
          RC_ASSERT(std::abs(missing.count()) <= 7);
          const auto bus = e.pv + e.imported + e.discharged - e.load - e.exported - e.charged;
          RC_ASSERT(std::abs(bus.count()) <= 6);
          RC_ASSERT(house.soc() >= BasisPoints(0));
          RC_ASSERT(house.soc() <= BasisPoints(10'000));
        });
    CHECK(holds);
  }
}

}  // namespace wattledger::simulator
