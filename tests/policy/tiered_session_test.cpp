// Policy `tiered`: its sessions in the upper tier, what holds it, and what a charge says.
#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;
using fb::SessionChange;

constexpr std::int64_t c = 1'000'000;

TieredHouse at(int soc_bp) { return TieredHouse(soc_bp); }

// Cheaper slots are to come within the time that is looked at: neither near nor cheap.
Quarters not_near(std::int64_t now) { return Quarters{now} + quarters(20, now) + Quarters{35}; }
// The last day, of which 40 are the 40th percentile and 80 the 60th.
Quarters half_and_half() { return quarters(48, 40) + quarters(47, 80); }

}  // namespace

TEST_SUITE("policy/tiered sessions") {
  TEST_CASE("truth table: a session begins") {
    const auto house = [](int soc_bp, const Quarters& before, std::int64_t now = 60) {
      return at(soc_bp).before(before).prices(quarters(8, now));
    };
    check({
        {"cheap",
         house(5'000, half_and_half()),
         Action::charge,
         Rule::cheap_price,
         {60 * c, 80 * c}},
        {"not cheap",
         house(5'000, quarters(95, 50)),
         Action::self_use,
         Rule::cheap_price,
         {60 * c, 50 * c}},
        {"cheap for the last day, cheaper to come",
         at(6'000).before(half_and_half()).prices(not_near(60)),
         Action::self_use,
         Rule::price_above_cheapest,
         {60 * c, 35 * c, 40'250'000}},
        {"little of the last day known",
         house(6'000, quarters(8, 50)),
         Action::charge,
         Rule::cheap_price,
         {60 * c, 69 * c}},
        {"enough of it",
         house(6'000, quarters(9, 50)),
         Action::self_use,
         Rule::cheap_price,
         {60 * c, 50 * c}},
        {"just below the highest start",
         house(8'499, half_and_half()),
         Action::charge,
         Rule::cheap_price,
         {60 * c, 80 * c}},
        {"at it",
         house(8'500, half_and_half()),
         Action::self_use,
         Rule::battery_full,
         {8'500, 9'000, 8'500}},
    });
  }

  TEST_CASE("truth table: a session begins not too soon and not too often") {
    const auto house = [](int soc_bp) {
      return at(soc_bp).before(half_and_half()).prices(quarters(8, 60));
    };
    const auto ended = [&](int at_bp, minutes ago) {
      return house(6'000)
          .session(SessionChange::started, 2'000, ago + minutes(10))
          .session(SessionChange::completed, at_bp, ago);
    };
    const auto four = [&](minutes ago) {
      TieredHouse four_times = house(6'000);
      for (int i = 0; i < 4; ++i)
        four_times.session(SessionChange::started, 2'000, ago, std::to_string(i))
            .session(SessionChange::completed, 3'000, ago, std::to_string(i));
      return four_times;
    };
    check({
        {"not used since the last",
         ended(6'999, minutes(60)),
         Action::self_use,
         Rule::recently_full,
         {6'000, 6'999}},
        {"used since the last",
         ended(7'000, minutes(60)),
         Action::charge,
         Rule::cheap_price,
         {60 * c, 80 * c}},
        {"the last was long ago",
         ended(6'999, hours(24)),
         Action::charge,
         Rule::cheap_price,
         {60 * c, 80 * c}},
        {"as many as may be", four(minutes(60)), Action::self_use, Rule::session_limit, {4, 4}},
        {"as many, but yesterday",
         four(hours(15)),
         Action::charge,
         Rule::cheap_price,
         {60 * c, 80 * c}},
    });
  }

  TEST_CASE("truth table: what was charged is kept while it would be charged at this price again") {
    fold::PolicySettings settings = tiered_settings();
    settings.tiered.sessions_max = 0;
    const auto at = [&](int soc_bp) { return TieredHouse(soc_bp, settings); };
    // Charged to 80 % an hour ago: 50 now, dearer later, no sun.
    const auto charged = [&](int soc_bp, Quarters market = quarters(8, 50) + quarters(32, 95)) {
      return at(soc_bp)
          .prices(std::move(market))
          .session(SessionChange::started, 4'000, minutes(100))
          .session(SessionChange::completed, 8'000, minutes(60));
    };
    const auto serves = [](const TieredHouse& house) {
      const fb::DecisionMadeT decision = house.decision();
      return decision.action == Action::self_use && decision.rule != Rule::charge_kept;
    };
    const std::int64_t within = 70 * c;  // no_sun's price
    check({
        {"nearly all of it there",
         charged(7'000),
         Action::hold,
         Rule::charge_kept,
         {7'000, 8'000, 50 * c, within}},
        {"kept, and the price rose a little",
         charged(7'900, quarters(1, 80) + quarters(20, 95) + quarters(4, 50))
             .last(Action::hold, Rule::charge_kept, minutes(60), 7'900),
         Action::hold,
         Rule::charge_kept,
         {7'900, 7'900, 80 * c, within + within * 15 / 100}},
    });
    CHECK(*charged(7'900).decision().until_us == to_us(noon + hours(2)));
    CHECK(serves(charged(6'999)));
    CHECK(serves(charged(7'900, quarters(8, 71) + quarters(20, 95) + quarters(4, 50))));
    CHECK(serves(charged(7'900, quarters(40, 50))));
    CHECK(serves(charged(7'900).sun(1'000, 900)));
    CHECK(serves(charged(7'900).code(2)));
    CHECK(serves(at(7'900).prices(quarters(8, 50) + quarters(32, 95))));
    // The charge that reaches its end is kept at once, without a minute of use between.
    CHECK(at(8'000)
              .prices(quarters(8, 50) + quarters(32, 95))
              .session(SessionChange::started, 4'000, minutes(60))
              .last(Action::charge, Rule::no_sun, minutes(60), 8'000)
              .decision()
              .rule == Rule::charge_kept);
  }

  TEST_CASE("truth table: a session goes on") {
    const auto running = [](int soc_bp, const Quarters& before, std::int64_t now, minutes ago) {
      return at(soc_bp)
          .before(before)
          .prices(quarters(8, now))
          .last(Action::charge, Rule::cheap_price, ago, 9'000);
    };
    check({
        {"young, a spike",
         running(6'000, half_and_half(), 200, minutes(29)),
         Action::charge,
         Rule::session_goes_on,
         {6'000, 9'000}},
        {"no longer young, a spike",
         running(6'000, half_and_half(), 200, minutes(30)),
         Action::self_use,
         Rule::price_too_high,
         {200 * c, 110 * c}},
        {"cheap",
         running(6'000, half_and_half(), 80, minutes(60)),
         Action::charge,
         Rule::session_goes_on,
         {6'000, 9'000}},
        {"no longer cheap",
         running(6'000, quarters(95, 50), 60, minutes(60)),
         Action::self_use,
         Rule::cheap_price,
         {60 * c, 50 * c}},
        {"above the highest start: cheap at any SOC",
         running(8'600, half_and_half(), 40, minutes(60)),
         Action::charge,
         Rule::session_goes_on,
         {8'600, 9'000}},
        {"above the highest start: cheap only below it",
         running(8'600, half_and_half(), 60, minutes(60)),
         Action::self_use,
         Rule::cheap_price,
         {60 * c, 40 * c}},
        {"its target reached, young",
         running(9'000, half_and_half(), 60, minutes(20)),
         Action::self_use,
         Rule::battery_full,
         {9'000, 9'000}},
        {"by the meter it began in the upper tier",
         at(6'000)
             .before(quarters(95, 50))
             .prices(quarters(8, 60))
             .session(SessionChange::started, 5'500, minutes(60))
             .last(Action::charge, Rule::anti_flap, minutes(60), 9'000),
         Action::self_use,
         Rule::cheap_price,
         {60 * c, 50 * c}},
        {"by the meter it began in the lower tier",
         at(6'000)
             .before(quarters(95, 50))
             .prices(quarters(8, 60))
             .session(SessionChange::started, 3'500, minutes(60))
             .last(Action::charge, Rule::charge_goes_on, minutes(60), 9'000),
         Action::charge,
         Rule::charge_goes_on,
         {60 * c, 110 * c}},
    });
  }

  TEST_CASE("a session stands to its age, and ends at the target whatever was wished before") {
    fold::PolicySettings settings = tiered_settings();
    settings.tiered.session_min = hours(2);
    const auto young = [&](int soc_bp) {
      return TieredHouse(soc_bp, settings)
          .prices(quarters(20, 200))
          .last(Action::charge, Rule::cheap_price, minutes(20), 10'000)
          .decision();
    };
    CHECK(young(8'000).until_us == to_us(noon + minutes(90)));  // the last slot that begins young
    CHECK(young(8'000).target_soc_bp == 9'000);
    CHECK(young(9'000).rule == Rule::battery_full);
  }

  TEST_CASE("truth table: anti-flap holds what the policy began") {
    const auto charging = [](minutes ago) {
      return at(4'000).prices(not_near(111)).last(Action::charge, Rule::near_cheapest, ago, 7'000);
    };
    const auto serving = [](minutes ago) {
      return at(4'000)
          .prices(quarters(8, 40))
          .last(Action::self_use, Rule::price_above_cheapest, ago);
    };
    check({
        {"a charge ends no sooner",
         charging(minutes(10)),
         Action::charge,
         Rule::anti_flap,
         {600, 900}},
        {"then it ends",
         charging(minutes(15)),
         Action::self_use,
         Rule::price_too_high,
         {111 * c, 110 * c}},
        {"a charge begins no sooner",
         serving(minutes(10)),
         Action::self_use,
         Rule::anti_flap,
         {600, 900}},
        {"then it begins",
         serving(minutes(15)),
         Action::charge,
         Rule::near_cheapest,
         {40 * c, 40 * c, 46 * c}},
        {"not beyond its target",
         at(7'000)
             .prices(not_near(111))
             .last(Action::charge, Rule::near_cheapest, minutes(10), 7'000),
         Action::self_use,
         Rule::price_too_high,
         {111 * c, 110 * c}},
    });
    CHECK(charging(minutes(10)).decision().target_soc_bp == 7'000);
    CHECK(charging(minutes(10)).decision().until_us == to_us(noon + minutes(5)));
  }

  TEST_CASE("a charge says how much, how far, how long, and what it should cost") {
    const auto decision =
        at(4'000).prices(quarters(6, 40) + quarters(30, 120)).decision(minutes(2));
    CHECK(decision.rule == Rule::before_peak);
    CHECK(decision.power_w == 5'000);
    CHECK(decision.target_soc_bp == 9'000);
    CHECK(decision.until_us == to_us(noon + minutes(75)));  // 5 kWh at 5 kW, to a slot's end
    CHECK(decision.price_e8 == 40 * c);
    CHECK(decision.expected_energy_mwh == 1'083'333);
    CHECK(decision.expected_cost_e8 == 43'333'320);
    CHECK(decision.expected_saving_e8 == 72'222'199);  // against the mean of 1.06667
    CHECK_FALSE(decide(at(4'000).prices({40}).state(), noon).plan.has_value());
    const auto spike = at(2'000).prices(quarters(2, 40) + quarters(30, 120)).decision();
    CHECK(spike.until_us == to_us(noon + minutes(30)));
  }

  TEST_CASE("the largest and poorest battery that settings may describe is charged on and on") {
    fold::PolicySettings settings = tiered_settings();
    settings.battery_capacity = MilliwattHours(1'000'000'000'000);
    settings.charge_efficiency = BasisPoints(1);
    settings.charge_power_max = Watts(1);
    const auto decision = TieredHouse(4'000, settings).prices(quarters(40, 40)).decision();
    CHECK(decision.rule == Rule::near_cheapest);
    CHECK(decision.until_us == to_us(noon + hours(10)));
    CHECK(decision.expected_energy_mwh == 250);
  }

  TEST_CASE("the connection's limit leaves less power, in whole steps") {
    fold::PolicySettings settings = tiered_settings();
    settings.import_max = Watts(4'000);
    const auto power = [&](int pv_w, int load_w) {
      return TieredHouse(4'000, settings).prices({20}).sun(pv_w, load_w).decision().power_w;
    };
    CHECK(power(0, 0) == 4'000);
    CHECK(power(0, 1) == 3'500);
    CHECK(power(700, 1'600) == 3'000);
    CHECK(power(900, 300) == 4'000);
    const auto none = TieredHouse(4'000, settings).prices({20}).sun(0, 3'501).decision();
    CHECK(none.action == Action::self_use);
    CHECK(none.rule == Rule::connection_limit);
    CHECK(tried(none, Rule::connection_limit)->numbers == std::vector<std::int64_t>{4'000, 3'501});
    CHECK(tried(none, Rule::super_cheap)->outcome == fb::Outcome::rejected);
    // Nor is what was charged kept while the house draws more than the connection bears.
    const auto kept = [&](int load_w) {
      return TieredHouse(9'000, settings)
          .prices(quarters(4, 41) + quarters(8, 105))
          .session(fb::SessionChange::started, 8'000, minutes(60))
          .session(fb::SessionChange::completed, 9'000, minutes(30))
          .sun(0, load_w)
          .decision();
    };
    CHECK(kept(1'000).rule == Rule::charge_kept);
    CHECK(kept(4'001).action == Action::self_use);
    // Where none would charge, it is not the connection.
    CHECK(TieredHouse(9'500, settings).prices({60}).sun(0, 3'501).decision().rule ==
          Rule::battery_full);
    settings.policy = "cheapest";
    CHECK(TieredHouse(4'000, settings).prices({20, 90}).sun(0, 1).decision().power_w == 3'500);
    const auto cheapest = TieredHouse(4'000, settings).prices({20, 90}).sun(0, 3'501).decision();
    CHECK(cheapest.action == Action::self_use);
    CHECK(cheapest.rule == Rule::connection_limit);
    CHECK(TieredHouse(4'000, settings).prices({90, 20}).sun(0, 3'501).decision().rule ==
          Rule::serve_house);
  }
}

}  // namespace wattledger::policy
