// decide: a truth table over state, price, SOC, faults and the owner's wish; and what each rule
// says.
#include <functional>

#include "tests/policy/judged_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Fault;
using fb::Rule;
using Numbers = std::vector<std::int64_t>;

// Cheap now and dear later, or the reverse: one price per quarter from noon.
std::vector<std::int64_t> cheap_now() { return {10, 10, 10, 10, 90, 90, 90, 90}; }
std::vector<std::int64_t> dear_now() { return {90, 90, 90, 90, 10, 10, 10, 10, 95}; }

struct Row {
  std::string name;
  std::function<ToldHouse()> house;
  Action action;
  Rule rule;
  std::int64_t after_s = 0;  // how long after the last reading
};

ToldHouse priced(std::optional<int> soc_bp, std::vector<std::int64_t> values) {
  ToldHouse house = house_at(soc_bp);
  house.tell(noon, prices(series(noon, std::move(values))));
  return house;
}

template <class FactT>
std::function<ToldHouse()> with(int soc_bp, std::vector<std::int64_t> values, FactT fact) {
  return [soc_bp, values = std::move(values), fact = std::move(fact)] {
    ToldHouse house = priced(soc_bp, values);
    house.tell(noon, fact);
    return house;
  };
}

std::function<ToldHouse()> only(std::optional<int> soc_bp, std::vector<std::int64_t> values) {
  return [soc_bp, values = std::move(values)] { return priced(soc_bp, values); };
}

ToldHouse implausible(int soc_bp) {
  ToldHouse house = priced(soc_bp, cheap_now());
  fb::ReadingRecordedT fact = reading(soc_bp);
  fact.quality = fb::Quality::implausible;
  house.tell(noon, std::move(fact));
  return house;
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const Judgement judged = decide(row.house().state(), noon + seconds(row.after_s));
    CHECK_MESSAGE(judged.decision.action == row.action, row.name);
    CHECK_MESSAGE(judged.decision.rule == row.rule, row.name, ": ",
                  fb::EnumNameRule(judged.decision.rule));
    REQUIRE_MESSAGE(!judged.decision.tried.empty(), row.name);
    CHECK_MESSAGE(judged.decision.tried.back()->rule == row.rule, row.name);
    CHECK_MESSAGE(judged.decision.tried.back()->outcome == fb::Outcome::chosen, row.name);
    const bool forced = row.action != Action::self_use && row.action != Action::stop;
    CHECK_MESSAGE(judged.decision.until_us.has_value() == forced, row.name);
  }
}

ToldHouse without_policy() {
  ToldHouse house;
  house.tell(noon, warsaw()).tell(noon, reading(300));
  return house;
}

ToldHouse without_reading() {
  ToldHouse house;
  house.tell(noon, warsaw()).tell(noon, adopted(plain_settings()));
  house.tell(noon, prices(series(noon, cheap_now())));
  return house;
}

}  // namespace

TEST_SUITE("policy/decide") {
  TEST_CASE("truth table: data") {
    check({
        {"nothing known", [] { return ToldHouse{}; }, Action::self_use, Rule::data_missing},
        {"no policy", without_policy, Action::self_use, Rule::data_missing},
        {"no reading", without_reading, Action::self_use, Rule::data_missing},
        {"SOC unknown, cheap", only(std::nullopt, cheap_now()), Action::self_use,
         Rule::data_missing},
        {"as old as allowed, cheap", only(5'000, cheap_now()), Action::charge, Rule::cheapest_slots,
         180},
        {"stale, cheap", only(5'000, cheap_now()), Action::self_use, Rule::data_stale, 181},
        {"stale, empty", only(0, {}), Action::self_use, Rule::data_stale, 181},
        {"read ahead of now", only(0, {}), Action::self_use, Rule::data_stale, -181},
        {"implausible, cheap", [] { return implausible(5'000); }, Action::self_use,
         Rule::data_implausible},
        {"SOC above 100 %", only(10'001, cheap_now()), Action::self_use, Rule::data_implausible},
    });
  }

  TEST_CASE("truth table: safety and emergency") {
    check({
        {"battery voltage", with(5'000, cheap_now(), fault(Fault::battery_voltage)), Action::stop,
         Rule::latched_safety},
        {"too cold, not latched", with(100, {}, fault(Fault::battery_temperature, false)),
         Action::stop, Rule::latched_safety},
        {"register writes", with(5'000, {}, fault(Fault::register_writes_excessive)), Action::stop,
         Rule::latched_safety},
        {"a silent inverter is no safety fault",
         with(5'000, cheap_now(), fault(Fault::inverter_silent)), Action::charge,
         Rule::cheapest_slots},
        {"empty, no prices", only(499, {}), Action::charge, Rule::emergency_charge},
        {"empty, dear", only(0, dear_now()), Action::charge, Rule::emergency_charge},
        {"at the limit", only(500, {}), Action::self_use, Rule::no_price},
        {"begun, above the limit, below its target",
         with(1'199, {}, decided(Action::charge, Rule::emergency_charge)), Action::charge,
         Rule::emergency_charge},
        {"begun, at its target", with(1'200, {}, decided(Action::charge, Rule::emergency_charge)),
         Action::self_use, Rule::no_price},
        {"clock unreliable, cheap", with(5'000, cheap_now(), fault(Fault::clock_unreliable)),
         Action::self_use, Rule::latched_safety},
        {"clock unreliable, empty", with(100, {}, fault(Fault::clock_unreliable)), Action::charge,
         Rule::emergency_charge},
    });
  }

  TEST_CASE("truth table: the owner's hand") {
    const auto before = noon - seconds(1);
    check({
        {"charge, dear", with(5'000, dear_now(), wish(Action::charge)), Action::charge,
         Rule::owner_override},
        {"hold", with(5'000, cheap_now(), wish(Action::hold)), Action::hold, Rule::owner_override},
        {"sell", with(5'000, cheap_now(), wish(Action::sell)), Action::sell, Rule::owner_override},
        {"serve the house, cheap", with(5'000, cheap_now(), wish(Action::self_use)),
         Action::self_use, Rule::owner_override},
        {"stop", with(5'000, cheap_now(), wish(Action::stop)), Action::stop, Rule::owner_override},
        {"expired, cheap", with(5'000, cheap_now(), wish(Action::sell, {}, {}, before)),
         Action::charge, Rule::cheapest_slots},
        {"ends now, cheap", with(5'000, cheap_now(), wish(Action::sell, {}, {}, noon)),
         Action::charge, Rule::cheapest_slots},
        {"charge target reached, dear", with(5'000, dear_now(), wish(Action::charge, 5'000)),
         Action::self_use, Rule::serve_house},
        {"charge to a target beyond the target of the policy",
         with(9'500, dear_now(), wish(Action::charge)), Action::charge, Rule::owner_override},
        {"charge to more than all", with(10'000, {}, wish(Action::charge, 65'535)),
         Action::self_use, Rule::battery_full},
        {"sell at the minimum", with(1'000, {90, 10}, wish(Action::sell)), Action::self_use,
         Rule::serve_house},
        {"sell below the minimum when asked to", with(900, {90, 10}, wish(Action::sell, 600)),
         Action::self_use, Rule::serve_house},
        {"sell while empty", with(400, {}, wish(Action::sell)), Action::charge,
         Rule::emergency_charge},
    });
  }

  TEST_CASE("truth table: cheapest slots") {
    check({
        {"cheap", only(5'000, cheap_now()), Action::charge, Rule::cheapest_slots},
        {"dear", only(5'000, dear_now()), Action::self_use, Rule::serve_house},
        {"all alike", only(5'000, {50, 50, 50, 50}), Action::self_use, Rule::serve_house},
        {"the last slot known", only(5'000, {10}), Action::self_use, Rule::serve_house},
        {"above the highest price allowed", only(5'000, {70'000'001, 90'000'000}), Action::self_use,
         Rule::serve_house},
        {"at the highest price allowed", only(5'000, {70'000'000, 90'000'000}), Action::charge,
         Rule::cheapest_slots},
        {"paid to take it", only(5'000, {-10, 0}), Action::charge, Rule::cheapest_slots},
        {"full", only(9'000, cheap_now()), Action::self_use, Rule::battery_full},
        {"just below full", only(8'999, cheap_now()), Action::charge, Rule::cheapest_slots},
        {"no prices", only(5'000, {}), Action::self_use, Rule::no_price},
        {"prices only later",
         [] {
           ToldHouse house = house_at(5'000);
           house.tell(noon, prices(series(noon + minutes(15), {1, 2, 3})));
           return house;
         },
         Action::self_use, Rule::no_price},
        {"this slot absent, its neighbours known",
         [] {
           ToldHouse house = house_at(5'000);
           house.tell(noon, prices(series(noon - minutes(15), {1, 2, 90}, 900, {1})));
           return house;
         },
         Action::self_use, Rule::no_price},
    });
  }

  TEST_CASE("a battery once full charges again two percent below its target") {
    const auto was_full = decided(Action::self_use, Rule::battery_full);
    const auto long_full = [&](int soc_bp) {
      return [=] {
        ToldHouse house = priced(soc_bp, cheap_now());
        house.tell(noon - minutes(15), decided(Action::self_use, Rule::battery_full));
        return house;
      };
    };
    check({
        {"just below", with(8'999, cheap_now(), was_full), Action::self_use, Rule::battery_full},
        {"at two percent below", with(8'800, cheap_now(), was_full), Action::self_use,
         Rule::battery_full},
        {"further below, too soon", with(8'799, cheap_now(), was_full), Action::self_use,
         Rule::anti_flap},
        {"further below", long_full(8'799), Action::charge, Rule::cheapest_slots},
        {"the owner may", with(8'999, cheap_now(), was_full), Action::self_use, Rule::battery_full},
    });
    ToldHouse house = priced(8'999, cheap_now());
    house.tell(noon, was_full).tell(noon, wish(Action::charge));
    CHECK(decide(house.state(), noon).decision.rule == Rule::owner_override);
  }

  TEST_CASE("the order of judgement: what comes first decides, though all would") {
    ToldHouse house = priced(100, cheap_now());
    house.tell(noon, wish(Action::sell)).tell(noon, fault(Fault::battery_voltage));
    const UtcTime late = noon + seconds(181);
    CHECK(decide(house.state(), late).decision.rule == Rule::data_stale);
    CHECK(decide(house.state(), noon).decision.rule == Rule::latched_safety);
    fb::FaultClearedT cleared;
    cleared.fault = Fault::battery_voltage;
    house.tell(noon, cleared);
    CHECK(decide(house.state(), noon).decision.rule == Rule::emergency_charge);
    house.tell(noon, reading(5'000));
    CHECK(decide(house.state(), noon).decision.rule == Rule::owner_override);
    fb::OverrideRequestedT automatic;
    automatic.automatic = true;
    house.tell(noon, automatic);
    const Judgement last = decide(house.state(), noon);
    std::vector<Rule> order;
    for (const auto& each : last.decision.tried) order.push_back(each->rule);
    CHECK(order == std::vector<Rule>{Rule::data_missing, Rule::data_stale, Rule::data_implausible,
                                     Rule::latched_safety, Rule::emergency_charge,
                                     Rule::owner_override, Rule::battery_full, Rule::operator_limit,
                                     Rule::anti_flap, Rule::cheapest_slots});
  }

  TEST_CASE("each rule's numbers mean what the README says") {
    const auto numbers = [](const ToldHouse& house, Rule rule, std::int64_t after_s = 0) {
      const Judgement judged = decide(house.state(), noon + seconds(after_s));
      const fb::TriedRuleT* found = tried(judged.decision, rule);
      return found == nullptr ? Numbers{-1} : found->numbers;
    };
    CHECK(numbers(ToldHouse{}, Rule::data_missing).empty());
    CHECK(numbers(house_at(5'000), Rule::data_stale, 200) == Numbers{200, 180});
    CHECK(numbers(with(5'000, {}, fault(Fault::grid_voltage))(), Rule::latched_safety) ==
          Numbers{static_cast<std::int64_t>(Fault::grid_voltage)});
    CHECK(numbers(house_at(499), Rule::emergency_charge) == Numbers{499, 500});
    CHECK(numbers(with(700, {}, decided(Action::charge, Rule::emergency_charge))(),
                  Rule::emergency_charge) == Numbers{700, 1'200});
    CHECK(numbers(with(5'000, {}, wish(Action::hold))(), Rule::owner_override) == Numbers{5});
    CHECK(numbers(with(5'000, {}, wish(Action::charge, 5'000))(), Rule::owner_override) ==
          Numbers{5});
    CHECK(numbers(house_at(9'100), Rule::battery_full) == Numbers{9'100, 9'000});
    CHECK(numbers(priced(5'000, cheap_now()), Rule::cheapest_slots) == Numbers{10, 10, 4, 8});
    CHECK(numbers(priced(5'000, dear_now()), Rule::serve_house) == Numbers{90, 10, 4, 9});
    CHECK(numbers(priced(5'000, {50, 50}), Rule::serve_house).empty());
  }

  TEST_CASE("a charge says how much, how far, how long, and what it should cost") {
    const Judgement judged = decide(priced(5'000, cheap_now()).state(), noon + minutes(2));
    const fb::DecisionMadeT& decision = judged.decision;
    CHECK(decision.power_w == 5'000);
    CHECK(decision.target_soc_bp == 9'000);
    CHECK(decision.until_us == to_us(noon + hours(1)));
    CHECK(decision.price_e8 == 10);
    CHECK(decision.expected_energy_mwh == 1'083'333);
    CHECK(decision.expected_cost_e8 == 10);
    CHECK(decision.expected_saving_e8 == 43);  // 1.083333 kWh at 50 - 10
    CHECK(decision.engine_revision == engine_revision);
    CHECK(decision.based_on == 4);
    CHECK_FALSE(decision.plan.has_value());
  }

  TEST_CASE("an emergency ends within the longest forced time, at its own target") {
    const Judgement judged = decide(house_at(100).state(), noon);
    CHECK(judged.decision.until_us == to_us(noon + hours(1)));
    CHECK(judged.decision.target_soc_bp == 1'200);
    CHECK_FALSE(judged.plan.has_value());
  }

  TEST_CASE("an owner's wish is held to what the house can do") {
    struct Wish {
      const char* name;
      fb::OverrideRequestedT wish;
      std::optional<std::int32_t> power_w;
      std::optional<std::uint16_t> target_bp;
      UtcTime until;
    };
    const UtcTime end = noon + hours(1);
    const UtcTime three = noon + hours(3);
    const std::vector<Wish> rows = {
        {"plain charge", wish(Action::charge), 5'000, 10'000, end},
        {"a gentle one", wish(Action::charge, 7'000, 1'200, three), 1'200, 7'000, three},
        {"too strong", wish(Action::charge, 7'000, 99'000), 5'000, 7'000, end},
        {"the wrong way round", wish(Action::charge, 7'000, -3'000), 0, 7'000, end},
        {"more than all", wish(Action::charge, 20'000), 5'000, 10'000, end},
        {"plain sale", wish(Action::sell), 5'000, 1'000, end},
        {"sale to a floor", wish(Action::sell, 3'000, 2'000), 2'000, 3'000, end},
        {"sale below the minimum", wish(Action::sell, 200), 5'000, 1'000, end},
        {"hold where it is", wish(Action::hold, 9'999, 77), std::nullopt, 5'000, end},
    };
    for (const Wish& row : rows) {
      const Judgement judged = decide(with(5'000, {}, row.wish)().state(), noon);
      CHECK_MESSAGE(judged.decision.rule == Rule::owner_override, row.name);
      CHECK_MESSAGE(judged.decision.power_w == row.power_w, row.name);
      CHECK_MESSAGE(judged.decision.target_soc_bp == row.target_bp, row.name);
      CHECK_MESSAGE(judged.decision.until_us == to_us(row.until), row.name);
    }
  }
}

TEST_SUITE("policy/anti-flap") {
  TEST_CASE("charging and not charging each last a while, from when they began") {
    const auto charging = decided(Action::charge, Rule::cheapest_slots);
    const auto serving = decided(Action::self_use, Rule::serve_house);
    const auto after = [](const fb::DecisionMadeT& last, std::vector<std::int64_t> values,
                          minutes ago) {
      ToldHouse house = priced(5'000, std::move(values));
      house.tell(noon - ago, last);
      return decide(house.state(), noon);
    };
    Judgement judged = after(charging, dear_now(), minutes(10));
    CHECK(judged.decision.rule == Rule::anti_flap);
    CHECK(judged.decision.action == Action::charge);
    CHECK(judged.decision.until_us == to_us(noon + minutes(5)));
    CHECK(judged.decision.target_soc_bp == 9'000);
    CHECK(judged.decision.tried.back()->numbers == Numbers{600, 900});
    CHECK(after(charging, dear_now(), minutes(15)).decision.rule == Rule::serve_house);
    judged = after(serving, cheap_now(), minutes(10));
    CHECK(judged.decision.rule == Rule::anti_flap);
    CHECK(judged.decision.action == Action::self_use);
    CHECK_FALSE(judged.decision.until_us.has_value());
    CHECK(after(serving, cheap_now(), minutes(15)).decision.rule == Rule::cheapest_slots);
    CHECK(after(serving, dear_now(), minutes(1)).decision.rule == Rule::serve_house);
    CHECK(after(charging, cheap_now(), minutes(1)).decision.rule == Rule::cheapest_slots);
  }

  TEST_CASE(
      "it holds only what the policy began, never against safety, a full battery or no price") {
    ToldHouse house = priced(5'000, cheap_now());
    house.tell(noon, decided(Action::self_use, Rule::data_stale));
    CHECK(decide(house.state(), noon).decision.rule == Rule::cheapest_slots);
    ToldHouse full = priced(9'000, cheap_now());
    full.tell(noon, decided(Action::charge, Rule::cheapest_slots));
    CHECK(decide(full.state(), noon).decision.rule == Rule::battery_full);
    ToldHouse unpriced = house_at(5'000);
    unpriced.tell(noon, decided(Action::charge, Rule::cheapest_slots));
    CHECK(decide(unpriced.state(), noon).decision.rule == Rule::no_price);
    CHECK(decide(unpriced.state(), noon).decision.action == Action::self_use);
  }

  TEST_CASE("what it holds is charging or serving, whatever the log says was decided") {
    ToldHouse house = priced(5'000, cheap_now());
    house.tell(noon, decided(Action::sell, Rule::cheapest_slots));
    const Judgement judged = decide(house.state(), noon);
    CHECK(judged.decision.rule == Rule::anti_flap);
    CHECK(judged.decision.action == Action::self_use);
  }
}

}  // namespace wattledger::policy
