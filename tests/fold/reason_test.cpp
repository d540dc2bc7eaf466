// The sentences of the policies' rules that came after the first release: with the numbers that
// decided, and without them (an older or a newer engine's).
#include "projections/fold/legacy_rows.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;

struct Row {
  Action action;
  Rule rule;
  std::vector<std::int64_t> numbers;
  const char* because;
};

fb::DecisionMadeT decided(const Row& row) {
  fb::DecisionMadeT fact;
  fact.action = row.action;
  fact.rule = row.rule;
  auto tried = std::make_unique<fb::TriedRuleT>();
  tried->rule = row.rule;
  tried->outcome = fb::Outcome::chosen;
  tried->numbers = row.numbers;
  fact.tried.push_back(std::move(tried));
  return fact;
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const char* action = row.action == Action::charge ? "Charging: "
                         : row.action == Action::sell ? "Selling: "
                                                      : "Serving the house: ";
    CHECK(reason_text(decided(row)) == std::string(action) + row.because + ".");
  }
}

constexpr std::int64_t c = 1'000'000;

}  // namespace

TEST_SUITE("fold/reason of tiered and of sales") {
  TEST_CASE("what restrains") {
    check({{Action::self_use,
            Rule::operator_limit,
            {3},
            "the grid operator requires a lower use in this hour (code 3)"},
           {Action::self_use,
            Rule::operator_limit,
            {2},
            "the grid operator recommends saving in this hour (code 2)"},
           {Action::self_use,
            Rule::battery_full,
            {8'600, 9'000, 8'500},
            "the battery is at 86 %, and a charge to 90 % begins below 85 %"},
           {Action::self_use,
            Rule::battery_full,
            {9'000, 9'000, 8'500},
            "the battery is at 90 %, its target is 90 %"},
           {Action::self_use,
            Rule::session_limit,
            {4, 4},
            "there were 4 charges today, there may be 4"},
           {Action::self_use,
            Rule::recently_full,
            {8'250, 9'000},
            "the battery is at 82.5 % and was charged to 90 % not long ago"},
           {Action::self_use,
            Rule::price_too_high,
            {111 * c, 110 * c},
            "1.1100 per kWh is above 1.1000"},
           {Action::self_use, Rule::price_too_high, {}, "the price is too high to charge"}});
  }

  TEST_CASE("a battery that is nearly empty") {
    check(
        {{Action::charge, Rule::critical_charge, {}, "the battery is nearly empty"},
         {Action::charge, Rule::critical_charge, {900, 1'200}, "the battery is at 9 %, under 12 %"},
         {Action::charge,
          Rule::critical_charge,
          {900, 1'200, 50 * c, 120 * c},
          "the battery is at 9 %, under 12 %, and 0.5000 per kWh is within 1.2000"},
         {Action::charge,
          Rule::critical_charge,
          {900, 1'200, 150 * c, 120 * c},
          "the battery is at 9 %, under 12 %, and 1.5000 per kWh is not worth waiting out"},
         {Action::self_use,
          Rule::critical_wait,
          {150 * c, 105 * c, 7'200},
          "the battery is nearly empty, and waits until 02:00Z for 1.0500 per kWh instead of "
          "1.5000"},
         {Action::self_use,
          Rule::critical_wait,
          {150 * c, 0, 7'200, 1'250},
          "the battery is nearly empty, and waits until 02:00Z for the sun (1.25 kW beyond the "
          "load) instead of 1.5000 per kWh"},
         {Action::self_use,
          Rule::critical_wait,
          {150 * c, 105 * c},
          "the battery is nearly empty, and waits for a lower price"}});
  }

  TEST_CASE("charges by the sun, the zone, the evening and the price") {
    check({{Action::charge,
            Rule::no_sun,
            {-500, 200, 60 * c, 70 * c},
            "the sun gives 0.5 kW less than the load, and 0.6000 per kWh is within 0.7000"},
           {Action::charge,
            Rule::no_sun,
            {100, 200, 60 * c, 70 * c, 150},
            "the sun gives 0.1 kW beyond the load, at most 0.15 kW beyond it is to come, and "
            "0.6000 per kWh is within 0.7000"},
           {Action::charge,
            Rule::no_sun,
            {100, 200, 60 * c, 70 * c, -50},
            "the sun gives 0.1 kW beyond the load, no more is to come, and 0.6000 per kWh is "
            "within 0.7000"},
           {Action::charge,
            Rule::no_sun,
            {100, 200},
            "there is no sun to wait for and the price is low enough"},
           {Action::charge,
            Rule::zone_ending,
            {3'600, 3'001, 40 * c, 70 * c},
            "the cheap hours end in 60 min, and a charge takes 51 min"},
           {Action::charge,
            Rule::before_peak,
            {60 * c, 70 * c, 90 * c},
            "0.6000 per kWh now, and the evening's mean is 0.7000"},
           {Action::charge,
            Rule::near_cheapest,
            {46 * c, 40 * c, 46 * c},
            "0.4600 per kWh is near the cheapest to come, 0.4000"},
           {Action::charge,
            Rule::cheap_price,
            {40 * c, 50 * c},
            "0.4000 per kWh is cheap, within 0.5000"},
           {Action::self_use,
            Rule::cheap_price,
            {60 * c, 50 * c},
            "0.6000 per kWh is not cheap, above 0.5000"},
           {Action::charge,
            Rule::session_goes_on,
            {6'000, 9'000},
            "the charge under way goes on from 60 % to 90 %"}});
  }

  TEST_CASE("sales, and what forbids them") {
    check(
        {{Action::sell, Rule::sale, {150 * c, 80 * c}, "1.5000 per kWh fed in is at least 0.8000"},
         {Action::self_use,
          Rule::sale_limits,
          {22, 5'000},
          "nothing is sold between 22 and 23 o'clock"},
         {Action::self_use, Rule::sale_limits, {12, 0}, "the limits leave no power for a sale"},
         {Action::self_use, Rule::sale_limits, {}, "the limits of a sale forbid it"},
         {Action::self_use,
          Rule::sale_floor,
          {5'000, 5'000},
          "the battery is at 50 %, where a sale ends"},
         {Action::self_use,
          Rule::sale_floor,
          {7'900, 8'000},
          "the battery is at 79 %, and a sale needs 80 %"},
         {Action::self_use,
          Rule::sale_cap,
          {2'000, 2'000, 2'000, 4'000, 1, 2},
          "this sale took 20 % of the battery, it may take 20 %"},
         {Action::self_use,
          Rule::sale_cap,
          {0, 2'000, 4'100, 4'000, 1, 2},
          "today's sales took 41 % of the battery, they may take 40 %"},
         {Action::self_use,
          Rule::sale_cap,
          {0, 2'000, 0, 4'000, 2, 2},
          "there were 2 sales today, there may be 2"},
         {Action::self_use, Rule::sale_cap, {}, "as much was sold as may be"},
         {Action::self_use,
          Rule::sale_sun,
          {900, 600},
          "the sun gives 0.9 kW and serves the house's 0.6 kW"},
         {Action::self_use,
          Rule::sale_price,
          {60 * c, 80 * c},
          "0.6000 per kWh fed in is less than 0.8000"},
         {Action::self_use,
          Rule::sale_buy_back,
          {90 * c, 120 * c},
          "0.9000 per kWh fed in, and to buy it back would cost 1.2000"},
         {Action::self_use,
          Rule::sale_buy_back,
          {90 * c},
          "0.9000 per kWh fed in, and to buy it back would cost what nobody knows yet"},
         {Action::self_use,
          Rule::sale_timing,
          {90 * c, 120 * c},
          "0.9000 per kWh fed in now, and later 1.2000"}});
  }
}

}  // namespace wattledger::fold
