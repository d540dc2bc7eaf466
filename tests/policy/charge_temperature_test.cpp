// Outside of its temperatures a battery is not charged: not by a policy, an emergency or the owner.
// It goes on to give.
#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;

fold::PolicySettings with(const std::string& policy) {
  fold::PolicySettings settings = tiered_settings();
  settings.policy = policy;
  return settings;
}

fb::ReadingRecordedT at_temperature(int soc_bp, std::int32_t mc) {
  fb::ReadingRecordedT fact = reading(soc_bp);
  fact.battery_temperature_mc = mc;
  return fact;
}

// Cheap now, dear later.
ToldHouse house(const std::string& policy, int soc_bp, std::int32_t mc) {
  ToldHouse told;
  std::vector<std::int64_t> market(60, 80'000'000);
  std::fill(market.begin(), market.begin() + 4, 20'000'000);
  told.tell(noon, warsaw())
      .tell(noon, adopted(with(policy)))
      .tell(noon, at_temperature(soc_bp, mc))
      .tell(noon, prices(series(noon, std::move(market))));
  return told;
}

struct Row {
  std::int32_t mc;
  bool running;
  bool charges;
};
// The limits are 0 and 50 °C; what does not charge yet begins a degree inside.
constexpr Row rows[] = {{-1, true, false},     {0, true, true},        {0, false, false},
                        {999, false, false},   {1'000, false, true},   {25'000, false, true},
                        {49'000, false, true}, {49'001, false, false}, {50'000, true, true},
                        {50'001, true, false}};

}  // namespace

TEST_SUITE("policy/charge_temperature") {
  TEST_CASE("a policy's charge begins a degree inside the limits and ends outside of them") {
    for (const char* policy : {"cheapest", "tiered", "optimal"})
      for (const Row& row : rows) {
        CAPTURE(policy);
        CAPTURE(row.mc);
        CAPTURE(row.running);
        ToldHouse told = house(policy, 3'000, row.mc);
        if (row.running) told.tell(noon, decided(Action::charge, Rule::cheapest_slots));
        const fb::DecisionMadeT decision = decide(told.state(), noon).decision;
        CHECK(decision.action == (row.charges ? Action::charge : Action::self_use));
        CHECK((decision.rule == Rule::charge_temperature) == !row.charges);
        const fb::TriedRuleT* const trace = tried(decision, Rule::charge_temperature);
        REQUIRE(trace != nullptr);
        CHECK(trace->numbers == std::vector<std::int64_t>{row.mc, 0, 50'000});
      }
  }

  TEST_CASE("an unknown temperature limits nothing, and who does not charge is not asked") {
    ToldHouse told = house("cheapest", 3'000, 25'000);
    told.tell(noon, reading(3'000));
    CHECK(decide(told.state(), noon).decision.action == Action::charge);
    const fb::DecisionMadeT full = decide(house("cheapest", 10'000, -5'000).state(), noon).decision;
    CHECK(full.action == Action::self_use);
    CHECK(tried(full, Rule::charge_temperature) == nullptr);
  }

  TEST_CASE("a nearly empty battery that is too cold is kept as it is") {
    const fb::DecisionMadeT decision =
        decide(house("cheapest", 300, -5'000).state(), noon).decision;
    CHECK(decision.action == Action::hold);
    CHECK(decision.rule == Rule::charge_temperature);
    CHECK(decision.target_soc_bp == 300);
    CHECK(decision.until_us == to_us(noon + seconds(3'600)));
    const fb::TriedRuleT* const emergency = tried(decision, Rule::emergency_charge);
    REQUIRE(emergency != nullptr);
    CHECK(emergency->outcome == fb::Outcome::rejected);
  }

  TEST_CASE("the owner's charge waits for the temperature, the owner's sale does not") {
    for (const Action action : {Action::charge, Action::sell, Action::hold}) {
      ToldHouse told = house("cheapest", 6'000, -5'000);
      told.tell(noon, wish(action));
      const fb::DecisionMadeT decision = decide(told.state(), noon).decision;
      CHECK(decision.action == (action == Action::charge ? Action::self_use : action));
      CHECK((decision.rule == Rule::owner_override) == (action != Action::charge));
      const fb::TriedRuleT* const owner = tried(decision, Rule::owner_override);
      REQUIRE(owner != nullptr);
      CHECK((owner->outcome == fb::Outcome::rejected) == (action == Action::charge));
    }
  }

  TEST_CASE("what the owner may set is what holds") {
    fold::PolicySettings settings = with("cheapest");
    settings.battery_temperature_charge_min = MilliCelsius(-10'000);
    ToldHouse told = house("cheapest", 3'000, -5'000);
    told.tell(noon, adopted(settings));
    CHECK(decide(told.state(), noon).decision.action == Action::charge);
  }
}

}  // namespace wattledger::policy
