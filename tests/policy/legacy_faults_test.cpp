// What the older program did wrong and policy `tiered` does not: a test for each fault, named after
// it (coordinator/policy/README.md has the table).
#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;
using fb::SessionChange;

constexpr std::int64_t c = 1'000'000;

TieredHouse at(std::optional<int> soc_bp) { return TieredHouse(soc_bp); }
// Nothing but the sun's rule charges at such prices.
Quarters not_near(std::int64_t now) { return Quarters{now} + quarters(20, now) + Quarters{35}; }

}  // namespace

TEST_SUITE("policy/legacy faults") {
  TEST_CASE("a surplus of the sun read as no sun, a deficit as sun") {
    CHECK(at(7'000).prices(not_near(60)).sun(3'500, 500).decision().action == Action::self_use);
    CHECK(at(7'000).prices(not_near(60)).sun(0, 500).decision().rule == Rule::no_sun);
  }

  TEST_CASE("no sun was asked before emergency and critical, and hid them") {
    CHECK(at(400).prices(not_near(60)).sun(0, 500).decision().rule == Rule::emergency_charge);
    CHECK(at(1'000).prices(not_near(60)).sun(0, 500).decision().rule == Rule::critical_charge);
  }

  TEST_CASE("the weather to come was that of midnight") {
    // Sun at 01:00 to 05:00 of the forecast's day is over; what counts is ahead of now.
    std::vector<std::int64_t> watts(24, 0);
    watts[3] = 2'000;
    CHECK(at(7'000).prices(not_near(60)).sun(0, 500).pv_forecast(watts).decision().rule !=
          Rule::no_sun);
    TieredHouse past = at(7'000).prices(not_near(60)).sun(0, 500);
    fb::PvForecastIssuedT fact;
    fact.power_w.push_back(series(noon - hours(12), watts, 3600));
    CHECK(past.tell(std::move(fact)).decision().rule == Rule::no_sun);
  }

  TEST_CASE("nothing was decided without prices, even when empty") {
    CHECK(at(300).decision().rule == Rule::emergency_charge);
    CHECK(at(1'000).decision().rule == Rule::critical_charge);
  }

  TEST_CASE("unknown SOC was 0 % and charged, unknown sun was none") {
    CHECK(at(std::nullopt).prices({20}).decision().rule == Rule::data_missing);
    CHECK(at(std::nullopt).prices({20}).decision().action == Action::self_use);
    CHECK(at(7'000).prices(not_near(60)).decision().action == Action::self_use);
  }

  TEST_CASE("an idle battery below the emergency limit waited for anti-flap") {
    CHECK(at(400)
              .prices({150})
              .last(Action::self_use, Rule::price_too_high, minutes(1))
              .decision()
              .action == Action::charge);
  }

  TEST_CASE("a spike stopped the charge that the critical tier began again") {
    // 1.15 is above the high price and within the critical one.
    const auto decision = at(1'000)
                              .prices(quarters(40, 115))
                              .last(Action::charge, Rule::critical_charge, minutes(60), 2'000)
                              .decision();
    CHECK(decision.rule == Rule::critical_charge);
  }

  TEST_CASE("a price of exactly zero was no price") {
    CHECK(at(4'000).prices(Quarters{0, 10, 10, 10, 10}).decision().rule == Rule::super_cheap);
    // Cheapest of all to come: it is waited for.
    CHECK(at(1'000).prices(quarters(8, 150) + Quarters{0}).decision().rule == Rule::critical_wait);
  }

  TEST_CASE("below zero nothing was cheap") {
    fold::PolicySettings settings = tiered_settings();
    settings.tiered.super_cheap = PriceE8(-200 * c);
    CHECK(TieredHouse(4'000, settings).prices(quarters(8, -10)).decision().rule ==
          Rule::near_cheapest);
    CHECK(TieredHouse(6'000, settings)
              .before(quarters(95, -10))
              .prices(quarters(8, -10))
              .decision()
              .rule == Rule::cheap_price);
  }

  TEST_CASE("the horizon ended at midnight") {
    // Midnight in Warsaw is 22:00 UTC, quarter 40.
    CHECK(at(4'000).prices(quarters(44, 60) + Quarters{40}).decision().rule ==
          Rule::price_above_cheapest);
  }

  TEST_CASE("prices were averaged over the hour of either day") {
    // 20 now and 100 in the rest of the hour.
    CHECK(at(4'000).prices(Quarters{35, 100, 100, 100, 40, 40}).decision().action ==
          Action::charge);
    CHECK(at(4'000).prices(Quarters{100, 35, 35, 35, 40, 40}).decision().action ==
          Action::self_use);
  }

  TEST_CASE("the cheap hours were those of one tariff, written in the program") {
    fold::PolicySettings own = tiered_settings();
    own.tiered.before_peak_price = PriceE8(0);
    fold::TariffZone night;
    night.name = "night";
    night.hours = 0x0000C000;  // 14 to 16
    fold::TariffZone day;
    day.name = "day";
    day.price = PriceE8(30 * c);
    own.tariff_zones = {night, day};
    TieredHouse house = TieredHouse(2'000, own).prices(quarters(40, 40));
    CHECK(house.decision().rule == Rule::near_cheapest);  // two hours are left, 84 min are needed
    own.charge_power_max = Watts(3'000);                  // 140 min
    CHECK(TieredHouse(2'000, own).prices(quarters(40, 40)).decision().rule == Rule::zone_ending);
  }

  TEST_CASE("a critical battery waited for the sun by the clock") {
    CHECK(at(1'000).prices(quarters(40, 150)).decision().rule == Rule::critical_charge);
    CHECK(at(1'000).prices(quarters(40, 150)).pv_forecast({0, 900}).decision().rule ==
          Rule::critical_wait);
  }

  TEST_CASE("only at exactly 10 % a high price was waited out") {
    for (const int soc_bp : {600, 999, 1'000, 1'001, 1'199})
      CHECK(at(soc_bp).prices(quarters(8, 150) + Quarters{50}).decision().rule ==
            Rule::critical_wait);
  }

  TEST_CASE("a charge ended at 90 %, its session never, and began again at any price") {
    TieredHouse house = at(9'000).before(quarters(95, 50)).prices(quarters(8, 60));
    house.session(SessionChange::started, 6'000, minutes(90));
    house.last(Action::charge, Rule::session_goes_on, minutes(60), 9'000);
    CHECK(house.decision().rule == Rule::battery_full);
    // It closed: what would charge again is a new session, at a cheap price only.
    TieredHouse closed = at(8'000).before(quarters(95, 50)).prices(quarters(8, 60));
    closed.session(SessionChange::started, 6'000, minutes(90));
    closed.session(SessionChange::completed, 9'000, minutes(60));
    closed.last(Action::self_use, Rule::battery_full, minutes(60));
    CHECK(closed.decision().action == Action::self_use);
  }

  TEST_CASE("a session went on at any price") {
    CHECK(at(6'000)
              .before(quarters(95, 50))
              .prices(quarters(8, 90))
              .last(Action::charge, Rule::session_goes_on, minutes(60), 9'000)
              .decision()
              .rule == Rule::cheap_price);
  }

  TEST_CASE("sessions were counted when they were decided, and only some of them") {
    const auto counted = [](int started) {
      TieredHouse house = at(6'000).before(quarters(95, 60)).prices(quarters(8, 60));
      // Five times decided; the inverter began only some, of whatever tier.
      for (int i = 0; i < 5; ++i)
        house.last(Action::charge, Rule::cheap_price, minutes(200 - 10 * i), 9'000);
      for (int i = 0; i < started; ++i)
        house.session(SessionChange::started, 1'000, minutes(100), std::to_string(i))
            .session(SessionChange::completed, 1'500, minutes(90), std::to_string(i));
      return house.last(Action::self_use, Rule::cheap_price, minutes(60)).decision().rule;
    };
    CHECK(counted(3) == Rule::cheap_price);
    CHECK(counted(4) == Rule::session_limit);
  }

  TEST_CASE("a session's age began again after a day") {
    const auto young = [](hours ago) {
      return at(6'000)
          .prices(quarters(8, 200))
          .last(Action::charge, Rule::cheap_price, ago, 9'000)
          .decision()
          .rule;
    };
    CHECK(young(hours(0)) == Rule::session_goes_on);
    CHECK(young(hours(24)) == Rule::price_too_high);
  }

  TEST_CASE("charges began at 90 % and above where no history was known") {
    CHECK(at(9'100).prices(quarters(8, 60)).decision().rule == Rule::battery_full);
    CHECK(at(8'600).prices(quarters(8, 60)).decision().rule == Rule::battery_full);
  }

  TEST_CASE("the inverter was told 100 %, whatever was decided") {
    CHECK(at(4'000).prices(quarters(8, 60)).decision().target_soc_bp == 9'000);
    CHECK(at(7'000).prices(not_near(60)).sun(0, 500).decision().target_soc_bp == 8'000);
    CHECK(at(4'000).prices({20}).decision().target_soc_bp == 10'000);
  }

  TEST_CASE("a very low price was refused when it was the lowest") {
    CHECK(at(9'500).prices(Quarters{20} + quarters(20, 30)).decision().rule == Rule::super_cheap);
  }

  TEST_CASE("the operator's codes were never fetched, and knew no emergency") {
    CHECK(at(4'000).prices(quarters(8, 60)).code(3).decision().rule == Rule::operator_limit);
    CHECK(at(400).prices(quarters(8, 60)).code(3).decision().rule == Rule::emergency_charge);
  }

  TEST_CASE("nothing stopped a charge and a sale in one cycle") {
    // The negative import price charges; what is fed in is fixed and would be sold.
    fold::PolicySettings settings = selling_settings();
    settings.feed_in = fold::FeedIn::fixed;
    settings.feed_in_price = PriceE8(150 * c);
    const auto both = TieredHouse(9'000, settings).prices(quarters(8, 10)).decision();
    CHECK(both.action == Action::charge);
    CHECK(tried(both, Rule::sale) == nullptr);
  }

  TEST_CASE("a sale earned the price of buying") {
    fold::PolicySettings settings = selling_settings();
    settings.tariff_component = PriceE8(100 * c);
    const auto dear_to_buy = TieredHouse(9'000, settings).prices(quarters(8, 50)).decision();
    CHECK(dear_to_buy.price_e8 == 150 * c);
    CHECK(tried(dear_to_buy, Rule::sale_price)->numbers ==
          std::vector<std::int64_t>{50 * c, 80 * c});
  }

  TEST_CASE("a sale was ended by its floor alone: not by caps, price or hour") {
    const auto selling = [](int soc_bp, std::int64_t price) {
      return TieredHouse(soc_bp, selling_settings())
          .prices(quarters(20, price) + Quarters{35})
          .sale(SessionChange::started, 9'500, minutes(60))
          .last(Action::sell, Rule::sale, minutes(60), 7'500);
    };
    CHECK(selling(8'000, 150).decision().rule == Rule::sale);
    CHECK(selling(7'500, 150).decision().rule == Rule::sale_cap);
    CHECK(selling(8'000, 60).decision().rule == Rule::sale_price);
    fold::PolicySettings hours = selling_settings();
    hours.selling.hours = 1;
    CHECK(TieredHouse(8'000, hours)
              .prices(quarters(48, 150))
              .last(Action::sell, Rule::sale, minutes(60), 7'500)
              .decision()
              .rule == Rule::sale_limits);
  }

  TEST_CASE("what was sold in a day was never counted") {
    TieredHouse house = TieredHouse(9'000, selling_settings()).prices(quarters(48, 150));
    house.sale(SessionChange::started, 9'900, minutes(120));
    house.sale(SessionChange::completed, 5'900, minutes(60));
    CHECK(tried(house.decision(), Rule::sale_cap)->outcome == fb::Outcome::rejected);
  }

  TEST_CASE("selling held the inverter at an export limit of zero while it was idle") {
    const auto idle = TieredHouse(7'000, selling_settings()).prices(quarters(48, 150)).decision();
    CHECK(idle.action == Action::self_use);
    CHECK_FALSE(idle.power_w.has_value());
  }
}

}  // namespace wattledger::policy
