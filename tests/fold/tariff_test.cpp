// Tariff zones and final prices by the house's own clock, on the minutes where they change.
#include "projections/fold/tariff.hpp"

#include "projections/fold/legacy_current_data.hpp"
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

  TEST_CASE("a zone by the operator's code is priced by it hour by hour, and as unknown without") {
    TariffZone save;
    save.name = "save";
    save.peak_hours = 1U << 2U;
    save.price = PriceE8(400);
    TariffZone unknown;
    unknown.name = "unknown";
    unknown.peak_hours = TariffZone::unknown;
    unknown.price = PriceE8(50);
    PolicySettings settings;
    settings.tariff_component = PriceE8(0);
    settings.tariff_zones = {save, unknown};
    fb::PeakHoursPublishedT advice;
    advice.codes.push_back(series(at_s(3600), {2, 1}, 3600));
    ToldHouse house;
    house.tell(at_s(0), warsaw()).tell(at_s(0), adopted(settings)).tell(at_s(0), advice);
    const auto price = [&](std::int64_t second) {
      return final_price(house.state(), {at_s(second), minutes(15), PriceE8(7)}).count();
    };
    CHECK(price(2'700) == 57);
    CHECK(price(3'600) == 407);
    CHECK(price(6'300) == 407);
    CHECK(price(7'200) == 7);
    CHECK(price(10'800) == 57);
    CHECK(tariff_zone(house.state(), at_s(3'600)) == "save");
  }

  TEST_CASE("a holiday of the policy is no weekday, from local midnight to local midnight") {
    PolicySettings settings;
    TariffZone work;
    work.name = "work";
    work.weekdays = 0x1F;
    TariffZone off;
    off.name = "off";
    off.weekdays = 0xE0;
    settings.tariff_zones = {work, off};
    settings.holidays = {std::chrono::local_days(std::chrono::year(2025) / 6 / 19)};
    ToldHouse house;
    house.tell(at_s(0), warsaw()).tell(at_s(0), adopted(settings));
    check(house.state(), {{"2025-06-18T21:59:59.999999Z", "work"},
                          {"2025-06-18T22:00:00Z", "off"},
                          {"2025-06-19T21:59:59.999999Z", "off"},
                          {"2025-06-19T22:00:00Z", "work"},
                          {"2025-06-20T22:00:00Z", "off"}});
    settings.holidays.clear();
    house.tell(at_s(1), adopted(settings));
    check(house.state(), {{"2025-06-19T10:00:00Z", "work"}});
  }

  TEST_CASE("the operator's code chooses among zones, and none is not 0") {
    PolicySettings settings;
    for (int code = 0; code < 5; ++code) {
      TariffZone zone;
      zone.name = std::to_string(code);
      zone.peak_hours = static_cast<std::uint8_t>(1U << static_cast<unsigned>(code));
      settings.tariff_zones.push_back(zone);
    }
    const auto name = [&](PeakHours code) {
      return zone_at(settings, ZoneOffsets(), at_s(0), code)->name;
    };
    CHECK(name(0) == "0");
    CHECK(name(1) == "1");
    CHECK(name(2) == "2");
    CHECK(name(3) == "3");
    CHECK(name(std::nullopt) == "4");
    CHECK(name(4) == "4");
    CHECK(name(255) == "4");
  }

  TEST_CASE("VAT is on the whole and rounded once, half away from zero; the parts add up") {
    struct Priced {
      const char* name;
      std::int64_t market, vat_bp, total;
    };
    // 1 000 of the component, 30 of named ones, 0 of a zone.
    const std::vector<Priced> table = {
        {"none", 100, 0, 1'130},           {"23 %", 70, 2'300, 1'353},
        {"half, up", -980, 2'300, 62},     {"half, down", -1'080, 2'300, -62},
        {"negative", -3'030, 800, -2'160}, {"doubled", 0, 10'000, 2'060},
    };
    PolicySettings settings;
    settings.tariff_component = PriceE8(1'000);
    settings.tariff_components = {{"a", PriceE8(50)}, {"b", PriceE8(-20)}};
    for (const Priced& row : table) {
      settings.tariff_vat = BasisPoints(row.vat_bp);
      const ImportPrice price = import_price(settings, nullptr, PriceE8(row.market));
      CHECK_MESSAGE(price.total == PriceE8(row.total), row.name);
      CHECK_MESSAGE(
          price.market + price.component + price.components + price.distribution + price.vat ==
              price.total,
          row.name);
    }
    settings.tariff_vat = BasisPoints(10'000);
    const PriceE8 most(2'000'000'000'000'000'000);
    CHECK(import_price(settings, nullptr, most).total == (most + PriceE8(1'030)) * 2);
  }

  TEST_CASE("what is fed in earns by the rule, without component, zone and VAT") {
    PolicySettings settings;
    settings.tariff_vat = BasisPoints(2'300);
    settings.feed_in_price = PriceE8(7);
    const auto earns = [&](FeedIn rule, std::int64_t market) {
      settings.feed_in = rule;
      return export_price(settings, PriceE8(market)).count();
    };
    CHECK(earns(FeedIn::none, 50) == 0);
    CHECK(earns(FeedIn::market, 50) == 50);
    CHECK(earns(FeedIn::market, -50) == -50);
    CHECK(earns(FeedIn::market_floored, 50) == 50);
    CHECK(earns(FeedIn::market_floored, -50) == 0);
    CHECK(earns(FeedIn::fixed, 50) == 7);
  }

  TEST_CASE("legacy readers find T1 and T2 where a tariff has names of its own") {
    struct Told {
      const char* tariff;
      const char* zone;
      const char* column;
    };
    const std::vector<Told> table = {{"g12", "T1", "T1"},        {"g12", "T2", "T2"},
                                     {"mine", "night", "night"}, {"g13s", "night", "T2"},
                                     {"g13s", "day_peak", "T2"}, {"g14dynamic", "S4", "T2"},
                                     {"g14dynamic", "T1", "T1"}};
    for (const Told& row : table) {
      PolicySettings settings;
      settings.tariff = row.tariff;
      settings.tariff_zones.resize(1);
      settings.tariff_zones[0].name = row.zone;
      ToldHouse house;
      house.tell(at_s(0), warsaw()).tell(at_s(0), adopted(settings));
      CHECK_MESSAGE(legacy_tariff_zone(house.state(), at_s(0)) == row.column, row.zone);
    }
  }
}

}  // namespace wattledger::fold
