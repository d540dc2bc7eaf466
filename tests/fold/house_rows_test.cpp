#include "projections/fold/house_rows.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <vector>

#include "tests/fold/legacy_events.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

fb::ReadingRecordedT powers(int pv_w, int load_w, int grid_w, int battery_w = 0) {
  fb::ReadingRecordedT fact;
  fact.pv_power_w = pv_w;
  fact.load_power_w = load_w;
  fact.grid_power_w = grid_w;
  fact.battery_power_w = battery_w;
  return fact;
}

const UtcTime noon = autumn_change + hours(24 * 10 + 10);  // 2025-11-05T12:00 in Warsaw

EnergySums total(const std::vector<EnergyHourRow>& rows) {
  EnergySums sums;
  for (const EnergyHourRow& row : rows) sums += row.sums;
  return sums;
}

TEST_SUITE("fold/house_rows") {
  TEST_CASE("power over time is energy, to its local hour, in the direction of its sign") {
    LegacyHouse house;
    house.tell(noon - minutes(5), powers(1'000, 600, 400));
    const auto rows = only<EnergyHourRow>(house.tell(noon + minutes(5), powers(1'000, 600, 400)));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].start == noon - hours(1));
    CHECK(iso_text(rows[0].local) == "2025-11-05T11:00:00");
    CHECK(rows[1].start == noon);
    for (const EnergyHourRow& row : rows) {
      CHECK(row.sums.covered_s == 300);
      CHECK(row.sums.pv_mwh == 83'333);
      CHECK(row.sums.load_mwh == 50'000);
      CHECK(row.sums.export_mwh == doctest::Approx(33'333));
      CHECK(row.sums.import_mwh == 0);
      CHECK(row.sums.priced_s == 0);  // no price is known
      CHECK(row.sums.load_cost_e8 == 0);
    }
  }

  TEST_CASE("the meter's counters tell, also over hours without readings") {
    LegacyHouse house;
    fb::ReadingRecordedT before = powers(0, 500, -500);
    before.import_total_mwh = 7'000'000;
    before.export_total_mwh = 0;
    before.load_total_mwh = 9'000'000;
    house.tell(noon, before);
    fb::ReadingRecordedT after = before;
    after.import_total_mwh = 10'000'000;
    after.load_total_mwh = 12'000'000;
    const auto rows = only<EnergyHourRow>(house.tell(noon + hours(3), after));
    REQUIRE(rows.size() == 3);
    for (const EnergyHourRow& row : rows) {
      CHECK(row.sums.import_mwh == 1'000'000);
      CHECK(row.sums.covered_s == 3'600);
      CHECK(row.sums.pv_mwh == 0);  // power alone says nothing of three hours
    }
  }

  TEST_CASE(
      "a reading that lost the grid's counters leaves what flowed to the next that has them") {
    LegacyHouse house;
    const auto told = [&](int minute, std::optional<std::int64_t> import_mwh) {
      fb::ReadingRecordedT fact = powers(0, 500, -500);
      if (!import_mwh) fact.grid_power_w.reset();
      if (import_mwh) fact.import_total_mwh = *import_mwh;
      return total(only<EnergyHourRow>(house.tell(noon + minutes(minute), fact))).import_mwh;
    };
    told(0, 7'000'000);
    CHECK(told(1, std::nullopt) == 0);
    CHECK(told(2, 7'020'000) == 20'000);
    CHECK(told(3, 7'030'000) == 10'000);
  }

  TEST_CASE("a publication of more slots than anybody publishes is cut") {
    LegacyHouse house;
    auto slots = std::make_unique<fb::SeriesT>();
    slots->start_us = to_us(noon);
    slots->step_s = 60;
    slots->values.resize(60'000);
    slots->absent.assign(50'000, 7);
    fb::PricesPublishedT fact;
    fact.kind = fb::PriceKind::intraday;
    fact.prices_e8.push_back(std::move(slots));
    CHECK(only<MarketPriceRow>(house.tell(noon, std::move(fact))).size() == market_slots_max);
  }

  TEST_CASE("a counter that goes back or leaps is not believed, its power is") {
    for (const std::int64_t next : {std::int64_t{5'000'000}, std::int64_t{900'000'000'000}}) {
      LegacyHouse house;
      fb::ReadingRecordedT before = powers(0, 600, -600);
      before.import_total_mwh = 7'000'000;
      house.tell(noon, before);
      fb::ReadingRecordedT after = before;
      after.import_total_mwh = next;
      const auto rows = only<EnergyHourRow>(house.tell(noon + minutes(5), after));
      REQUIRE(rows.size() == 1);
      CHECK(rows[0].sums.import_mwh == 50'000);
    }
  }

  TEST_CASE("silence without counters, a clock set back and another device add nothing") {
    LegacyHouse house;
    house.tell(noon, powers(0, 600, -600));
    CHECK(only<EnergyHourRow>(house.tell(noon + minutes(16), powers(0, 600, -600))).empty());
    CHECK(only<EnergyHourRow>(house.tell(noon + minutes(10), powers(0, 600, -600))).empty());
    fb::ReadingRecordedT other = powers(0, 600, -600);
    other.device = 2;
    CHECK(only<EnergyHourRow>(house.tell(noon + minutes(11), other)).empty());
  }

  TEST_CASE("each quarter hour is priced by its own slot, what is unpriced is told apart") {
    LegacyHouse house;
    PolicySettings settings;
    house.adopt(settings);
    house.tell(noon - minutes(1),
               testing::prices(testing::series(noon, {40'000'000, 80'000'000, 20'000'000})));
    fb::ReadingRecordedT before = powers(0, 0, 0);
    before.import_total_mwh = 0;
    before.export_total_mwh = 0;
    before.load_total_mwh = 0;
    house.tell(noon, before);
    fb::ReadingRecordedT after = before;
    after.import_total_mwh = 4'000'000;
    after.load_total_mwh = 4'000'000;
    const auto rows = only<EnergyHourRow>(house.tell(noon + hours(1), after));
    REQUIRE(rows.size() == 1);
    const EnergySums& sums = rows[0].sums;
    const State& state = house.state();
    const PriceSlot* slot = price_at(state, noon);
    REQUIRE(slot != nullptr);
    const std::int64_t added = final_price(state, *slot).count() - 40'000'000;
    CHECK(sums.covered_s == 3'600);
    CHECK(sums.priced_s == 2'700);
    CHECK(sums.priced_import_mwh == 3'000'000);
    CHECK(sums.import_cost_e8 == 140'000'000 + 3 * added);
    CHECK(sums.load_cost_e8 == sums.import_cost_e8);
    CHECK(sums.price_seconds_e8 == 900 * (140'000'000 + 3 * added));
  }

  TEST_CASE(
      "what is fed in earns by the policy's rule, the market price unless it says otherwise") {
    const auto earned = [](FeedIn rule) {
      LegacyHouse house;
      PolicySettings settings;
      settings.tariff_vat = BasisPoints(2'300);
      settings.feed_in = rule;
      settings.feed_in_price = PriceE8(30'000'000);
      house.adopt(settings);
      house.tell(noon - minutes(1), testing::prices(testing::series(noon, {-5'000'000})));
      fb::ReadingRecordedT before = powers(0, 0, 0);
      before.export_total_mwh = 0;
      house.tell(noon, before);
      fb::ReadingRecordedT after = before;
      after.export_total_mwh = 2'000'000;
      const auto rows = only<EnergyHourRow>(house.tell(noon + minutes(15), after));
      REQUIRE(rows.size() == 1);
      return rows[0].sums.export_revenue_e8;
    };
    CHECK(earned(FeedIn::market) == -10'000'000);
    CHECK(earned(FeedIn::market_floored) == 0);
    CHECK(earned(FeedIn::fixed) == 60'000'000);
    CHECK(earned(FeedIn::none) == 0);
  }

  TEST_CASE("the repeated hour of autumn is two rows with the same wall clock") {
    LegacyHouse house;
    house.tell(autumn_change - minutes(5), powers(0, 600, -600));
    const auto rows =
        only<EnergyHourRow>(house.tell(autumn_change + minutes(5), powers(0, 600, -600)));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].local == rows[1].local);
    CHECK(rows[1].start - rows[0].start == hours(1));
  }

  TEST_CASE("cuts add up to the whole, to the milliwatt-hour and the second") {
    CHECK(rc::check("any interval", [] {
      State state;
      Metered from;
      from.at = noon + milliseconds(*rc::gen::inRange(0, 86'400'000));
      Metered to;
      to.at = from.at + milliseconds(*rc::gen::inRange(1, 86'400'000));
      const auto step = std::int64_t{*rc::gen::inRange(0, 1'000'000)};
      from.import_mwh = from.export_mwh = from.load_mwh = 5;
      to.import_mwh = to.load_mwh = 5 + step;
      to.export_mwh = 5;
      const auto rows = energy_between(state, from, to);
      const EnergySums sums = total(rows);
      RC_ASSERT(sums.import_mwh == step);
      RC_ASSERT(sums.load_mwh == step);
      RC_ASSERT(sums.export_mwh == 0);
      RC_ASSERT(std::abs(sums.covered_s - (to.at - from.at) / seconds(1)) <= 1);
      for (std::size_t i = 1; i < rows.size(); ++i)
        RC_ASSERT(rows[i].start - rows[i - 1].start == hours(1));
    }));
  }

  TEST_CASE("each slot of a publication is a row with its true start; absent ones are none") {
    LegacyHouse house;
    fb::PricesPublishedT fact =
        testing::prices(testing::series(noon, {1, 0, -3, 4}, 900, {0}), fb::PriceKind::day_ahead);
    fact.provider = "pse";
    fact.suspect = {3};
    const auto rows = only<MarketPriceRow>(house.tell(noon - hours(12), fact));
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].start == noon + minutes(15));
    CHECK(iso_text(rows[0].local) == "2025-11-05T12:15:00");
    CHECK(rows[0].price_e8 == 0);
    CHECK(rows[1].price_e8 == -3);
    CHECK(!rows[1].suspect);
    CHECK(rows[2].suspect);
    CHECK(rows[2].provider == "pse");
    CHECK(rows[2].currency == "PLN");
  }

  TEST_CASE("a decision's row names what it rests on") {
    LegacyHouse house;
    fb::DecisionMadeT fact;
    fact.action = fb::Action::hold;
    fact.rule = fb::Rule::none;
    fact.based_on = 1;
    fact.engine_revision = 7;
    fact.price_e8 = 50'000'000;
    fact.policy_digest = std::make_unique<fb::Digest256>(0xABU, 0U, 0U, 0U);
    fact.state_digest = std::make_unique<fb::Digest256>();
    const auto rows = only<DecisionAuditRow>(house.tell(noon, fact));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at == noon);
    CHECK(rows[0].based_on == Sequence{1});
    CHECK(rows[0].engine_revision == 7);
    CHECK(rows[0].price_e8 == 50'000'000);
    CHECK(rows[0].policy_digest.size() == 64);
    CHECK(rows[0].policy_digest.substr(0, 16) == "00000000000000ab");
    CHECK(!rows[0].expected_saving_e8);
  }
}

}  // namespace
}  // namespace wattledger::fold
