// Policy `tiered`, rule by rule: truth tables over SOC, prices, sun and what was decided before.
// Sessions, sales and the older program's faults have files of their own.
#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;
using fb::SessionChange;

constexpr std::int64_t c = 1'000'000;

TieredHouse at(int soc_bp) { return TieredHouse(soc_bp); }
std::int64_t second_at(minutes after) { return to_us(noon + after) / 1'000'000; }

// Cheaper slots are to come within the time that is looked at: neither near nor cheap.
Quarters not_near(std::int64_t now) { return Quarters{now} + quarters(20, now) + Quarters{35}; }

}  // namespace

TEST_SUITE("policy/tiered") {
  TEST_CASE("truth table: no price") {
    const auto critical = [](int soc_bp) {
      return at(soc_bp).last(Action::charge, Rule::critical_charge, minutes(60), 2'000);
    };
    check({
        {"in the middle", at(5'000), Action::self_use, Rule::no_price, {}},
        {"prices only later",
         at(5'000).prices_from(noon + minutes(15), {20, 20}),
         Action::self_use,
         Rule::no_price,
         {}},
        {"critical", at(1'199), Action::charge, Rule::critical_charge, {1'199, 1'200}},
        {"at the limit", at(1'200), Action::self_use, Rule::no_price, {}},
        {"a critical charge goes on",
         critical(1'999),
         Action::charge,
         Rule::critical_charge,
         {1'999, 1'200}},
        {"a critical charge is over", critical(2'000), Action::self_use, Rule::no_price, {}},
        {"another charge ends",
         at(4'000).last(Action::charge, Rule::near_cheapest),
         Action::self_use,
         Rule::no_price,
         {}},
    });
  }

  TEST_CASE("truth table: super cheap") {
    const auto filled = [](int soc_bp) {
      return at(soc_bp)
          .prices({30, 30})
          .session(SessionChange::started, 9'000, minutes(90))
          .session(SessionChange::completed, 10'000, minutes(60));
    };
    check({
        {"at the limit",
         at(4'000).prices({30, 10}),
         Action::charge,
         Rule::super_cheap,
         {30 * c, 30 * c}},
        {"above the target",
         at(9'500).prices({30}),
         Action::charge,
         Rule::super_cheap,
         {30 * c, 30 * c}},
        {"critical", at(1'000).prices({30}), Action::charge, Rule::super_cheap, {30 * c, 30 * c}},
        {"dearer", at(9'500).prices({31}), Action::self_use, Rule::battery_full, {9'500, 9'000}},
        {"full", at(10'000).prices({10}), Action::self_use, Rule::battery_full, {10'000, 9'000}},
        {"filled an hour ago", filled(9'800), Action::self_use, Rule::battery_full, {9'800, 9'000}},
        {"filled an hour ago, a little used since",
         filled(9'000),
         Action::self_use,
         Rule::battery_full,
         {9'000, 9'000}},
        {"filled an hour ago, used since",
         filled(8'999),
         Action::charge,
         Rule::super_cheap,
         {30 * c, 30 * c}},
    });
    fold::PolicySettings gentle = tiered_settings();
    gentle.soc_max = BasisPoints(9'500);
    const auto decision = TieredHouse(9'000, gentle).prices({20}).decision();
    CHECK(decision.target_soc_bp == 9'500);
    CHECK(TieredHouse(9'500, gentle).prices({20}).decision().rule == Rule::battery_full);
  }

  TEST_CASE("truth table: critical") {
    const auto begun = [](int soc_bp) {
      return at(soc_bp)
          .prices(quarters(40, 120))
          .last(Action::charge, Rule::critical_charge, minutes(60), 2'000);
    };
    check({
        {"cheap",
         at(1'199).prices({50, 40}),
         Action::charge,
         Rule::critical_charge,
         {1'199, 1'200, 50 * c, 120 * c}},
        {"at the critical price, cheaper to come",
         at(1'199).prices({120, 40}),
         Action::charge,
         Rule::critical_charge,
         {1'199, 1'200, 120 * c, 120 * c}},
        {"dear, nothing better",
         at(1'199).prices(quarters(40, 121)),
         Action::charge,
         Rule::critical_charge,
         {1'199, 1'200, 121 * c, 120 * c}},
        {"dear, nothing known",
         at(1'199).prices({500}),
         Action::charge,
         Rule::critical_charge,
         {1'199, 1'200, 500 * c, 120 * c}},
        {"begun, above the limit",
         begun(1'999),
         Action::charge,
         Rule::critical_charge,
         {1'999, 2'000, 120 * c, 120 * c}},
        {"begun, lifted far enough: kept, not used at the price that lifts it again",
         begun(2'000),
         Action::hold,
         Rule::charge_kept,
         {2'000, 2'000, 120 * c, 120 * c}},
        {"not critical",
         at(1'200).prices(quarters(40, 120)),
         Action::self_use,
         Rule::price_too_high,
         {120 * c, 110 * c}},
    });
    CHECK(at(1'000).prices({50}).decision().target_soc_bp == 2'000);
  }

  TEST_CASE("truth table: a critical battery waits") {
    const auto later = [](std::size_t slots, std::int64_t price) {
      return at(1'000).prices(Quarters{150} + quarters(slots - 1, 150) + Quarters{price});
    };
    const auto sun = [](std::vector<std::int64_t> watts) {
      return at(1'000).prices(quarters(40, 150)).pv_forecast(std::move(watts));
    };
    using std::chrono::minutes;
    check({
        {"30 % cheaper in an hour",
         later(4, 105),
         Action::self_use,
         Rule::critical_wait,
         {150 * c, 105 * c, second_at(minutes(60))}},
        {"not as much",
         later(4, 106),
         Action::charge,
         Rule::critical_charge,
         {1'000, 1'200, 150 * c, 120 * c}},
        {"in eight hours",
         later(32, 50),
         Action::self_use,
         Rule::critical_wait,
         {150 * c, 50 * c, second_at(minutes(480))}},
        {"later",
         later(33, 50),
         Action::charge,
         Rule::critical_charge,
         {1'000, 1'200, 150 * c, 120 * c}},
        {"sun in two hours",
         sun({0, 0, 500, 900}),
         Action::self_use,
         Rule::critical_wait,
         {150 * c, 0, second_at(minutes(120)), 900}},
        {"too little sun",
         sun({200, 200, 200}),
         Action::charge,
         Rule::critical_charge,
         {1'000, 1'200, 150 * c, 120 * c}},
        {"sun too late",
         sun({0, 0, 0, 0, 0, 0, 0, 0, 0, 900}),
         Action::charge,
         Rule::critical_charge,
         {1'000, 1'200, 150 * c, 120 * c}},
    });
  }

  TEST_CASE("truth table: a price spike, and a charge that goes on") {
    const auto charging = [](int soc_bp, std::int64_t price) {
      return at(soc_bp)
          .prices(not_near(price))
          .last(Action::charge, Rule::near_cheapest, minutes(60), 8'000);
    };
    check({
        {"above", charging(4'000, 111), Action::self_use, Rule::price_too_high, {111 * c, 110 * c}},
        {"at the limit",
         charging(4'000, 110),
         Action::charge,
         Rule::charge_goes_on,
         {110 * c, 110 * c}},
        {"through the middle",
         charging(7'999, 100),
         Action::charge,
         Rule::charge_goes_on,
         {100 * c, 110 * c}},
        {"its target reached",
         charging(8'000, 100),
         Action::self_use,
         Rule::price_above_cheapest,
         {100 * c, 35 * c, 40'250'000}},
        {"idle, above",
         at(4'000).prices(not_near(111)),
         Action::self_use,
         Rule::price_too_high,
         {111 * c, 110 * c}},
        {"the owner's charge does not go on",
         at(4'000)
             .prices(not_near(100))
             .last(Action::charge, Rule::owner_override, minutes(60), 10'000),
         Action::self_use,
         Rule::price_above_cheapest,
         {100 * c, 35 * c, 40'250'000}},
        {"more than the target only while super cheap",
         at(9'000).prices({31}).last(Action::charge, Rule::super_cheap, minutes(60), 10'000),
         Action::self_use,
         Rule::battery_full,
         {9'000, 9'000}},
    });
    TieredHouse ended = at(4'000);
    ended.prices(not_near(100));
    fb::DecisionMadeT over = decided(Action::charge, Rule::near_cheapest);
    over.until_us = to_us(noon - minutes(30));
    ended.tell(over);
    CHECK(ended.decision().rule != Rule::charge_goes_on);
  }

  TEST_CASE("truth table: no sun and cheap enough") {
    const auto house = [](int soc_bp, std::int64_t price) {
      return at(soc_bp).prices(not_near(price));
    };
    const std::int64_t near = 40'250'000;
    check({
        {"dark",
         house(7'799, 70).sun(0, 500),
         Action::charge,
         Rule::no_sun,
         {-500, 200, 70 * c, 70 * c}},
        {"little sun",
         house(7'000, 60).sun(700, 500),
         Action::charge,
         Rule::no_sun,
         {200, 200, 60 * c, 70 * c}},
        {"sun",
         house(7'000, 60).sun(701, 500),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, near}},
        {"dear",
         house(7'000, 71).sun(0, 500),
         Action::self_use,
         Rule::price_above_cheapest,
         {71 * c, 35 * c, near}},
        {"full enough",
         house(8'000, 60).sun(0, 500),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, near}},
        {"PV unknown",
         house(7'000, 60),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, near}},
        {"sun is forecast",
         house(7'000, 60).sun(0, 500).pv_forecast({0, 0, 0, 0, 0, 201}),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, near}},
        {"sun is forecast, but not before",
         house(7'000, 60).sun(0, 500).pv_forecast({0, 0, 0, 0, 0, 0, 0, 900}),
         Action::charge,
         Rule::no_sun,
         {-500, 200, 60 * c, 70 * c, 0}},
        {"a forecast of too little",
         house(7'000, 60).sun(0, 500).pv_forecast({100, 600, 50}).load_forecast({0, 400, 0}),
         Action::charge,
         Rule::no_sun,
         {-500, 200, 60 * c, 70 * c, 200}},
    });
    CHECK(house(7'000, 60).sun(0, 500).decision().target_soc_bp == 8'000);
    const auto again = [&](int soc_bp) {
      return house(soc_bp, 60)
          .sun(0, 500)
          .session(SessionChange::started, 4'000, minutes(90))
          .session(SessionChange::completed, 8'000, minutes(60))
          .decision()
          .rule;
    };
    CHECK(again(7'000) == Rule::price_above_cheapest);  // a tenth is used before the next
    CHECK(again(6'999) == Rule::no_sun);
  }

  TEST_CASE("truth table: the cheap zone ends") {
    fold::PolicySettings g12 = tiered_settings();
    g12.tariff_zones = fold::g12_zones();  // the cheap hours end at 15:00, 13:00 UTC
    g12.tiered.before_peak_price = PriceE8(0);
    fold::PolicySettings small = g12;
    small.battery_capacity = MilliwattHours(1'000'000);
    const std::int64_t cheap = 47'490'000;
    const std::int64_t dear = 75'660'000;
    const Quarters flat = quarters(40, 40);
    Quarters dip = flat;
    dip[10] = 0;
    check({
        {"before it ends",
         TieredHouse(4'000, g12).prices(flat),
         Action::charge,
         Rule::zone_ending,
         {3'600, 3'600, cheap, dear}},
        {"time enough",
         TieredHouse(4'000, small).prices(flat),
         Action::charge,
         Rule::near_cheapest,
         {cheap, cheap, cheap + cheap * 15 / 100}},
        {"cheaper in the next zone",
         TieredHouse(4'000, g12).prices(dip),
         Action::self_use,
         Rule::price_above_cheapest,
         {cheap, 35'660'000, 41'009'000}},
        {"the upper tier",
         TieredHouse(8'500, g12).prices(flat),
         Action::self_use,
         Rule::battery_full,
         {8'500, 9'000, 8'500}},
        {"prices of the next zone unknown",
         TieredHouse(4'000, g12).prices(quarters(4, 40)),
         Action::self_use,
         Rule::serve_house,
         {}},
        {"one zone",
         at(4'000).prices(flat),
         Action::charge,
         Rule::near_cheapest,
         {40 * c, 40 * c, 46 * c}},
    });
    CHECK(TieredHouse(2'000, g12).prices(flat).decision().until_us == to_us(noon + hours(1)));
  }

  TEST_CASE("truth table: before the evening") {
    const auto evening = [](int soc_bp, std::int64_t now, std::int64_t then) {
      return at(soc_bp).prices(quarters(12, now) + quarters(20, then) + Quarters{60, 35});
    };
    fold::PolicySettings from = tiered_settings();
    from.tiered.before_peak_from = BasisPoints(2'000);
    Quarters gap = quarters(12, 60) + quarters(19, 70);
    check({
        {"dearer by more than a tenth",
         evening(4'999, 60, 67),
         Action::charge,
         Rule::before_peak,
         {60 * c, 67 * c, 90 * c}},
        {"by a tenth",
         evening(4'999, 60, 66),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, 40'250'000}},
        {"too dear now",
         evening(4'999, 91, 150),
         Action::self_use,
         Rule::price_above_cheapest,
         {91 * c, 35 * c, 40'250'000}},
        {"the upper tier",
         evening(5'000, 60, 70),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, 40'250'000}},
        {"a price of the evening unknown",
         at(4'000).prices(gap).prices_from(noon + hours(9), {35}),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, 40'250'000}},
        {"from a SOC on",
         TieredHouse(2'000, from).prices(quarters(12, 60) + quarters(20, 70) + Quarters{60, 35}),
         Action::charge,
         Rule::before_peak,
         {60 * c, 70 * c, 90 * c}},
        {"below it",
         TieredHouse(1'999, from).prices(quarters(12, 60) + quarters(20, 70) + Quarters{60, 35}),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, 40'250'000}},
    });
  }

  TEST_CASE("a charge for the evening ends before it, and it must be near") {
    fold::PolicySettings settings = tiered_settings();
    settings.charge_power_max = Watts(1'000);
    const auto house = [&] {
      return TieredHouse(4'000, settings)
          .prices(quarters(12, 60) + quarters(20, 70) + Quarters{60, 35})
          .decision();
    };
    CHECK(house().rule == Rule::before_peak);
    CHECK(house().until_us == to_us(noon + hours(3)));
    settings.tiered.near_within = hours(2);
    CHECK(house().rule == Rule::near_cheapest);
  }

  TEST_CASE("a forecast that says nothing of the next hours says what comes after them") {
    fb::PvForecastIssuedT fact;
    fact.power_w.push_back(series(noon + hours(2), {900}, 3600));
    TieredHouse house = at(7'000).prices(not_near(60)).sun(0, 500);
    CHECK(house.decision().rule == Rule::no_sun);
    CHECK(house.tell(std::move(fact)).decision().rule != Rule::no_sun);
  }

  TEST_CASE("truth table: near the cheapest to come") {
    fold::PolicySettings never = tiered_settings();
    never.tiered.super_cheap = PriceE8(-100 * c);
    const auto later = [](std::size_t slots) {
      return at(4'000).prices(quarters(slots, 60) + Quarters{40});
    };
    check({
        {"near",
         at(4'999).prices(Quarters{46} + quarters(3, 60) + Quarters{40}),
         Action::charge,
         Rule::near_cheapest,
         {46 * c, 40 * c, 46 * c}},
        {"not near",
         at(4'999).prices(Quarters{47} + quarters(3, 60) + Quarters{40}),
         Action::self_use,
         Rule::price_above_cheapest,
         {47 * c, 40 * c, 46 * c}},
        {"this slot is the cheapest",
         at(4'999).prices(Quarters{40} + quarters(4, 60)),
         Action::charge,
         Rule::near_cheapest,
         {40 * c, 40 * c, 46 * c}},
        {"zero",
         TieredHouse(4'000, never).prices(Quarters{0} + quarters(4, 60)),
         Action::charge,
         Rule::near_cheapest,
         {0, 0, 0}},
        {"below zero, near",
         TieredHouse(4'000, never).prices(Quarters{-17, -20, 0, 0, 0}),
         Action::charge,
         Rule::near_cheapest,
         {-17 * c, -20 * c, -17 * c}},
        {"below zero, not near",
         TieredHouse(4'000, never).prices(Quarters{-16, -20, 0, 0, 0}),
         Action::self_use,
         Rule::price_above_cheapest,
         {-16 * c, -20 * c, -17 * c}},
        {"within twelve hours, over midnight",
         later(47),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 40 * c, 46 * c}},
        {"in twelve hours",
         later(48),
         Action::charge,
         Rule::near_cheapest,
         {60 * c, 60 * c, 69 * c}},
        {"less than an hour to compare with",
         at(4'000).prices(quarters(4, 60)),
         Action::self_use,
         Rule::serve_house,
         {}},
    });
  }
}

}  // namespace wattledger::policy
