// Selling in policy `tiered`: what forbids a sale, rule by rule, and what a sale says.
#include "coordinator/policy/sale.hpp"

#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::Outcome;
using fb::Rule;
using fb::SessionChange;
using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t c = 1'000'000;

// 1.50 for the whole horizon: dearer than anything that charges, and nothing better to come.
TieredHouse dear(int soc_bp, const fold::PolicySettings& settings = selling_settings()) {
  return TieredHouse(soc_bp, settings).prices(quarters(48, 150));
}

TieredHouse selling(int soc_bp, int start_bp,
                    const fold::PolicySettings& settings = selling_settings()) {
  return dear(soc_bp, settings)
      .sale(SessionChange::started, start_bp, minutes(60))
      .last(Action::sell, Rule::sale, minutes(60), 5'000);
}

struct SaleRow {
  std::string name;
  TieredHouse house;
  Rule forbids;  // Rule::sale: nothing does
  Numbers numbers;
};

// An idle battery goes on serving the house for what stood against its charge, a sale that runs
// ends by what forbids it.
void check_sales(const std::vector<SaleRow>& rows, bool running) {
  for (const SaleRow& row : rows) {
    CAPTURE(row.name);
    const fb::DecisionMadeT decision = row.house.decision();
    const bool sold = row.forbids == Rule::sale;
    CHECK(decision.action == (sold ? Action::sell : Action::self_use));
    const fb::TriedRuleT* found = tried(decision, row.forbids);
    REQUIRE(found != nullptr);
    CHECK(found->numbers == row.numbers);
    const bool ends = sold || running;
    CHECK(found->outcome == (sold ? Outcome::chosen : Outcome::rejected));
    CHECK((decision.rule == row.forbids) == ends);
  }
}

fold::PolicySettings with_hours(std::uint32_t mask) {
  fold::PolicySettings settings = selling_settings();
  settings.selling.hours = mask;
  return settings;
}

}  // namespace

TEST_SUITE("policy/sale") {
  TEST_CASE("truth table: a sale begins") {
    fold::PolicySettings no_export = selling_settings();
    no_export.export_max = Watts(0);
    fold::PolicySettings full_start = selling_settings();
    full_start.selling.start = BasisPoints(4'000);
    const auto sold = [](int start_bp, int end_bp, int sales, minutes ago = minutes(90)) {
      TieredHouse house = dear(9'000);
      for (int i = 0; i < sales; ++i)
        house.sale(SessionChange::started, start_bp, ago, std::to_string(i))
            .sale(SessionChange::completed, end_bp, ago - minutes(10), std::to_string(i));
      return house;
    };
    check_sales(
        {
            {"dear, full", dear(8'000), Rule::sale, {150 * c, 80 * c}},
            {"not in this hour",
             dear(9'000, with_hours(0x00FFBFFF)),
             Rule::sale_limits,
             {14, 5'000}},
            {"no export", dear(9'000, no_export), Rule::sale_limits, {14, 0}},
            {"below the start", dear(7'999), Rule::sale_floor, {7'999, 8'000}},
            {"start below the floor", dear(5'000, full_start), Rule::sale_floor, {5'000, 5'000}},
            {"just above the floor", dear(5'001, full_start), Rule::sale, {150 * c, 80 * c}},
            {"sold twice today",
             sold(9'000, 8'500, 2),
             Rule::sale_cap,
             {0, 2'000, 1'000, 4'000, 2, 2}},
            {"sold twice, but yesterday",
             sold(9'900, 5'900, 2, hours(15)),
             Rule::sale,
             {150 * c, 80 * c}},
            {"sold once", sold(9'000, 8'500, 1), Rule::sale, {150 * c, 80 * c}},
            {"sold much today",
             sold(9'900, 5'900, 1),
             Rule::sale_cap,
             {0, 2'000, 4'000, 4'000, 1, 2}},
            {"almost as much", sold(9'900, 5'901, 1), Rule::sale, {150 * c, 80 * c}},
            {"cheap",
             TieredHouse(9'000, selling_settings()).prices(quarters(48, 79)),
             Rule::sale_price,
             {79 * c, 80 * c}},
            {"dear enough",
             TieredHouse(9'000, selling_settings()).prices(quarters(48, 80)),
             Rule::sale,
             {80 * c, 80 * c}},
            {"sun", dear(9'000).sun(600, 600), Rule::sale_sun, {600, 600}},
            {"less sun than load", dear(9'000).sun(599, 600), Rule::sale, {150 * c, 80 * c}},
            {"dark, no load", dear(9'000).sun(0, 0), Rule::sale, {150 * c, 80 * c}},
        },
        /*running=*/false);
  }

  TEST_CASE("truth table: a sale goes on, and ends by what forbids it") {
    fold::PolicySettings free_session = selling_settings();
    free_session.selling.session_max = BasisPoints(10'000);
    fold::PolicySettings free_caps = free_session;
    free_caps.selling.day_max = BasisPoints(10'000);
    check_sales(
        {
            {"below the start", selling(7'001, 9'000), Rule::sale, {150 * c, 80 * c}},
            {"at the floor", selling(5'000, 9'000, free_caps), Rule::sale_floor, {5'000, 5'000}},
            {"the session's share sold",
             selling(7'000, 9'000),
             Rule::sale_cap,
             {2'000, 2'000, 2'000, 4'000, 1, 2}},
            {"the day's share sold",
             selling(5'400, 9'400, free_session),
             Rule::sale_cap,
             {4'000, 10'000, 4'000, 4'000, 1, 2}},
            {"not in this hour",
             selling(8'000, 9'000, with_hours(0x00FFBFFF)),
             Rule::sale_limits,
             {14, 5'000}},
            {"sun", selling(8'000, 9'000).sun(900, 600), Rule::sale_sun, {900, 600}},
        },
        /*running=*/true);
  }

  TEST_CASE("a sale leaves the connection's limit to the sun, and does not count on the load") {
    fold::PolicySettings settings = selling_settings();
    settings.export_max = Watts(4'000);
    CHECK(dear(9'000, settings).sun(0, 900).decision().power_w == 4'000);
    CHECK(dear(9'000, settings).sun(300, 900).decision().power_w == 3'500);
    settings.export_max = Watts(200);
    CHECK(dear(9'000, settings).sun(300, 900).decision().action != Action::sell);
  }

  TEST_CASE("what the house would take whole is no sale") {
    const fold::PolicySettings settings = selling_settings();  // 5 kW
    CHECK(dear(9'000, settings).sun(0, 4'999).decision().action == Action::sell);
    for (const int load_w : {5'000, 7'000}) {
      const fb::DecisionMadeT decision = dear(9'000, settings).sun(0, load_w).decision();
      CHECK(decision.action != Action::sell);
      CHECK(tried(decision, Rule::sale_limits)->numbers == Numbers{14, 0});
    }
  }

  TEST_CASE("a sale goes on in its slot, whatever better slots are to come") {
    const auto house = [] {
      return TieredHouse(9'000, selling_settings()).prices(quarters(1, 120) + quarters(4, 150));
    };
    CHECK(tried(house().decision(), Rule::sale_timing)->outcome == Outcome::rejected);
    const fb::DecisionMadeT running =
        house().last(Action::sell, Rule::sale, minutes(0), 5'000).decision();
    CHECK(running.action == Action::sell);
  }

  TEST_CASE("selling is off unless it is switched on") {
    const auto decision = dear(9'000, tiered_settings()).decision();
    CHECK(decision.action == Action::self_use);
    CHECK(decision.rule == Rule::battery_full);
    const fb::TriedRuleT* found = tried(decision, Rule::sale_limits);
    REQUIRE(found != nullptr);
    CHECK(found->outcome == Outcome::not_applicable);
    CHECK(found->numbers.empty());
  }

  TEST_CASE("the least price is a share of the median of seven days, once a day of them is known") {
    fold::PolicySettings settings = selling_settings();
    settings.selling.over_median = BasisPoints(15'000);
    const auto least = [&](const Quarters& before, std::int64_t now) {
      const auto decision =
          TieredHouse(9'000, settings).before(before).prices(Quarters{now}).decision();
      const fb::TriedRuleT* found = tried(decision, Rule::sale_price);
      REQUIRE(found != nullptr);
      REQUIRE(found->numbers.size() == 2);
      return found->numbers[1];
    };
    CHECK(least(quarters(94, 70), 100) == 80 * c);  // a quarter short of a day
    CHECK(least(quarters(95, 70), 100) == 105 * c);
    CHECK(least(quarters(48, 60) + quarters(47, 80), 80) == 105 * c);  // between 60 and 80
    CHECK(least(quarters(96, 60) + quarters(96, 80), 200) == 120 * c);
    CHECK(least(quarters(95, -70), 100) == 80 * c);  // never below the fixed one
    CHECK(least(quarters(80, 500) + quarters(671, 70), 100) == 105 * c);  // the eighth day is over
  }

  TEST_CASE("truth table: what is sold is not bought back dearer") {
    fold::PolicySettings settings = selling_settings();
    settings.discharge_power_max = Watts(4'000);  // 1 kWh a slot, so 9 kWh less 1 are left
    settings.tariff_component = PriceE8(c);       // to buy is dearer than to sell
    settings.soc_min = BasisPoints(0);
    settings.selling.floor = BasisPoints(0);
    fold::PolicySettings losses = settings;
    losses.charge_efficiency = BasisPoints(8'000);
    fold::PolicySettings wear = settings;
    wear.wear = PriceE8(10 * c);
    const auto house = [&](const fold::PolicySettings& with, std::int64_t load_w, Quarters then) {
      return TieredHouse(9'000, with)
          .prices(quarters(32, 150) + std::move(then))
          .load_forecast(std::vector<std::int64_t>(12, load_w));
    };
    const Quarters dear_on = quarters(16, 150);
    std::vector<std::int64_t> morning(12, 0);
    morning[8] = 1'300;
    check_sales(
        {
            {"enough for all that is known",
             house(settings, 666, dear_on),
             Rule::sale,
             {150 * c, 80 * c}},
            {"too little", house(settings, 667, dear_on), Rule::sale_buy_back, {150 * c, 151 * c}},
            {"enough until the price falls",
             house(settings, 1'000, quarters(16, 20)),
             Rule::sale,
             {150 * c, 80 * c}},
            {"too little until the price falls",
             house(settings, 1'001, quarters(16, 20)),
             Rule::sale_buy_back,
             {150 * c, 151 * c}},
            {"cheap enough with the losses",
             house(losses, 1'000, quarters(16, 119)),
             Rule::sale,
             {150 * c, 80 * c}},
            {"too dear with the losses",
             house(losses, 1'000, quarters(16, 120)),
             Rule::sale_buy_back,
             {150 * c, 151'250'000}},
            {"cheap enough with wear",
             house(wear, 1'000, quarters(16, 139)),
             Rule::sale,
             {150 * c, 80 * c}},
            {"too dear with wear",
             house(wear, 1'000, quarters(16, 140)),
             Rule::sale_buy_back,
             {150 * c, 151 * c}},
            {"enough until the sun",
             house(settings, 1'000, dear_on).pv_forecast(morning),
             Rule::sale,
             {150 * c, 80 * c}},
            {"needed where no price is known",
             house(settings, 700, {}),
             Rule::sale_buy_back,
             {150 * c}},
        },
        /*running=*/false);
  }

  TEST_CASE("without a forecast the house is taken to need the policy's day, evenly") {
    fold::PolicySettings settings = selling_settings();
    settings.discharge_power_max = Watts(4'000);
    settings.selling.floor = BasisPoints(0);
    settings.soc_min = BasisPoints(0);
    settings.tariff_component = PriceE8(c);
    settings.load_default_day = MilliwattHours(15'984'000);  // 666 W
    CHECK(dear(9'000, settings).decision().rule == Rule::sale);
    settings.load_default_day = MilliwattHours(16'008'000);  // 667 W
    CHECK(tried(dear(9'000, settings).decision(), Rule::sale_buy_back)->outcome ==
          Outcome::rejected);
  }

  TEST_CASE("truth table: a better hour is to come") {
    fold::PolicySettings settings = selling_settings();
    settings.discharge_power_max = Watts(4'000);  // 40 % are four slots
    const auto house = [&](std::size_t better) {
      return TieredHouse(9'000, settings)
          .prices(Quarters{120} + quarters(10, 100) + quarters(better, 130) + quarters(4, 120));
    };
    Quarters night = Quarters{120} + quarters(34, 100) + quarters(8, 150);
    check_sales(
        {
            {"as many better ones as it fills", house(4), Rule::sale_timing, {120 * c, 130 * c}},
            {"fewer", house(3), Rule::sale, {120 * c, 80 * c}},
            {"no sale at that hour",
             TieredHouse(9'000, settings).prices(night),
             Rule::sale,
             {120 * c, 80 * c}},
        },
        /*running=*/false);
  }

  TEST_CASE("a sale says how much, down to where, until when, and what it earns") {
    fold::PolicySettings settings = selling_settings();
    settings.export_max = Watts(3'000);
    settings.discharge_efficiency = BasisPoints(9'000);
    const auto decision = TieredHouse(9'000, settings)
                              .prices(quarters(6, 150) + quarters(20, 60))
                              .decision(minutes(1));
    CHECK(decision.action == Action::sell);
    CHECK(decision.power_w == 3'000);
    CHECK(decision.target_soc_bp == 7'000);
    CHECK(decision.until_us == to_us(noon + minutes(45)));  // 20 % are 1.8 kWh: 0.7, 0.75, 0.35
    CHECK(decision.expected_energy_mwh == 700'000);
    CHECK(decision.expected_cost_e8 == -105 * c);
    CHECK_FALSE(decision.expected_saving_e8.has_value());
    CHECK(decision.price_e8 == 150 * c);
    const auto floor = dear(8'000).sale(SessionChange::started, 9'500, minutes(90));
    CHECK(floor.decision().target_soc_bp == 7'500);  // what the session may still sell
  }

  TEST_CASE("a start waits out anti-flap, an end does not") {
    const auto after = [](Action action, Rule rule, minutes ago) {
      return dear(9'000).last(action, rule, ago, 10'000).decision();
    };
    CHECK(after(Action::self_use, Rule::price_too_high, minutes(14)).rule == Rule::anti_flap);
    CHECK(after(Action::self_use, Rule::price_too_high, minutes(15)).rule == Rule::sale);
    const auto held = after(Action::charge, Rule::super_cheap, minutes(14));
    CHECK(held.action == Action::charge);
    CHECK(held.rule == Rule::anti_flap);
    const auto ended = TieredHouse(9'000, selling_settings())
                           .prices(quarters(48, 60))
                           .last(Action::sell, Rule::sale, minutes(1), 7'000)
                           .decision();
    CHECK(ended.action == Action::self_use);
    CHECK(ended.rule == Rule::sale_price);
  }

  TEST_CASE("a sale whose start nobody knows may take no more") {
    fold::PolicySettings settings = selling_settings();
    TieredHouse house = dear(9'000, settings);
    fb::SellingSessionChangedT fact;
    fact.session = "sale";
    fact.change = SessionChange::started;
    house.tell(fact);
    CHECK(tried(house.decision(), Rule::sale_cap)->numbers ==
          Numbers{2'000, 2'000, 2'000, 4'000, 1, 2});
  }
}

}  // namespace wattledger::policy
