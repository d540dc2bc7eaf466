// What the sentences of policy optimal say: the price now against the worth of a stored kWh.
#include <doctest/doctest.h>

#include "projections/fold/legacy_rows.hpp"

using namespace wattledger;

namespace {

fb::DecisionMadeT decided(fb::Action action, fb::Rule rule, std::int64_t price,
                          std::vector<std::int64_t> numbers) {
  fb::DecisionMadeT decision;
  decision.action = action;
  decision.rule = rule;
  decision.price_e8 = price;
  auto tried = std::make_unique<fb::TriedRuleT>();
  tried->rule = rule;
  tried->outcome = fb::Outcome::chosen;
  tried->numbers = std::move(numbers);
  decision.tried.push_back(std::move(tried));
  return decision;
}

}  // namespace

TEST_SUITE("fold/plan reason") {
  TEST_CASE("a plan is told by the price, what a stored kWh is worth, and what the plan saves") {
    CHECK(
        fold::reason_text(decided(fb::Action::self_use, fb::Rule::planned, 60'000'000,
                                  {50'000'000, 54'740'000, 21'050'000, 43'200})) ==
        "Serving the house: 0.6000 per kWh now, and a stored kWh is worth 0.2105, in a plan for 12 "
        "h that saves 0.5474 against serving the house alone.");
  }

  TEST_CASE("a hold says that the price is lower only where it is") {
    CHECK(fold::reason_text(decided(fb::Action::hold, fb::Rule::plan_kept, 52'000'000,
                                    {2'890'000, 10'000'000, 54'740'000})) ==
          "Holding the battery: 0.5200 per kWh now costs less than the 0.5474 that a stored kWh is "
          "worth later, as planned (a new plan would gain 0.0289, less than 0.1000).");
    CHECK(
        fold::reason_text(decided(fb::Action::hold, fb::Rule::plan_kept, 62'980'000,
                                  {-7'410'000, 10'000'000, 54'830'000})) ==
        "Holding the battery: 0.6298 per kWh now, and a stored kWh is worth 0.5483, as planned (a "
        "new plan would gain nothing).");
  }

  TEST_CASE("a decision that stands within its slot has a shorter sentence, never a wrong one") {
    CHECK(fold::reason_text(decided(fb::Action::charge, fb::Rule::planned, 1, {})) ==
          "Charging: it is part of the plan of least cost.");
    CHECK(fold::reason_text(decided(fb::Action::hold, fb::Rule::plan_kept, 1, {})) ==
          "Holding the battery: it is part of the plan, which stands.");
  }
}
