// The grid operator's codes restrain what a policy wishes: a table over code, policy and what was
// decided before. Emergency and the owner stand above.
#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;

constexpr std::int64_t c = 1'000'000;

fold::PolicySettings with(const std::string& policy) {
  fold::PolicySettings settings = tiered_settings();
  settings.policy = policy;
  return settings;
}

// Either policy charges: this slot is far below all that are to come.
TieredHouse cheap(const std::string& policy) {
  return TieredHouse(4'000, with(policy)).prices(Quarters{20} + quarters(20, 60));
}

TieredHouse charging(const std::string& policy, Rule rule) {
  return cheap(policy).last(Action::charge, rule, minutes(60), 9'000);
}

const fb::TriedRuleT& looked_at(const fb::DecisionMadeT& decision) {
  const fb::TriedRuleT* found = tried(decision, Rule::operator_limit);
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_SUITE("policy/operator_limit") {
  TEST_CASE("a required reduction ends and forbids every policy's charge, advice its start alone") {
    struct Row {
      std::optional<std::int64_t> code;
      bool running;
      bool charges;
    };
    const Row rows[] = {{std::nullopt, false, true},
                        {std::nullopt, true, true},
                        {0, false, true},
                        {0, true, true},
                        {1, false, true},
                        {1, true, true},
                        {2, false, false},
                        {2, true, true},
                        {3, false, false},
                        {3, true, false}};
    const std::pair<const char*, Rule> policies[] = {{"cheapest", Rule::cheapest_slots},
                                                     {"tiered", Rule::super_cheap}};
    for (const auto& each : policies)
      for (const Row& row : rows) {
        const std::string policy = each.first;
        const Rule rule = each.second;
        CAPTURE(policy);
        CAPTURE(row.code.value_or(-1));
        CAPTURE(row.running);
        TieredHouse house = row.running ? charging(policy, rule) : cheap(policy);
        if (row.code) house.code(*row.code);
        const fb::DecisionMadeT decision = house.decision();
        CHECK(decision.action == (row.charges ? Action::charge : Action::self_use));
        CHECK(decision.rule == (row.charges ? rule : Rule::operator_limit));
        const std::vector<std::int64_t> numbers =
            row.code ? std::vector<std::int64_t>{*row.code} : std::vector<std::int64_t>{};
        CHECK(looked_at(decision).numbers == numbers);
        CHECK(looked_at(decision).outcome ==
              (row.charges ? fb::Outcome::not_applicable : fb::Outcome::chosen));
        CHECK(decision.power_w.has_value() == row.charges);
        CHECK(decision.until_us.has_value() == row.charges);
      }
  }

  TEST_CASE("a charge whose end has passed begins anew") {
    TieredHouse house = cheap("tiered").code(2);
    fb::DecisionMadeT over = decided(Action::charge, Rule::near_cheapest);
    over.until_us = to_us(noon - seconds(61));
    house.tell(over);
    CHECK(house.decision().rule == Rule::operator_limit);
    over.until_us = to_us(noon - seconds(60));
    house.tell(over);
    CHECK(house.decision().action == Action::charge);
  }

  TEST_CASE("it stands above anti-flap, which holds no charge against it") {
    const auto spike = [](std::int64_t code) {
      return TieredHouse(4'000)
          .prices(quarters(20, 150))
          .last(Action::charge, Rule::near_cheapest, minutes(5), 9'000)
          .code(code);
    };
    CHECK(spike(1).decision().rule == Rule::anti_flap);
    CHECK(spike(2).decision().rule == Rule::anti_flap);
    CHECK(spike(3).decision().rule == Rule::operator_limit);
    CHECK(spike(3).decision().action == Action::self_use);
  }

  TEST_CASE("emergency and the owner are exempt, serving the house and selling are no charge") {
    CHECK(TieredHouse(400).prices({150}).code(3).decision().rule == Rule::emergency_charge);
    CHECK(cheap("tiered").code(3).tell(wish(Action::charge)).decision().rule ==
          Rule::owner_override);
    CHECK(TieredHouse(4'000).prices(quarters(20, 150)).code(3).decision().rule ==
          Rule::price_too_high);
    const auto sale = TieredHouse(9'000, selling_settings()).prices(quarters(20, 150)).code(3);
    CHECK(sale.decision().rule == Rule::sale);
  }

  TEST_CASE("a critical battery is no emergency: it waits for the hour to end") {
    CHECK(TieredHouse(1'000).prices({50}).code(3).decision().rule == Rule::operator_limit);
    CHECK(TieredHouse(1'000).code(3).decision().rule == Rule::operator_limit);  // no price known
  }

  TEST_CASE("a charge is planned to end before the operator requires less") {
    fb::PeakHoursPublishedT fact;
    fact.codes.push_back(series(noon, {1, 3}, 1'800));
    const auto decision =
        TieredHouse(2'000).prices(quarters(20, 40)).tell(std::move(fact)).decision();
    CHECK(decision.rule == Rule::near_cheapest);
    CHECK(decision.until_us == to_us(noon + minutes(30)));
    CHECK(decision.price_e8 == 40 * c);
  }
}

}  // namespace wattledger::policy
