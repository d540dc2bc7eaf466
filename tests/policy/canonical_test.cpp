// The canonical encoding of a decision, plans and when they are news, and that deciding is a
// function.
#include <functional>
#include <limits>
#include <set>

#include "tests/policy/judged_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;

fb::DecisionMadeT full_decision() {
  fb::DecisionMadeT d = decided(Action::charge, Rule::cheapest_slots);
  d.power_w = 1;
  d.target_soc_bp = 2;
  d.until_us = 3;
  d.expected_cost_e8 = 4;
  d.expected_saving_e8 = 5;
  d.expected_energy_mwh = 6;
  d.price_e8 = 7;
  d.based_on = 8;
  d.policy_digest = std::make_unique<fb::Digest256>(1, 2, 3, 4);
  d.engine_revision = 9;
  d.state_digest = std::make_unique<fb::Digest256>(5, 6, 7, 8);
  d.control_mode = fb::ControlMode::advise;
  d.plan = 10;
  for (const Rule rule : {Rule::data_missing, Rule::cheapest_slots}) {
    auto tried = std::make_unique<fb::TriedRuleT>();
    tried->rule = rule;
    tried->outcome = fb::Outcome::rejected;
    tried->numbers = {1, 2};
    d.tried.push_back(std::move(tried));
  }
  return d;
}

struct Mutation {
  const char* field;
  std::function<void(fb::DecisionMadeT&)> change;
};

std::vector<Mutation> mutations() {
  using D = fb::DecisionMadeT;
  const auto digest = [](std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
    return std::make_unique<fb::Digest256>(a, b, c, d);
  };
  return {
      {"action", [](D& d) { d.action = Action::hold; }},
      {"power_w", [](D& d) { d.power_w = -1; }},
      {"power_w none", [](D& d) { d.power_w.reset(); }},
      {"power_w zero", [](D& d) { d.power_w = 0; }},
      {"target_soc_bp", [](D& d) { d.target_soc_bp = 99; }},
      {"target_soc_bp none", [](D& d) { d.target_soc_bp.reset(); }},
      {"until_us", [](D& d) { d.until_us = 99; }},
      {"until_us none", [](D& d) { d.until_us.reset(); }},
      {"rule", [](D& d) { d.rule = Rule::serve_house; }},
      {"tried none", [](D& d) { d.tried.clear(); }},
      {"tried fewer", [](D& d) { d.tried.pop_back(); }},
      {"tried order", [](D& d) { std::swap(d.tried[0], d.tried[1]); }},
      {"tried.rule", [](D& d) { d.tried[1]->rule = Rule::no_price; }},
      {"tried.outcome", [](D& d) { d.tried[1]->outcome = fb::Outcome::chosen; }},
      {"tried.numbers", [](D& d) { d.tried[1]->numbers[1] = 99; }},
      {"tried.numbers fewer", [](D& d) { d.tried[1]->numbers.pop_back(); }},
      {"expected_cost_e8", [](D& d) { d.expected_cost_e8 = 99; }},
      {"expected_saving_e8", [](D& d) { d.expected_saving_e8 = 99; }},
      {"expected_energy_mwh", [](D& d) { d.expected_energy_mwh = 99; }},
      {"price_e8", [](D& d) { d.price_e8 = 99; }},
      {"price_e8 none", [](D& d) { d.price_e8.reset(); }},
      {"based_on", [](D& d) { d.based_on = 99; }},
      {"policy_digest a", [=](D& d) { d.policy_digest = digest(9, 2, 3, 4); }},
      {"policy_digest b", [=](D& d) { d.policy_digest = digest(1, 9, 3, 4); }},
      {"policy_digest c", [=](D& d) { d.policy_digest = digest(1, 2, 9, 4); }},
      {"policy_digest d", [=](D& d) { d.policy_digest = digest(1, 2, 3, 9); }},
      {"policy_digest none", [](D& d) { d.policy_digest.reset(); }},
      {"engine_revision", [](D& d) { d.engine_revision = 99; }},
      {"state_digest", [=](D& d) { d.state_digest = digest(5, 6, 7, 9); }},
      {"state_digest none", [](D& d) { d.state_digest.reset(); }},
      {"control_mode", [](D& d) { d.control_mode = fb::ControlMode::on; }},
  };
}

fb::PlanAdoptedT plan_of(UtcTime start, std::vector<Action> actions) {
  fb::PlanAdoptedT plan;
  plan.start_us = to_us(start);
  plan.step_s = 900;
  for (const Action action : actions)
    plan.battery_power_w.push_back(action == Action::charge ? -5'000 : 0);
  plan.actions = std::move(actions);
  return plan;
}

fold::LastPlan last_of(UtcTime start, std::vector<Action> actions) {
  ToldHouse house;
  house.tell(noon, plan_of(start, std::move(actions)));
  return *house.state().plan;
}

}  // namespace

TEST_SUITE("policy/canonical bytes") {
  TEST_CASE("every field but the plan changes the bytes, and no two alike") {
    const auto original = canonical_bytes(full_decision());
    std::set<std::vector<std::byte>> seen = {original};
    for (const Mutation& each : mutations()) {
      fb::DecisionMadeT changed = full_decision();
      each.change(changed);
      CHECK_MESSAGE(seen.insert(canonical_bytes(changed)).second, each.field);
    }
    fb::DecisionMadeT planned = full_decision();
    planned.plan.reset();
    CHECK(canonical_bytes(planned) == original);
    // 16 fields in the schema: when one is added, add its rows above.
    CHECK(fb::DecisionMadeTypeTable()->num_elems == 16);
    CHECK(fb::TriedRuleTypeTable()->num_elems == 3);
  }
}

TEST_SUITE("policy/decide") {
  TEST_CASE("deciding twice gives equal bytes and leaves the state alone") {
    ToldHouse house = house_at(5'000);
    house.tell(noon, prices(series(noon, {10, 20, 30, 90})));
    const fold::State before = house.state();
    const Judgement first = decide(house.state(), noon);
    const Judgement second = decide(house.state(), noon);
    CHECK(canonical_bytes(first.decision) == canonical_bytes(second.decision));
    CHECK(*first.plan == *second.plan);
    CHECK(house.state() == before);
  }

  TEST_CASE("the log's copy of a decision has the same canonical bytes") {
    ToldHouse house = house_at(5'000);
    house.tell(noon, prices(series(noon, {10, 20, 30, 90})));
    const Judgement judged = decide(house.state(), noon);
    const auto encoded = encode(event(noon, judged.decision));
    REQUIRE(encoded.has_value());
    const auto view = decode(encoded->kind(), encoded->bytes());
    REQUIRE(view.has_value());
    const fb::EventT copy = view->unpack();
    CHECK(canonical_bytes(*copy.fact.AsDecisionMade()) == canonical_bytes(judged.decision));
  }
}

TEST_SUITE("policy/plan") {
  TEST_CASE("a plan covers the prices without a gap and ends at its target") {
    ToldHouse house = house_at(7'500);
    house.tell(noon, prices(series(noon, {10, 90, 20, 95, 50, 60}, 900, {4})));
    const auto plan = decide(house.state(), noon + minutes(3)).plan;
    REQUIRE(plan.has_value());
    CHECK(plan->policy == "cheapest");
    CHECK(plan->start_us == to_us(noon));
    CHECK(plan->step_s == 900);
    CHECK(plan->actions ==
          std::vector<Action>{Action::charge, Action::self_use, Action::charge, Action::self_use});
    CHECK(plan->battery_power_w == std::vector<std::int32_t>{-5'000, 0, -5'000, 0});
    // 12 minutes at 5 kW are 1 kWh, the rest comes in the third slot.
    CHECK(plan->soc_end_bp == std::vector<std::uint16_t>{8'500, 8'500, 9'000, 9'000});
    CHECK(plan->price_e8 == std::vector<std::int64_t>{10, 90, 20, 95});
    CHECK(plan->expected_cost_e8 == 20);  // 1 kWh at 10, 0.5 kWh at 20
  }

  TEST_CASE("a plan is news when something else is to happen") {
    const Action c = Action::charge;
    const Action s = Action::self_use;
    const auto last = last_of(noon, {c, c, s, s});
    CHECK(plan_differs(plan_of(noon, {c, c, s, s}), std::nullopt));
    CHECK_FALSE(plan_differs(plan_of(noon, {c, c, s, s}), last));
    CHECK_FALSE(plan_differs(plan_of(noon + minutes(15), {c, s, s, s, s}), last));
    CHECK_FALSE(plan_differs(plan_of(noon + hours(5), {s, s}), last));
    CHECK(plan_differs(plan_of(noon, {c, s, s, s}), last));
    CHECK(plan_differs(plan_of(noon, {c}), last));
    CHECK_FALSE(plan_differs(plan_of(noon, {c, c}), last));
    CHECK(plan_differs(plan_of(noon + minutes(15), {c, s, s, c}), last));
    CHECK(plan_differs(plan_of(noon + hours(5), {c}), last));
    CHECK(plan_differs(plan_of(noon - minutes(15), {s, c, c, s, s}), last));
    CHECK(plan_differs(plan_of(noon + minutes(5), {c, c, s, s}), last));
    fb::PlanAdoptedT gentler = plan_of(noon, {c, c, s, s});
    gentler.battery_power_w[1] = -3'000;
    CHECK(plan_differs(gentler, last));
    fb::PlanAdoptedT longer = plan_of(noon, {c, c, s, s});
    longer.step_s = 1'800;
    CHECK(plan_differs(longer, last));
  }

  TEST_CASE("plans that make no sense are compared without harm") {
    fb::PlanAdoptedT none;
    CHECK(plan_differs(none, last_of(noon, {})));
    fb::PlanAdoptedT far = plan_of(noon, {Action::charge});
    far.start_us = std::numeric_limits<std::int64_t>::max();
    CHECK(plan_differs(far, last_of(noon, {Action::charge})));
    far.start_us = std::numeric_limits<std::int64_t>::min();
    CHECK(plan_differs(far, last_of(noon, {Action::charge})));
    fb::PlanAdoptedT short_of_powers = plan_of(noon, {Action::charge, Action::charge});
    short_of_powers.battery_power_w.clear();
    CHECK(plan_differs(short_of_powers, last_of(noon, {Action::charge, Action::charge})));
  }
}

}  // namespace wattledger::policy
