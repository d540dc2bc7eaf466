// Policy optimal: what it does by prices, forecasts, limits; when a plan stands; what it tells.
#include <rapidcheck.h>

#include "coordinator/policy/horizon.hpp"
#include "coordinator/policy/orders.hpp"
#include "coordinator/policy/planner.hpp"
#include "tests/policy/judged_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Rule;

fold::PolicySettings optimal_settings() {
  fold::PolicySettings settings = plain_settings();
  settings.policy = "optimal";
  settings.wear = PriceE8(0);
  settings.terminal_value = BasisPoints(0);
  settings.forecast_margin = BasisPoints(0);
  settings.plan_gain_min = MoneyE8(1'000'000);
  settings.load_default_day = MilliwattHours(24'000'000);  // 1 kW
  return settings;
}

// Groschen per kWh, one a quarter from noon.
std::vector<std::int64_t> groschen(std::vector<std::int64_t> values) {
  for (std::int64_t& value : values) value *= 1'000'000;
  return values;
}

// `count` quarters of each price.
std::vector<std::int64_t> blocks(std::initializer_list<std::pair<int, int>> counted) {
  std::vector<std::int64_t> values;
  for (const auto& [price, count] : counted)
    values.insert(values.end(), static_cast<std::size_t>(count), price);
  return groschen(values);
}

ToldHouse optimal_house(int soc_bp, std::vector<std::int64_t> market,
                        const fold::PolicySettings& settings = optimal_settings()) {
  ToldHouse house = house_at(soc_bp, settings);
  house.tell(noon, prices(series(noon, std::move(market))));
  return house;
}

fb::PvForecastIssuedT sun(UtcTime from, std::vector<std::int64_t> watts) {
  fb::PvForecastIssuedT fact;
  fact.provider = std::string(fold::own_forecast);
  fact.issued_at_us = to_us(from);
  fact.power_w.push_back(series(from, std::move(watts)));
  return fact;
}

// 6 kW, which fill the battery beside the load, then none.
std::vector<std::int64_t> two_hours_of_sun() {
  std::vector<std::int64_t> watts(40, 0);
  std::fill(watts.begin(), watts.begin() + 8, 6'000);
  return watts;
}

std::int64_t number(const fb::DecisionMadeT& decision, Rule rule, std::size_t index) {
  const fb::TriedRuleT* found = tried(decision, rule);
  REQUIRE(found != nullptr);
  REQUIRE(found->numbers.size() > index);
  return found->numbers[index];
}

// What the daemon would write down.
void record(ToldHouse& house, UtcTime at, Judgement judged) {
  if (judged.plan) house.tell(at, *std::move(judged.plan));
  house.tell(at, std::move(judged.decision));
}

}  // namespace

TEST_SUITE("policy/optimal") {
  TEST_CASE("truth table: prices") {
    struct Row {
      const char* name;
      int soc_bp;
      std::vector<std::int64_t> market;
      Action action;
      Rule rule;
    };
    const std::vector<Row> rows = {
        {"no price", 5'000, {}, Action::self_use, Rule::no_price},
        {"cheap now, dear later, nearly empty", 1'000, blocks({{20, 4}, {90, 40}}), Action::charge,
         Rule::planned},
        {"dear now, cheap later, half full", 5'000, blocks({{90, 8}, {20, 8}}), Action::self_use,
         Rule::planned},
        {"cheaper now than what comes, and too little stored for all of it", 2'000,
         blocks({{40, 8}, {41, 2}, {90, 8}}), Action::charge, Rule::planned},
        {"dearer later than now, full: what is stored is kept", 10'000, blocks({{40, 8}, {90, 60}}),
         Action::hold, Rule::planned},
        {"always alike: nothing to gain", 5'000, blocks({{50, 24}}), Action::self_use,
         Rule::planned},
        {"paid to take", 5'000, blocks({{-30, 4}, {50, 4}}), Action::charge, Rule::planned},
        {"zero is a price", 1'000, blocks({{0, 4}, {50, 24}}), Action::charge, Rule::planned},
        {"at its minimum, dear", 1'000, blocks({{90, 8}}), Action::self_use, Rule::planned},
        {"below its minimum, and cheap", 800, blocks({{20, 4}, {90, 40}}), Action::charge,
         Rule::planned},
    };
    for (const Row& row : rows) {
      const Judgement judged = decide(optimal_house(row.soc_bp, row.market).state(), noon);
      CHECK_MESSAGE(judged.decision.action == row.action, row.name, ": ",
                    fb::EnumNameAction(judged.decision.action));
      CHECK_MESSAGE(judged.decision.rule == row.rule, row.name);
      CHECK_MESSAGE(judged.decision.until_us.has_value() == (row.action != Action::self_use),
                    row.name);
    }
  }

  TEST_CASE("what is stored is only sold where selling is on, for enough, and down to the floor") {
    const auto market = blocks({{95, 4}, {20, 8}, {30, 8}});
    fold::PolicySettings settings = optimal_settings();
    CHECK(decide(optimal_house(9'000, market, settings).state(), noon).decision.action ==
          Action::self_use);
    settings.selling.enabled = true;
    const auto sold = decide(optimal_house(9'000, market, settings).state(), noon).decision;
    CHECK(sold.action == Action::sell);
    CHECK(sold.power_w == 5'000);
    CHECK(sold.target_soc_bp >= settings.selling.floor.count());
    CHECK(sold.expected_cost_e8.value_or(0) < 0);
    settings.selling.price_min = PriceE8(96'000'000);
    CHECK(decide(optimal_house(9'000, market, settings).state(), noon).decision.action ==
          Action::self_use);
  }

  TEST_CASE("the sun to come is not bought") {
    const auto market = blocks({{40, 8}, {45, 32}});
    CHECK(decide(optimal_house(1'000, market).state(), noon).decision.action == Action::charge);
    ToldHouse house = optimal_house(1'000, market);
    house.tell(noon, sun(noon, two_hours_of_sun()));
    CHECK(decide(house.state(), noon).decision.action == Action::self_use);
  }

  TEST_CASE("a pessimistic side of the forecast counts by the margin") {
    fold::PolicySettings settings = optimal_settings();
    settings.forecast_margin = BasisPoints(5'000);
    ToldHouse house = optimal_house(5'000, blocks({{40, 8}}), settings);
    fb::PvForecastIssuedT fact = sun(noon, std::vector<std::int64_t>(8, 2'000));
    fact.low_w.push_back(series(noon, std::vector<std::int64_t>(8, 1'000)));
    house.tell(noon, std::move(fact));
    const auto horizon = horizon_of(house.state(), settings, BasisPoints(5'000), noon);
    REQUIRE(horizon);
    CHECK(horizon->problem.slots.front().pv == energy_in(Watts(1'500), seconds(900)));
    CHECK(horizon->problem.slots.front().load == energy_in(Watts(1'000), seconds(900)));
  }

  TEST_CASE("the first slot is what is left of it") {
    const auto state = optimal_house(5'000, blocks({{40, 8}})).state();
    const auto horizon =
        horizon_of(state, optimal_settings(), BasisPoints(5'000), noon + minutes(10));
    REQUIRE(horizon);
    CHECK(horizon->slots.size() == 8);
    CHECK(horizon->slots.front().length == minutes(5));
    CHECK(horizon->problem.slots.front().charge_max == energy_in(Watts(5'000), seconds(300)));
    CHECK(horizon->slots[1].start == noon + minutes(15));
  }

  TEST_CASE(
      "an hour without a price is taken for the worse of its neighbours, more ends the plan") {
    const auto slots = [](std::vector<std::uint16_t> missing) {
      auto market = blocks({{40, 4}, {60, 8}});
      ToldHouse house = house_at(5'000, optimal_settings());
      house.tell(noon, prices(series(noon, std::move(market), 900, std::move(missing))));
      const auto horizon = horizon_of(house.state(), optimal_settings(), BasisPoints(5'000), noon);
      REQUIRE(horizon);
      return horizon->problem.slots;
    };
    const auto bridged = slots({2, 3, 4, 5});
    REQUIRE(bridged.size() == 12);
    CHECK(bridged[2].import_price == PriceE8(60'000'000));
    CHECK(bridged[5].export_price == PriceE8(40'000'000));
    CHECK(bridged[6].export_price == PriceE8(60'000'000));
    CHECK(slots({2, 3, 4, 5, 6}).size() == 2);
  }

  TEST_CASE(
      "where the connection does not reach for the load the battery is not told to stand still") {
    fold::PolicySettings settings = optimal_settings();
    settings.import_max = Watts(2'000);
    settings.load_default_day = MilliwattHours(72'000'000);  // 3 kW
    const auto judged =
        decide(optimal_house(5'000, blocks({{20, 8}, {90, 8}}), settings).state(), noon);
    CHECK(judged.decision.action == Action::self_use);
  }

  TEST_CASE("what keeps it from a charge that would pay is the connection, and so it is told") {
    fold::PolicySettings settings = optimal_settings();
    settings.import_max = Watts(4'000);
    const auto rule = [&](int soc_bp, int load_w, std::vector<std::int64_t> market) {
      ToldHouse house = optimal_house(soc_bp, std::move(market), settings);
      fb::ReadingRecordedT fact = reading(soc_bp);
      fact.load_power_w = load_w;
      fact.pv_power_w = 0;
      house.tell(noon, std::move(fact));
      const Judgement judged = decide(house.state(), noon);
      CHECK(judged.decision.action == Action::self_use);
      return judged.decision.rule;
    };
    CHECK(rule(1'000, 3'800, blocks({{20, 4}, {90, 40}})) == Rule::connection_limit);
    CHECK(rule(5'000, 3'800, blocks({{90, 8}, {20, 8}})) == Rule::planned);
    // What would stand against the charge anyhow is asked first.
    ToldHouse cold = optimal_house(1'000, blocks({{20, 4}, {90, 40}}), settings);
    fb::ReadingRecordedT fact = reading(1'000);
    fact.load_power_w = 3'800;
    fact.battery_temperature_mc = -5'000;
    cold.tell(noon, std::move(fact));
    CHECK(decide(cold.state(), noon).decision.rule == Rule::charge_temperature);
    CHECK(rule(10'000, 3'800, blocks({{90, 8}, {20, 8}})) == Rule::planned);
  }

  TEST_CASE("within its slot too, a charge leaves the connection to the house, and a hold ends") {
    fold::PolicySettings settings = optimal_settings();
    settings.import_max = Watts(7'000);
    const auto drawing = [](int soc_bp, int load_w) {
      fb::ReadingRecordedT fact = reading(soc_bp);
      fact.load_power_w = load_w;
      fact.pv_power_w = 0;
      return fact;
    };
    ToldHouse charging = optimal_house(1'000, blocks({{20, 4}, {90, 40}}), settings);
    charging.tell(noon, drawing(1'000, 1'000));
    record(charging, noon, decide(charging.state(), noon));
    REQUIRE(charging.state().decision->power == Watts(5'000));
    const UtcTime later = noon + minutes(2);
    charging.tell(later, drawing(1'150, 1'900));
    CHECK(decide(charging.state(), later).decision.power_w == 5'000);
    charging.tell(later, drawing(1'150, 3'900));
    CHECK(decide(charging.state(), later).decision.power_w == 3'000);

    ToldHouse holding = optimal_house(10'000, blocks({{40, 8}, {90, 60}}), settings);
    holding.tell(noon, drawing(10'000, 1'000));
    record(holding, noon, decide(holding.state(), noon));
    REQUIRE(holding.state().decision->action == Action::hold);
    holding.tell(later, drawing(10'000, 7'100));
    CHECK(decide(holding.state(), later).decision.action == Action::self_use);
  }

  TEST_CASE("the plan sells no more than the caps and the floor leave, and says so") {
    const auto market = blocks({{95, 4}, {20, 8}, {30, 8}});
    fold::PolicySettings settings = optimal_settings();
    settings.selling.enabled = true;
    settings.selling.day_max = BasisPoints(0);
    const Judgement capped = decide(optimal_house(9'000, market, settings).state(), noon);
    CHECK(capped.decision.action == Action::self_use);
    const fb::TriedRuleT* const trace = tried(capped.decision, Rule::sale_cap);
    REQUIRE(trace != nullptr);
    CHECK(trace->outcome == fb::Outcome::rejected);
    REQUIRE(capped.plan);
    CHECK(std::count(capped.plan->actions.begin(), capped.plan->actions.end(), Action::sell) == 0);
    settings.selling.day_max = BasisPoints(10'000);
    settings.selling.floor = BasisPoints(9'500);
    const Judgement full = decide(optimal_house(9'000, market, settings).state(), noon);
    CHECK(full.decision.action == Action::self_use);
    CHECK(tried(full.decision, Rule::sale_cap) == nullptr);
  }

  TEST_CASE("a sale that the house would take whole is the house's") {
    fold::PolicySettings settings = optimal_settings();
    settings.selling.enabled = true;
    ToldHouse house = optimal_house(9'000, blocks({{95, 4}, {20, 8}, {30, 8}}), settings);
    fb::ReadingRecordedT hungry = reading(9'000);
    hungry.load_power_w = 5'000;
    hungry.pv_power_w = 0;
    house.tell(noon, std::move(hungry));
    const fb::DecisionMadeT decision = decide(house.state(), noon).decision;
    CHECK(decision.action == Action::self_use);
    CHECK(decision.rule == Rule::sale_limits);
    CHECK(tried(decision, Rule::sale_limits)->numbers == std::vector<std::int64_t>{14, 0});
  }

  TEST_CASE("what may be sold is sold where it earns most") {
    const auto market = blocks({{90, 1}, {80, 2}, {99, 1}, {10, 16}});
    fold::PolicySettings settings = optimal_settings();
    settings.load_default_day = MilliwattHours(0);
    settings.selling.enabled = true;
    settings.selling.floor = settings.soc_min;
    settings.selling.price_min = PriceE8(50'000'000);
    settings.selling.session_max = BasisPoints(10'000);
    settings.selling.day_max = BasisPoints(1'500);  // 1.5 kWh; a quarter sells 1.25
    const auto sold = [&](const fold::PolicySettings& with) {
      const Judgement judged = decide(optimal_house(9'000, market, with).state(), noon);
      REQUIRE(judged.plan);
      std::string from;  // quarters that sell
      for (std::size_t i = 0; i < judged.plan->actions.size(); ++i)
        if (judged.plan->actions[i] == Action::sell) from += std::to_string(i) + " ";
      return from;
    };
    CHECK(sold(settings) == "0 3 ");
    settings.selling.day_max = BasisPoints(10'000);
    settings.selling.session_max = BasisPoints(2'500);  // two quarters in a row
    CHECK(sold(settings) == "0 1 3 ");
  }

  TEST_CASE("no plan at all names the limit and the time") {
    fold::PolicySettings settings = optimal_settings();
    settings.import_max = Watts(500);  // the house needs 1 kW, and the battery is at its minimum
    const auto judged = decide(optimal_house(1'000, blocks({{40, 8}}), settings).state(), noon);
    CHECK(judged.decision.rule == Rule::plan_infeasible);
    CHECK(judged.decision.action == Action::self_use);
    CHECK(number(judged.decision, Rule::plan_infeasible, 0) ==
          static_cast<std::int64_t>(PlanObstacle::import_limit));
    CHECK(number(judged.decision, Rule::plan_infeasible, 1) == to_us(noon) / 1'000'000);
    CHECK_FALSE(judged.plan.has_value());
  }

  TEST_CASE("the plan tells every slot, its prices and forecasts, and what a stored kWh is worth") {
    const auto judged = decide(optimal_house(1'000, blocks({{20, 4}, {90, 40}})).state(), noon);
    REQUIRE(judged.plan);
    CHECK(judged.plan->policy == "optimal");
    CHECK(judged.plan->start_us == to_us(noon));
    REQUIRE(judged.plan->actions.size() == 44);
    CHECK(judged.plan->actions.front() == Action::charge);
    CHECK(judged.plan->battery_power_w.front() == -5'000);
    CHECK(judged.plan->price_e8.front() == 20'000'000);
    CHECK(judged.plan->feed_in_e8.front() == 20'000'000);
    CHECK(judged.plan->load_w.front() == 1'000);
    CHECK(judged.plan->pv_w.front() == 0);
    CHECK(judged.plan->soc_end_bp[3] == 6'000);  // four quarters at 5 kW into 10 kWh
    REQUIRE(judged.plan->stored_value_e8);
    CHECK(*judged.plan->stored_value_e8 > 20'000'000);
    CHECK(judged.plan->expected_saving_e8.value_or(0) > 0);
    CHECK(judged.decision.power_w == 5'000);
    CHECK(judged.decision.target_soc_bp == 6'000);
    CHECK(judged.decision.until_us == to_us(noon + minutes(60)));
  }

  TEST_CASE("within a slot what was decided stands, whatever the battery does meanwhile") {
    ToldHouse house = optimal_house(1'000, blocks({{20, 4}, {90, 40}}));
    Judgement first = decide(house.state(), noon);
    const auto power = first.decision.power_w;
    const auto target = first.decision.target_soc_bp;
    record(house, noon, std::move(first));
    const UtcTime later = noon + minutes(5);
    house.tell(later, reading(3'000));
    const auto again = decide(house.state(), later);
    CHECK(again.decision.action == Action::charge);
    CHECK(again.decision.rule == Rule::planned);
    CHECK(again.decision.power_w == power);
    CHECK(again.decision.target_soc_bp == target);
    CHECK(again.keeps_plan);
    CHECK_FALSE(again.plan.has_value());
  }

  TEST_CASE("a new forecast is news within the slot") {
    fold::PolicySettings settings = optimal_settings();
    settings.feed_in = fold::FeedIn::none;
    settings.anti_flap = seconds(0);
    ToldHouse house = optimal_house(1'000, blocks({{40, 8}, {45, 32}}), settings);
    record(house, noon, decide(house.state(), noon));
    CHECK(house.state().decision->action == Action::charge);
    const UtcTime later = noon + minutes(1);
    // The sun will fill the battery in two hours, and nobody pays for what is fed in.
    std::vector<std::int64_t> watts(40, 0);
    std::fill(watts.begin() + 8, watts.begin() + 16, 6'000);
    house.tell(later, sun(noon, std::move(watts)));
    house.tell(later, reading(1'100));
    const auto again = decide(house.state(), later);
    CHECK(again.decision.action == Action::self_use);
    CHECK(again.plan.has_value());
    CHECK(number(again.decision, Rule::plan_kept, 0) >= number(again.decision, Rule::plan_kept, 1));
  }

  TEST_CASE(
      "with the next slot the plan stands unless a new one gains enough, and the gain is told") {
    ToldHouse house = optimal_house(1'000, blocks({{20, 8}, {90, 40}}));
    record(house, noon, decide(house.state(), noon));
    const UtcTime next = noon + minutes(15);
    // A little less was charged than planned: what could be gained by that is a trifle.
    house.tell(next, reading(2'240));
    auto again = decide(house.state(), next);
    CHECK(again.decision.rule == Rule::plan_kept);
    CHECK(again.decision.action == Action::charge);
    CHECK(again.keeps_plan);
    CHECK(number(again.decision, Rule::plan_kept, 0) < 1'000'000);
    CHECK(number(again.decision, Rule::plan_kept, 1) == 1'000'000);
    // It is full before its time: the charge that stands in the plan keeps what is stored.
    house.tell(next, reading(10'000));
    again = decide(house.state(), next);
    CHECK(again.decision.action == Action::hold);
  }

  TEST_CASE("a longer horizon is planned anew") {
    ToldHouse house = optimal_house(1'000, blocks({{20, 8}, {90, 40}}));
    record(house, noon, decide(house.state(), noon));
    const UtcTime next = noon + minutes(15);
    house.tell(next, prices(series(noon + minutes(15) * 48, blocks({{50, 8}}))));
    house.tell(next, reading(2'250));
    const auto again = decide(house.state(), next);
    REQUIRE(again.plan);
    CHECK(again.plan->actions.size() == 55);
    CHECK(tried(again.decision, Rule::plan_kept) == nullptr);
  }

  TEST_CASE("a change of mode that gains less than the threshold is left out") {
    PlanProblem problem;
    for (int i = 0; i < 8; ++i) {
      PlanSlot slot;
      // One quarter a hundredth cheaper than the others.
      slot.import_price = PriceE8(i == 3 ? 49'000'000 : 50'000'000);
      slot.load = energy_in(Watts(1'000), slot.length);
      slot.charge_max = slot.discharge_max = energy_in(Watts(5'000), slot.length);
      problem.slots.push_back(slot);
    }
    problem.terminal_value = PriceE8(50'000'000);
    problem.start = Energy(1'000'000'000);
    problem.max = Energy(1'000'000'000);
    std::vector<Order> orders(8);
    orders[3] = {Action::hold, 0};
    CHECK(calmed(problem, orders, {}, MoneyE8(0)) == orders);
    CHECK(calmed(problem, orders, {}, MoneyE8(10'000'000)) == std::vector<Order>(8));
  }

  TEST_CASE("properties: limits hold, decisions repeat, a charge has a target above and an end") {
    CHECK(rc::check([] {
      fold::PolicySettings settings = optimal_settings();
      settings.charge_efficiency = BasisPoints(*rc::gen::inRange<std::int64_t>(8'000, 10'001));
      settings.discharge_efficiency = BasisPoints(*rc::gen::inRange<std::int64_t>(8'000, 10'001));
      settings.selling.enabled = *rc::gen::arbitrary<bool>();
      settings.selling.price_min = PriceE8(0);
      settings.terminal_value = BasisPoints(*rc::gen::inRange<std::int64_t>(0, 12'000));
      settings.wear = PriceE8(*rc::gen::inRange<std::int64_t>(0, 10'000'000));
      const int soc = *rc::gen::inRange(500, 10'001);
      const auto market = *rc::gen::container<std::vector<std::int64_t>>(
          48, rc::gen::inRange<std::int64_t>(-50'000'000, 150'000'000));
      ToldHouse house = optimal_house(soc, market, settings);
      const auto watts = *rc::gen::container<std::vector<std::int64_t>>(
          48, rc::gen::inRange<std::int64_t>(0, 8'000));
      house.tell(noon, sun(noon, watts));
      const UtcTime now = noon + seconds(*rc::gen::inRange(0, 180));
      const auto judged = decide(house.state(), now);
      const fb::DecisionMadeT& decision = judged.decision;
      RC_ASSERT(canonical_bytes(decision) == canonical_bytes(decide(house.state(), now).decision));
      const bool refused = decision.rule == Rule::sale_floor || decision.rule == Rule::sale_cap ||
                           decision.rule == Rule::sale_limits;
      RC_ASSERT((decision.rule == Rule::planned || (refused && settings.selling.enabled)));
      if (decision.action == Action::charge) {
        RC_ASSERT(*decision.target_soc_bp >= soc);
        RC_ASSERT(*decision.target_soc_bp <= settings.soc_max.count());
        RC_ASSERT(*decision.power_w <= settings.charge_power_max.count());
      }
      if (decision.action == Action::sell) {
        RC_ASSERT(settings.selling.enabled);
        RC_ASSERT(*decision.target_soc_bp >= settings.selling.floor.count());
        RC_ASSERT(*decision.power_w <= settings.discharge_power_max.count());
      }
      if (decision.until_us) RC_ASSERT(utc_from_us(*decision.until_us) > now);
      for (const std::uint16_t level : judged.plan->soc_end_bp)
        RC_ASSERT(level <= settings.soc_max.count());
    }));
  }

  // Where buying costs no less than feeding in earns, so that more stored is never worth more.
  TEST_CASE("properties: more SOC never makes it charge more, all else equal") {
    CHECK(rc::check([] {
      fold::PolicySettings settings = optimal_settings();
      settings.charge_efficiency = BasisPoints(*rc::gen::inRange<std::int64_t>(8'000, 10'001));
      settings.discharge_efficiency = BasisPoints(*rc::gen::inRange<std::int64_t>(8'000, 10'001));
      settings.plan_gain_min = MoneyE8(*rc::gen::inRange<std::int64_t>(0, 30'000'000));
      settings.terminal_value = BasisPoints(*rc::gen::inRange<std::int64_t>(0, 12'000));
      settings.wear = PriceE8(*rc::gen::inRange<std::int64_t>(0, 10'000'000));
      ToldHouse house = optimal_house(5'000,
                                      *rc::gen::container<std::vector<std::int64_t>>(
                                          48, rc::gen::inRange<std::int64_t>(0, 150'000'000)),
                                      settings);
      house.tell(noon, sun(noon, *rc::gen::container<std::vector<std::int64_t>>(
                                     48, rc::gen::inRange<std::int64_t>(0, 4'000))));
      const auto judged = [&](int soc_bp) {
        fold::State state = house.state();
        state.reading->soc = BasisPoints(soc_bp);
        return decide(state, noon).decision;
      };
      const int full_bp = *rc::gen::inRange(501, 10'001);
      const fb::DecisionMadeT full = judged(full_bp);
      if (full.action != Action::charge) return;
      for (int i = 0; i < 4; ++i) {
        const int soc_bp = *rc::gen::inRange(500, full_bp);
        RC_LOG() << full_bp << " charges, " << soc_bp << "\n";
        RC_ASSERT(judged(soc_bp).action == Action::charge);
      }
    }));
  }
}

}  // namespace wattledger::policy
