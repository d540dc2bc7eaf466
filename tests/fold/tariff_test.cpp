// Tariff zones and final prices by the house's own clock, on the minutes where they change.
#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

State house_with(std::vector<TariffZone> zones) {
  PolicySettings settings;
  settings.tariff_component = PriceE8(1'000);
  settings.tariff_zones = std::move(zones);
  ToldHouse house;
  house.tell(at_s(0), warsaw()).tell(at_s(0), adopted(settings));
  return house.state();
}

struct Row {
  const char* at;  // local time with its offset
  const char* zone;
};

void check(const State& state, const std::vector<Row>& rows) {
  for (const Row& row : rows) CHECK_MESSAGE(tariff_zone(state, utc(row.at)) == row.zone, row.at);
}

}  // namespace

TEST_SUITE("fold/tariff") {
  TEST_CASE("G12 changes on the minute: day 07-13 and 15-22, night else") {
    check(house_with(g12_zones()), {{"2025-10-15T06:59:00+02:00", "T2"},
                                    {"2025-10-15T07:00:00+02:00", "T1"},
                                    {"2025-10-15T12:59:59.999999+02:00", "T1"},
                                    {"2025-10-15T13:00:00+02:00", "T2"},
                                    {"2025-10-15T14:59:00+02:00", "T2"},
                                    {"2025-10-15T15:00:00+02:00", "T1"},
                                    {"2025-10-15T21:59:00+02:00", "T1"},
                                    {"2025-10-15T22:00:00+02:00", "T2"},
                                    {"2025-12-15T06:59:00+01:00", "T2"},
                                    {"2025-12-15T07:00:00+01:00", "T1"}});
  }

  TEST_CASE(
      "in spring the clock jumps from 02:00 to 03:00 and 07:00 comes an hour earlier in UTC") {
    check(house_with(g12_zones()), {{"2025-03-29T05:59:00Z", "T2"},
                                    {"2025-03-29T06:00:00Z", "T1"},
                                    {"2025-03-30T04:59:00Z", "T2"},
                                    {"2025-03-30T05:00:00Z", "T1"}});
  }

  TEST_CASE("in autumn both passes of 02:00-03:00 are the same hour of the tariff") {
    TariffZone two;
    two.name = "two";
    two.hours = 1U << 2U;
    check(house_with({two}), {{"2025-10-25T23:59:00Z", ""},
                              {"2025-10-26T00:00:00Z", "two"},
                              {"2025-10-26T00:59:00Z", "two"},
                              {"2025-10-26T01:00:00Z", "two"},
                              {"2025-10-26T01:59:00Z", "two"},
                              {"2025-10-26T02:00:00Z", ""}});
    TariffZone gap = two;
    check(house_with({gap}), {{"2026-03-29T00:59:00Z", ""}, {"2026-03-29T01:00:00Z", ""}});
  }

  TEST_CASE("weekdays and months are local, and the first zone that matches holds") {
    TariffZone sunday;
    sunday.name = "sunday";
    sunday.weekdays = 1U << 6U;
    TariffZone december;
    december.name = "december";
    december.months = 1U << 11U;
    TariffZone rest;
    rest.name = "rest";
    check(house_with({sunday, december, rest}), {{"2025-10-25T21:59:00Z", "rest"},
                                                 {"2025-10-25T22:00:00Z", "sunday"},
                                                 {"2025-10-26T22:59:00Z", "sunday"},
                                                 {"2025-10-26T23:00:00Z", "rest"},
                                                 {"2025-11-30T22:59:00Z", "sunday"},
                                                 {"2025-11-30T23:00:00Z", "december"},
                                                 {"2025-12-31T22:59:00Z", "december"},
                                                 {"2025-12-31T23:00:00Z", "rest"}});
  }

  TEST_CASE("final price is market, component and zone; without a policy the market's alone") {
    const State state = house_with(g12_zones());
    const PriceSlot day{utc("2025-10-15T12:45:00+02:00"), minutes(15), PriceE8(-500)};
    const PriceSlot night{utc("2025-10-15T13:00:00+02:00"), minutes(15), PriceE8(-500)};
    CHECK(final_price(state, day) == PriceE8(35'660'000 + 1'000 - 500));
    CHECK(final_price(state, night) == PriceE8(7'490'000 + 1'000 - 500));
    CHECK(final_price(State{}, day) == PriceE8(-500));
    CHECK(tariff_zone(State{}, day.start).empty());
  }
}

}  // namespace wattledger::fold
