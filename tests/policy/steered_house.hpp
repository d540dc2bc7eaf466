// A house that is steered, and whose log takes what is due about sessions, as the daemon's does.
#pragma once

#include "coordinator/policy/session_changes.hpp"
#include "tests/policy/judged_house.hpp"

namespace wattledger::testing {

inline fb::ReadingRecordedT metered(int soc_bp, int battery_w, std::int64_t wh) {
  fb::ReadingRecordedT fact = reading(soc_bp);
  fact.battery_power_w = battery_w;
  fact.grid_power_w = battery_w;
  fact.battery_charge_total_mwh = wh * 1000;
  fact.import_total_mwh = wh * 1000;
  fact.battery_discharge_total_mwh = wh * 1000;
  fact.export_total_mwh = wh * 1000;
  return fact;
}

// A house whose log takes what is due, as the daemon's does.
class SteeredHouse : public ToldHouse {
 public:
  explicit SteeredHouse(fb::ControlMode control = fb::ControlMode::on) {
    fb::CoordinatorStartedT started;
    started.control_mode = control;
    tell(noon, warsaw())
        .tell(noon, adopted(plain_settings()))
        .tell(noon, prices(series(noon, {100'000'000, 200'000'000, 100'000'000})))
        .tell(noon, started);
  }
  SteeredHouse& decide(UtcTime at, fb::Action action, std::optional<UtcTime> until = {},
                       fb::Rule rule = fb::Rule::cheapest_slots, int target_bp = 9'000) {
    fb::DecisionMadeT decision = decided(action, rule);
    if (until) {
      decision.until_us = to_us(*until);
      decision.target_soc_bp = static_cast<std::uint16_t>(target_bp);
      decision.power_w = 5'000;
    }
    tell(at, decision);
    return *this;
  }
  SteeredHouse& command(UtcTime at, fb::InverterMode mode, std::optional<UtcTime> until = {}) {
    fb::CommandIssuedT issued;
    issued.mode = mode;
    fb::CommandConfirmedT confirmed;
    confirmed.mode = mode;
    if (until) confirmed.until_us = to_us(*until);
    tell(at, issued).tell(at, confirmed);
    return *this;
  }
  SteeredHouse& read(UtcTime at, int soc_bp, int battery_w, std::int64_t wh) {
    tell(at, metered(soc_bp, battery_w, wh));
    return *this;
  }
  // Records what is due, plan and all; returns what was told of charges and sales.
  std::vector<fb::ChargingSessionChangedT> charges(UtcTime at) { return settle(at).charges; }
  std::vector<fb::SellingSessionChangedT> sales(UtcTime at) { return settle(at).sales; }
  std::vector<fb::DailyPlanChangedT> plans(UtcTime at) { return settle(at).plans; }
  // The only thing told, about a charge.
  fb::ChargingSessionChangedT charge(UtcTime at) {
    auto all = charges(at);
    REQUIRE(all.size() == 1);
    return all.front();
  }

  // Charging since noon, by a decision until 12:30 and with a reading at noon.
  static SteeredHouse charging() {
    SteeredHouse house;
    house.decide(noon, fb::Action::charge, noon + minutes(30))
        .command(noon, fb::InverterMode::charge, noon + minutes(30))
        .read(noon, 5'000, -5'000, 10'000);
    CHECK(house.charge(noon).change == fb::SessionChange::started);
    return house;
  }

 private:
  struct Told {
    std::vector<fb::ChargingSessionChangedT> charges;
    std::vector<fb::SellingSessionChangedT> sales;
    std::vector<fb::DailyPlanChangedT> plans;
  };
  Told settle(UtcTime at) {
    Told told;
    for (int looks = 0;; ++looks) {
      REQUIRE(looks < 4);
      const std::vector<fb::EventT> due = policy::look_at_sessions(state(), at);
      if (due.empty()) return told;
      for (const fb::EventT& each : due) {
        CHECK(each.cause.value_or(0) <= last().value);
        if (const auto* charge = each.fact.AsChargingSessionChanged()) {
          told.charges.push_back(*charge);
          tell(at, *charge);
        } else if (const auto* sale = each.fact.AsSellingSessionChanged()) {
          told.sales.push_back(*sale);
          tell(at, *sale);
        } else if (const auto* plan = each.fact.AsDailyPlanChanged()) {
          told.plans.push_back(*plan);
          tell(at, *plan);
        } else {
          FAIL("something else is told");
        }
      }
    }
  }
};

inline fb::PlanAdoptedT plan_of(UtcTime start, const std::string& slots) {
  fb::PlanAdoptedT plan;
  plan.policy = "cheapest";
  plan.start_us = to_us(start);
  plan.step_s = 900;
  for (const char slot : slots) {
    plan.actions.push_back(slot == 'c'   ? fb::Action::charge
                           : slot == 's' ? fb::Action::sell
                                         : fb::Action::self_use);
    plan.battery_power_w.push_back(slot == 'c' ? -4'000 : slot == 's' ? 2'000 : 0);
  }
  return plan;
}

}  // namespace wattledger::testing
