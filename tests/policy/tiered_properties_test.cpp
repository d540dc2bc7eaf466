// What holds of policy `tiered` for any house: drawn ones, each judged at several levels of the
// battery with all else equal. RC_PARAMS=max_success=20000 looks at more of them.
#include <rapidcheck.h>

#include "coordinator/policy/price_slots.hpp"
#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;
using fb::SessionChange;

// At rapidcheck's full size from the first draw on: small houses are not the interesting ones.
int draw(int low, int high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(low, high + 1));
}
bool one_in(int n) { return draw(1, n) == 1; }

fold::PolicySettings draw_settings() {
  fold::PolicySettings settings = selling_settings();
  settings.selling.enabled = !one_in(4);
  if (one_in(2)) settings.tariff_zones = fold::g12_zones();
  if (one_in(3)) settings.charge_efficiency = BasisPoints(draw(7'000, 10'000));
  if (one_in(3)) settings.discharge_efficiency = BasisPoints(draw(7'000, 10'000));
  if (one_in(3)) settings.battery_capacity = MilliwattHours(draw(1, 30) * 1'000'000LL);
  if (one_in(3)) settings.charge_power_max = Watts(draw(0, 12'000));
  if (one_in(3)) settings.soc_max = BasisPoints(draw(9'000, 10'000));
  if (one_in(3)) settings.load_default_day = MilliwattHours(draw(0, 30) * 1'000'000LL);
  if (one_in(4)) settings.export_max = Watts(draw(0, 4'000));
  if (one_in(4)) settings.import_max = Watts(draw(0, 8'000));
  if (one_in(3)) settings.selling.start = BasisPoints(draw(3'000, 9'000));
  if (one_in(3)) settings.selling.floor = BasisPoints(draw(0, 7'000));
  if (one_in(3)) settings.selling.over_median = BasisPoints(draw(0, 15'000));
  fold::TieredSettings& tiers = settings.tiered;
  if (one_in(4)) tiers.middle = BasisPoints(draw(1'000, 9'000));
  if (one_in(4)) tiers.critical = BasisPoints(draw(0, 3'000));
  if (one_in(4)) tiers.no_sun_below = BasisPoints(draw(1'000, 10'000));
  if (one_in(4)) tiers.session_start_below = BasisPoints(draw(4'000, 10'000));
  if (one_in(4)) tiers.price_high = PriceE8(draw(20, 150) * 1'000'000LL);
  if (one_in(4)) tiers.price_critical = PriceE8(draw(20, 150) * 1'000'000LL);
  return settings;
}

Quarters draw_walk(int count) {
  Quarters values;
  std::int64_t price = draw(-10, 130);
  for (int i = 0; i < count; ++i) {
    price = std::clamp<std::int64_t>(price + draw(-20, 20), -40, 220);
    values.push_back(price);
  }
  return values;
}

std::vector<std::int64_t> draw_watts() {
  std::vector<std::int64_t> watts;
  for (int i = 0; i < 12; ++i) watts.push_back(one_in(2) ? 0 : draw(0, 4'000));
  return watts;
}

void draw_past(TieredHouse& house) {
  constexpr Rule charged[] = {Rule::near_cheapest,   Rule::cheap_price,   Rule::session_goes_on,
                              Rule::critical_charge, Rule::super_cheap,   Rule::anti_flap,
                              Rule::charge_goes_on,  Rule::cheapest_slots};
  if (one_in(3))
    house.session(SessionChange::started, draw(0, 9'000), minutes(draw(200, 400)), "before")
        .session(SessionChange::completed, draw(0, 10'000), minutes(draw(60, 199)), "before");
  const int ago = draw(0, 50);
  switch (draw(0, 3)) {
    case 0:
      if (one_in(2)) house.session(SessionChange::started, draw(0, 9'000), minutes(ago));
      house.last(Action::charge, charged[draw(0, 7)], minutes(ago), draw(1'000, 10'000));
      break;
    case 1:
      if (one_in(2)) house.sale(SessionChange::started, draw(3'000, 10'000), minutes(ago));
      house.last(Action::sell, Rule::sale, minutes(ago), draw(1'000, 9'000));
      break;
    case 2:
      house.last(Action::self_use, Rule::price_above_cheapest, minutes(ago));
      break;
    default:
      break;
  }
}

// All of a house but its SOC.
TieredHouse draw_house() {
  TieredHouse house(std::nullopt, draw_settings());
  if (!one_in(4)) house.before(draw_walk(draw(1, 96)));
  if (!one_in(12)) house.prices(draw_walk(draw(1, 60)));
  if (!one_in(3)) house.sun(one_in(2) ? 0 : draw(0, 5'000), draw(0, 3'000));
  if (one_in(2)) house.pv_forecast(draw_watts());
  if (one_in(2)) house.load_forecast(draw_watts());
  if (one_in(3)) house.code(draw(0, 3));
  draw_past(house);
  return house;
}

fb::DecisionMadeT judged(const fold::State& house, int soc_bp, seconds after = seconds(0)) {
  fold::State state = house;
  state.reading->soc = BasisPoints(soc_bp);
  return decide(state, noon + after).decision;
}

}  // namespace

TEST_SUITE("policy/tiered properties") {
  TEST_CASE("never charged at or above the target or the most, never sold at or below the floor") {
    CHECK(rc::check([] {
      const fold::State house = draw_house().state();
      const fold::PolicySettings& settings = house.policy->settings;
      const int soc_bp = draw(0, 10'000);
      const fb::DecisionMadeT decision = judged(house, soc_bp);
      if (decision.action == Action::charge) {
        RC_ASSERT(soc_bp < *decision.target_soc_bp);
        RC_ASSERT(BasisPoints(*decision.target_soc_bp) <= settings.soc_max);
        RC_ASSERT(Watts(*decision.power_w) <= settings.charge_power_max);
      }
      if (decision.action == Action::sell) {
        RC_ASSERT(soc_bp > *decision.target_soc_bp);
        RC_ASSERT(BasisPoints(*decision.target_soc_bp) >= settings.selling.floor);
        RC_ASSERT(BasisPoints(*decision.target_soc_bp) >= settings.soc_min);
        RC_ASSERT(BasisPoints(soc_bp - *decision.target_soc_bp) <= settings.selling.session_max);
        RC_ASSERT(BasisPoints(soc_bp - *decision.target_soc_bp) <= settings.selling.day_max);
        RC_ASSERT(*decision.power_w > 0);
        RC_ASSERT(Watts(*decision.power_w) <= settings.export_max);
        RC_ASSERT(Watts(*decision.power_w) <= settings.discharge_power_max);
      }
    }));
  }

  TEST_CASE("one rule decides, it is the last looked at, and a forced mode ends ahead of now") {
    CHECK(rc::check([] {
      const auto after = seconds(draw(0, 180));
      const fb::DecisionMadeT decision = judged(draw_house().state(), draw(0, 10'000), after);
      int chosen = 0;
      for (const auto& each : decision.tried)
        if (each->outcome == fb::Outcome::chosen) ++chosen;
      RC_ASSERT(chosen == 1);
      RC_ASSERT(decision.tried.back()->rule == decision.rule);
      RC_ASSERT(decision.tried.back()->outcome == fb::Outcome::chosen);
      const bool forced = decision.action != Action::self_use && decision.action != Action::stop;
      RC_ASSERT(decision.until_us.has_value() == forced);
      if (forced) RC_ASSERT(*decision.until_us > to_us(noon + after));
    }));
  }

  TEST_CASE("an unknown SOC never acts, and neither does what was read too long ago") {
    CHECK(rc::check([] {
      fold::State house = draw_house().state();
      const fb::DecisionMadeT stale = judged(house, draw(0, 10'000), seconds(181));
      RC_ASSERT(stale.action == Action::self_use);
      RC_ASSERT(stale.rule == Rule::data_stale);
      house.reading->soc.reset();
      const fb::DecisionMadeT unknown = decide(house, noon).decision;
      RC_ASSERT(unknown.action == Action::self_use);
      RC_ASSERT(unknown.rule == Rule::data_missing);
    }));
  }

  TEST_CASE("more SOC never makes it charge more, all else equal") {
    CHECK(rc::check([] {
      const fold::State house = draw_house().state();
      const int full_bp = draw(1, 10'000);
      if (judged(house, full_bp).action != Action::charge) return;
      for (int i = 0; i < 4; ++i) {
        const int soc_bp = draw(0, full_bp);
        const fb::DecisionMadeT emptier = judged(house, soc_bp);
        RC_LOG() << full_bp << " charges, " << soc_bp << ": " << fb::EnumNameRule(emptier.rule)
                 << "\n";
        RC_ASSERT(emptier.action == Action::charge);
      }
    }));
  }

  TEST_CASE("but where an owner lets charges before the evening begin at a SOC alone") {
    fold::PolicySettings settings = tiered_settings();
    settings.tiered.before_peak_from = BasisPoints(2'000);
    const auto house = [&](int soc_bp) {
      return TieredHouse(soc_bp, settings)
          .prices(quarters(12, 60) + quarters(20, 70) + Quarters{60, 35})
          .decision()
          .action;
    };
    CHECK(house(1'999) == Action::self_use);
    CHECK(house(2'000) == Action::charge);
  }

  TEST_CASE("the same state gives the same bytes, and what was decided stands a moment later") {
    CHECK(rc::check([] {
      fold::State house = draw_house().state();
      house.reading->soc = BasisPoints(draw(0, 10'000));
      const fb::DecisionMadeT decision = decide(house, noon).decision;
      RC_ASSERT(canonical_bytes(decision) == canonical_bytes(decide(house, noon).decision));
      fold::LastDecision last;
      last.at = noon;
      last.since = house.decision && house.decision->action == decision.action
                       ? house.decision->since
                       : noon;
      last.action = decision.action;
      last.rule = decision.rule;
      if (decision.target_soc_bp) last.target_soc = BasisPoints(*decision.target_soc_bp);
      if (decision.until_us) last.until = utc_from_us(*decision.until_us);
      house.decision = last;
      const fb::DecisionMadeT again = decide(house, noon + seconds(10)).decision;
      RC_LOG() << fb::EnumNameRule(decision.rule) << ", then " << fb::EnumNameRule(again.rule)
               << "\n";
      RC_ASSERT(again.action == decision.action);
    }));
  }

  TEST_CASE("in another currency, all prices ten times as high, it decides the same") {
    CHECK(rc::check([] {
      const fold::State house = draw_house().state();
      fold::State dear = house;
      fold::PolicySettings& settings = dear.policy->settings;
      for (fold::PriceSlot& each : dear.prices) each.market = each.market * 10;
      for (fold::TariffZone& each : settings.tariff_zones) each.price = each.price * 10;
      for (PriceE8* each :
           {&settings.wear, &settings.selling.price_min, &settings.tiered.price_high,
            &settings.tiered.price_critical, &settings.tiered.no_sun_price,
            &settings.tiered.before_peak_price, &settings.tiered.super_cheap})
        *each = *each * 10;
      const int soc_bp = draw(0, 10'000);
      const fb::DecisionMadeT decision = judged(house, soc_bp);
      const fb::DecisionMadeT other = judged(dear, soc_bp);
      RC_ASSERT(other.action == decision.action);
      RC_ASSERT(other.rule == decision.rule);
      RC_ASSERT(other.until_us == decision.until_us);
    }));
  }
}

}  // namespace wattledger::policy
