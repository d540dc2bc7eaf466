// What the fold makes of charges and sales: energy by the meter, money by the slots, and how a
// forced mode was left.
#include "projections/fold/sessions.hpp"

#include <rapidcheck.h>

#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

const UtcTime noon = at_s(12 * 3600);

// No tariff, what is fed in earns the market price.
PolicySettings bare_settings() {
  PolicySettings settings;
  settings.tariff_component = PriceE8(0);
  return settings;
}

// The meter's counters, in Wh, and powers; a charge has negative ones.
struct Meter {
  std::optional<std::int64_t> charged{}, bought{}, discharged{}, sold{};
  std::optional<int> battery_w{}, grid_w{};
  int soc_bp = 5'000;
};

fb::ReadingRecordedT reading_of(const Meter& meter) {
  fb::ReadingRecordedT fact = reading(meter.soc_bp);
  const auto counter = [](const std::optional<std::int64_t>& wh) {
    return wh ? flatbuffers::Optional<std::int64_t>(*wh * 1000)
              : flatbuffers::Optional<std::int64_t>();
  };
  fact.battery_charge_total_mwh = counter(meter.charged);
  fact.import_total_mwh = counter(meter.bought);
  fact.battery_discharge_total_mwh = counter(meter.discharged);
  fact.export_total_mwh = counter(meter.sold);
  if (meter.battery_w) fact.battery_power_w = *meter.battery_w;
  if (meter.grid_w) fact.grid_power_w = *meter.grid_w;
  return fact;
}

fb::ChargingSessionChangedT charge(fb::SessionChange change, UtcTime started = noon) {
  fb::ChargingSessionChangedT fact;
  fact.session = "charge-1";
  fact.change = change;
  fact.started_us = to_us(started);
  return fact;
}

fb::SellingSessionChangedT sale(fb::SessionChange change, std::optional<int> end_soc_bp = {}) {
  fb::SellingSessionChangedT fact;
  fact.session = "sale-1";
  fact.change = change;
  if (end_soc_bp) fact.end_soc_bp = static_cast<std::uint16_t>(*end_soc_bp);
  return fact;
}

fb::CommandConfirmedT confirmed(fb::InverterMode mode, std::optional<UtcTime> until = {}) {
  fb::CommandConfirmedT fact;
  fact.mode = mode;
  if (until) fact.until_us = to_us(*until);
  return fact;
}

// A house at noon whose market price is 1.00 per kWh until 12:15 and 2.00 until 12:30.
ToldHouse priced_house() {
  ToldHouse house;
  house.tell(noon, warsaw())
      .tell(noon, adopted(bare_settings()))
      .tell(noon, prices(series(noon, {100'000'000, 200'000'000})));
  return house;
}

// … in which a charge began with a reading at noon, until 13:00.
ToldHouse charging_house(const Meter& at_noon) {
  ToldHouse house = priced_house();
  house.tell(noon, confirmed(fb::InverterMode::charge, noon + hours(1)))
      .tell(noon, reading_of(at_noon))
      .tell(noon, charge(fb::SessionChange::started));
  return house;
}

const Session& charge_of(const ToldHouse& house) {
  REQUIRE(house.state().sessions.charge.has_value());
  return *house.state().sessions.charge;
}

}  // namespace

TEST_SUITE("fold/sessions") {
  TEST_CASE("a charge is the difference of the counters, priced slot by slot") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + minutes(15), reading_of({.charged = 11'000, .bought = 51'200}));
    CHECK(charge_of(house).battery == MilliwattHours(1'000'000));
    CHECK(charge_of(house).grid == MilliwattHours(1'000'000));
    CHECK(charge_of(house).money == MoneyE8(100'000'000));
    CHECK(charge_of(house).metered == minutes(15));
    CHECK(charge_of(house).unmetered == seconds(0));
    house.tell(noon + minutes(30), reading_of({.charged = 11'500, .bought = 51'500}));
    CHECK(charge_of(house).battery == MilliwattHours(1'500'000));
    CHECK(charge_of(house).money == MoneyE8(200'000'000));
    CHECK(charge_of(house).unpriced == seconds(0));
  }

  TEST_CASE("what the sun gave was not bought") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + minutes(15), reading_of({.charged = 11'000, .bought = 50'250}));
    CHECK(charge_of(house).battery == MilliwattHours(1'000'000));
    CHECK(charge_of(house).grid == MilliwattHours(250'000));
    CHECK(charge_of(house).money == MoneyE8(25'000'000));
  }

  TEST_CASE("a slot's boundary inside a pair of readings parts the energy by time") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + minutes(20), reading_of({.charged = 11'200, .bought = 51'200}));
    // 15 of 20 minutes at 1.00, 5 at 2.00.
    CHECK(charge_of(house).money == MoneyE8(90'000'000 + 60'000'000));
  }

  TEST_CASE("time without a price is said, and what is priced is paid") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + minutes(40), reading_of({.charged = 12'000, .bought = 52'000}));
    CHECK(charge_of(house).unpriced == minutes(10));
    CHECK(charge_of(house).metered == minutes(40));
    CHECK(charge_of(house).money == MoneyE8(75'000'000 + 150'000'000));
  }

  TEST_CASE("a counter that was set back leaves powers, where they are near enough") {
    ToldHouse house = charging_house(
        {.charged = 10'000, .bought = 50'000, .battery_w = -3'000, .grid_w = -3'200});
    house.tell(noon + minutes(2),
               reading_of({.charged = 5, .bought = 50'110, .battery_w = -3'000, .grid_w = -3'200}));
    CHECK(charge_of(house).battery == MilliwattHours(100'000));
    house.tell(noon + minutes(3), reading_of({.charged = 60, .bought = 50'165}));
    CHECK(charge_of(house).battery == MilliwattHours(155'000));
    CHECK(charge_of(house).unmetered == seconds(0));
  }

  TEST_CASE("a counter that was set back over a long gap is time that nobody knows of") {
    ToldHouse house = charging_house(
        {.charged = 10'000, .bought = 50'000, .battery_w = -3'000, .grid_w = -3'200});
    house.tell(noon + minutes(20),
               reading_of({.charged = 5, .bought = 51'000, .battery_w = -3'000, .grid_w = -3'200}));
    CHECK(charge_of(house).unmetered == minutes(20));
    CHECK(charge_of(house).metered == seconds(0));
    CHECK(charge_of(house).battery == MilliwattHours(0));
  }

  TEST_CASE("a gap with counters on both sides is bridged, an implausible reading stepped over") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    fb::ReadingRecordedT stuck = reading_of({.charged = 99'000, .bought = 99'000});
    stuck.quality = fb::Quality::implausible;
    house.tell(noon + minutes(5), stuck)
        .tell(noon + minutes(45), reading_of({.charged = 12'250, .bought = 52'250}));
    CHECK(charge_of(house).battery == MilliwattHours(2'250'000));
    CHECK(charge_of(house).metered == minutes(45));
  }

  TEST_CASE("coarse counters that move a minute apart are of the same energy") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    std::int64_t charged = 10'000, bought = 50'000;
    for (int minute = 1; minute <= 12; ++minute) {
      (minute % 2 == 0 ? charged : bought) += 100;
      house.tell(noon + minutes(minute), reading_of({.charged = charged, .bought = bought}));
    }
    CHECK(charge_of(house).battery == MilliwattHours(600'000));
    CHECK(charge_of(house).grid == MilliwattHours(600'000));
  }

  TEST_CASE("what one meter may wait for the other is bounded") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + minutes(10), reading_of({.charged = 11'000, .bought = 50'000}))
        .tell(noon + minutes(20), reading_of({.charged = 11'000, .bought = 51'000}));
    CHECK(charge_of(house).grid == counter_lag_max);
  }

  TEST_CASE("a charge begun between two readings is metered by the power at the first") {
    ToldHouse house = priced_house();
    house.tell(noon - seconds(30), reading_of({.charged = 10'000, .bought = 50'000}))
        .tell(noon, charge(fb::SessionChange::started))
        .tell(noon + minutes(1),
              reading_of(
                  {.charged = 10'090, .bought = 50'090, .battery_w = -3'600, .grid_w = -3'600}));
    CHECK(charge_of(house).battery == MilliwattHours(60'000));
    CHECK(charge_of(house).metered == minutes(1));
  }

  TEST_CASE("a clock set back costs no energy: the counters go on") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + minutes(10), reading_of({.charged = 10'500, .bought = 50'500}));
    fb::ClockSteppedT stepped;
    stepped.after_us = to_us(noon + minutes(5));
    house.tell(noon + minutes(5), stepped)
        .tell(noon + minutes(6), reading_of({.charged = 10'600, .bought = 50'600}));
    CHECK(charge_of(house).battery == MilliwattHours(600'000));
    CHECK(charge_of(house).started_at == noon);
    CHECK(charge_of(house).metered == minutes(11));
  }

  TEST_CASE("after the mode's end nothing counts, but for a reading within a minute") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + hours(1) + seconds(50), reading_of({.charged = 13'000, .bought = 53'000}));
    CHECK(charge_of(house).battery == MilliwattHours(3'000'000));
    house.tell(noon + hours(2), reading_of({.charged = 16'000, .bought = 56'000}));
    CHECK(charge_of(house).battery == MilliwattHours(3'000'000));
    CHECK(charge_of(house).unmetered == seconds(0));
  }

  TEST_CASE("who was away until after the end does not know what was charged") {
    ToldHouse house = charging_house({.charged = 10'000, .bought = 50'000});
    house.tell(noon + hours(3), reading_of({.charged = 19'000, .bought = 59'000}));
    CHECK(charge_of(house).battery == MilliwattHours(0));
    CHECK(charge_of(house).unmetered == hours(1));
  }

  TEST_CASE("how the mode was left") {
    const auto left = [](auto fact, UtcTime at) {
      ToldHouse house = charging_house({});
      house.tell(at, fact);
      return charge_of(house);
    };
    const UtcTime then = noon + minutes(20);
    fb::ForeignChangeSeenT foreign;
    foreign.mode_found = fb::InverterMode::general;
    fb::CoordinatorStoppedT stopped;
    stopped.inverter_released = true;
    struct Row {
      const char* name;
      Session session;
      LeftBy by;
      std::optional<UtcTime> at;
    };
    const std::vector<Row> rows = {
        {"renewed",
         left(confirmed(fb::InverterMode::charge, noon + hours(2)), then),
         LeftBy::nobody,
         {}},
        {"renewed in the moment of its end",
         left(confirmed(fb::InverterMode::charge, noon + hours(2)), noon + hours(1) + seconds(30)),
         LeftBy::nobody,
         {}},
        {"ended by command", left(confirmed(fb::InverterMode::general), then), LeftBy::command,
         then},
        {"somebody else's hand", left(foreign, then), LeftBy::foreign_hand, then},
        {"the coordinator stopped", left(stopped, then), LeftBy::stop, then},
        {"entered anew after its end",
         left(confirmed(fb::InverterMode::charge, noon + hours(4)), noon + hours(3)),
         LeftBy::itself, noon + hours(1)}};
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(row.session.left_by == row.by);
      CHECK(row.session.left_at == row.at);
      CHECK(row.session.left_with == (row.at ? Sequence{7} : Sequence{0}));
    }
  }

  TEST_CASE("a decision that goes on with a charge moves its end and target") {
    ToldHouse house = charging_house({});
    fb::DecisionMadeT decision;
    decision.action = fb::Action::charge;
    decision.until_us = to_us(noon + hours(2));
    decision.target_soc_bp = static_cast<std::uint16_t>(8'500);
    house.tell(noon + minutes(15), decision);
    CHECK(charge_of(house).planned_end == noon + hours(2));
    CHECK(charge_of(house).target_soc == BasisPoints(8'500));
    CHECK(charge_of(house).decision == house.last());
    decision.action = fb::Action::self_use;
    decision.until_us = to_us(noon + hours(3));
    house.tell(noon + minutes(30), decision);
    CHECK(charge_of(house).planned_end == noon + hours(2));
  }

  TEST_CASE("an ended charge is remembered; one of another name ends nothing") {
    ToldHouse house = charging_house({});
    fb::ChargingSessionChangedT other = charge(fb::SessionChange::completed);
    other.session = "charge-2";
    house.tell(noon + minutes(20), other);
    CHECK(house.state().sessions.charge.has_value());
    fb::ChargingSessionChangedT ended = charge(fb::SessionChange::completed);
    ended.end_soc_bp = static_cast<std::uint16_t>(8'800);
    house.tell(noon + minutes(30), ended);
    CHECK_FALSE(house.state().sessions.charge.has_value());
    CHECK(house.state().sessions.charged_to == BasisPoints(8'800));
    CHECK(house.state().sessions.charge_ended_at == noon + minutes(30));
    CHECK(house.state().sessions.charges == 1);
  }

  TEST_CASE("a sale earns what is fed in, and counts for its local day") {
    ToldHouse house = priced_house();
    house.tell(noon, reading_of({.discharged = 7'000, .sold = 3'000, .soc_bp = 9'000}));
    fb::SellingSessionChangedT started = sale(fb::SessionChange::started);
    started.started_us = to_us(noon);
    house.tell(noon, started)
        .tell(noon + minutes(15), reading_of({.discharged = 8'000, .sold = 3'800}));
    REQUIRE(house.state().sessions.sale.has_value());
    CHECK(house.state().sessions.sale->battery == MilliwattHours(1'000'000));
    CHECK(house.state().sessions.sale->grid == MilliwattHours(800'000));
    CHECK(house.state().sessions.sale->money == MoneyE8(80'000'000));
    house.tell(noon + minutes(15), sale(fb::SessionChange::completed, 7'700));
    CHECK(house.state().sessions.sold == BasisPoints(1'300));
    CHECK(house.state().sessions.sales == 1);
    house.tell(noon + hours(24), sale(fb::SessionChange::started));
    CHECK(house.state().sessions.sold == BasisPoints(0));
    CHECK(house.state().sessions.sales == 1);
  }

  TEST_CASE("the day's plan is remembered, with what became of its sessions") {
    fb::DailyPlanChangedT plan;
    plan.day = 20'362;
    for (int i = 0; i < 100; ++i) {
      auto planned = std::make_unique<fb::PlannedSessionT>();
      planned->session = "charge-" + std::to_string(i);
      planned->start_us = to_us(noon + minutes(i));
      planned->end_us = to_us(noon + minutes(i + 1));
      plan.sessions.push_back(std::move(planned));
    }
    ToldHouse house;
    house.tell(noon, plan);
    CHECK(house.state().sessions.planned_day == 20'362);
    REQUIRE(house.state().sessions.planned.size() == planned_sessions_max);
    const auto change = [&] { return house.state().sessions.planned[1].change; };
    CHECK(change() == fb::SessionChange::planned);
    house.tell(noon, charge(fb::SessionChange::started));
    CHECK(change() == fb::SessionChange::started);
    house.tell(noon, charge(fb::SessionChange::progressed));
    CHECK(change() == fb::SessionChange::started);
    house.tell(noon, charge(fb::SessionChange::failed));
    CHECK(change() == fb::SessionChange::failed);
  }

  TEST_CASE("property: a charge's energy is the difference of its first and last counter") {
    CHECK(rc::check("random steps", [] {
      const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
          rc::gen::pair(rc::gen::inRange(1, 180), rc::gen::inRange(0, 4)));
      ToldHouse house = charging_house({.charged = 1'000, .bought = 500'000});
      house.tell(noon, confirmed(fb::InverterMode::charge));  // tells no end
      std::int64_t charged = 1'000, bought = 500'000;
      UtcTime at = noon;
      for (const auto& [gap_s, hundreds] : steps) {
        at += seconds(gap_s);
        charged += hundreds * 100;
        bought += hundreds * 100 + 7;
        house.tell(at, reading_of({.charged = charged, .bought = bought}));
      }
      const Session& session = charge_of(house);
      RC_ASSERT(session.battery == MilliwattHours((charged - 1'000) * 1000));
      RC_ASSERT(session.grid <= session.battery);
      RC_ASSERT(session.metered + session.unmetered == std::chrono::floor<seconds>(at - noon));
      RC_ASSERT(session.unpriced <= session.metered);
    }));
  }
}

}  // namespace wattledger::fold
