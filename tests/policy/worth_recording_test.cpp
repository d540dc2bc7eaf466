// Which judgements become records: truth table over one that was recorded at the slot's beginning.
#include "coordinator/policy/worth_recording.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

constexpr std::int64_t slot_s = 900;

fold::State after(fb::Action action) {
  fold::State state;
  state.policy.emplace();
  fold::LastDecision& last = state.decision.emplace();
  last.at = at_s(0);
  last.action = action;
  last.rule = fb::Rule::planned;
  last.power = Watts(3'000);
  last.target_soc = BasisPoints(8'000);
  last.until = at_s(3'600);
  return state;
}

fb::DecisionMadeT the_same(fb::Action action) {
  fb::DecisionMadeT decision;
  decision.action = action;
  decision.rule = fb::Rule::planned;
  decision.power_w = 3'000;
  decision.target_soc_bp = std::uint16_t{8'000};
  decision.until_us = to_us(at_s(3'600));
  return decision;
}

struct Row {
  const char* name;
  fb::Action action;
  std::int64_t second;
  std::function<void(fb::DecisionMadeT&)> change;
  bool worth;
};

}  // namespace

TEST_SUITE("policy/worth recording") {
  TEST_CASE("a judgement is recorded in a new slot, and where it says something else") {
    using fb::Action;
    const auto nothing = [](fb::DecisionMadeT&) {};
    const auto later = [](fb::DecisionMadeT& d) { d.until_us = to_us(at_s(4'500)); };
    const std::vector<Row> rows = {
        {"the same in the same slot", Action::charge, 600, nothing, false},
        {"the same in the next slot", Action::charge, slot_s, nothing, true},
        {"another action", Action::charge, 600,
         [](fb::DecisionMadeT& d) { d.action = Action::self_use; }, true},
        {"another rule", Action::charge, 600,
         [](fb::DecisionMadeT& d) { d.rule = fb::Rule::plan_kept; }, true},
        {"another power", Action::charge, 600, [](fb::DecisionMadeT& d) { d.power_w = 2'999; },
         true},
        {"no power", Action::charge, 600,
         [](fb::DecisionMadeT& d) { d.power_w = flatbuffers::nullopt; }, true},
        {"another target", Action::charge, 600,
         [](fb::DecisionMadeT& d) { d.target_soc_bp = std::uint16_t{8'100}; }, true},
        {"a hold keeps the target that it began with", Action::hold, 600,
         [](fb::DecisionMadeT& d) { d.target_soc_bp = std::uint16_t{8'100}; }, false},
        {"a later end, long before the old one", Action::charge, 600, later, false},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      fb::DecisionMadeT decision = the_same(row.action);
      row.change(decision);
      CHECK(policy::worth_recording(after(row.action), decision, at_s(row.second)) == row.worth);
    }
    CHECK(policy::worth_recording(fold::State{}, the_same(Action::hold), at_s(0)));
  }

  TEST_CASE("a forced mode is renewed when less than a slot of it is left") {
    fold::State state = after(fb::Action::charge);
    state.decision->until = at_s(slot_s + 300);
    fb::DecisionMadeT decision = the_same(fb::Action::charge);
    CHECK_FALSE(policy::worth_recording(state, decision, at_s(300)));
    CHECK(policy::worth_recording(state, decision, at_s(301)));
    decision.until_us = to_us(at_s(slot_s + 300));  // no later end than the inverter has
    CHECK_FALSE(policy::worth_recording(state, decision, at_s(301)));
  }
}
