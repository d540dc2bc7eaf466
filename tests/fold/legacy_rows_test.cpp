#include "projections/fold/legacy_rows.hpp"

#include <set>

#include "tests/fold/legacy_events.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

fb::ReadingRecordedT reading() {
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = 4000;
  fact.pv_power_w = 0;
  fact.grid_power_w = -400;
  fact.load_power_w = 400;
  fact.battery_power_w = 0;
  fact.import_total_mwh = 5'000'050'000;
  return fact;
}

fb::DecisionMadeT decision(fb::Action action, fb::Rule rule,
                           std::vector<std::int64_t> numbers = {}) {
  fb::DecisionMadeT fact;
  fact.action = action;
  fact.rule = rule;
  fact.control_mode = fb::ControlMode::on;
  fact.policy_digest = std::make_unique<fb::Digest256>();
  fact.state_digest = std::make_unique<fb::Digest256>();
  auto tried = std::make_unique<fb::TriedRuleT>();
  tried->rule = rule;
  tried->outcome = fb::Outcome::chosen;
  tried->numbers = std::move(numbers);
  fact.tried.push_back(std::move(tried));
  return fact;
}

const UtcTime noon = autumn_change + hours(24 * 10 + 10);  // 2025-11-05T12:00 in Warsaw

TEST_SUITE("fold/legacy_rows") {
  TEST_CASE(
      "the first reading gives both rows at once, later ones at their cadence by event time") {
    LegacyHouse house;
    std::vector<int> energy;
    std::vector<int> states;
    for (int minute = 0; minute <= 11; ++minute) {
      const auto rows = house.tell(noon + minutes(minute), reading());
      if (!only<EnergyRow>(rows).empty()) energy.push_back(minute);
      if (!only<SystemStateRow>(rows).empty()) states.push_back(minute);
    }
    CHECK(energy == std::vector<int>{0, 5, 10});
    CHECK(states.size() == 12);
  }

  TEST_CASE("polls that jitter by some milliseconds lose no row") {
    LegacyHouse house;
    int energy = 0;
    int states = 0;
    for (int minute = 0; minute < 60; ++minute) {
      const auto jitter = milliseconds(minute % 3 == 0 ? 250 : minute % 3 == 1 ? -180 : 40);
      const auto rows = house.tell(noon + minutes(minute) + jitter, reading());
      energy += static_cast<int>(only<EnergyRow>(rows).size());
      states += static_cast<int>(only<SystemStateRow>(rows).size());
    }
    CHECK(energy == 12);
    CHECK(states == 60);
  }

  TEST_CASE("an extra reading between two polls is no row of its own") {
    LegacyHouse house;
    house.tell(noon, reading());
    const auto between = house.tell(noon + seconds(30), reading());
    CHECK(only<EnergyRow>(between).empty());
    CHECK(only<SystemStateRow>(between).empty());
    CHECK(only<SystemStateRow>(house.tell(noon + seconds(60), reading())).size() == 1);
  }

  TEST_CASE("the adopted policy's cadence holds") {
    LegacyHouse house;
    PolicySettings settings;
    settings.energy_row_every = seconds(120);
    settings.state_row_every = seconds(240);
    house.adopt(settings);
    house.tell(noon, reading());
    const auto rows = house.tell(noon + seconds(120), reading());
    CHECK(only<EnergyRow>(rows).size() == 1);
    CHECK(only<SystemStateRow>(rows).empty());
  }

  TEST_CASE("a clock set back by hours does not silence the tables") {
    LegacyHouse house;
    house.tell(noon, reading());
    const auto rows = house.tell(noon - hours(5), reading());
    CHECK(only<EnergyRow>(rows).size() == 1);
    CHECK(only<SystemStateRow>(rows).size() == 1);
    CHECK(only<EnergyRow>(house.tell(noon - hours(5) + minutes(5), reading())).size() == 1);
  }

  TEST_CASE("a reading that cannot be true is not projected") {
    LegacyHouse house;
    fb::ReadingRecordedT fact = reading();
    fact.quality = fb::Quality::implausible;
    const auto rows = house.tell(noon, fact);
    REQUIRE(rows.size() == 1);  // counted alone
    CHECK(only<QualityRow>(rows)[0].quality == fb::Quality::implausible);
  }

  TEST_CASE("the repeated hour gives every energy row a key of its own") {
    LegacyHouse house;
    PolicySettings settings;
    settings.energy_row_every = seconds(60);
    house.adopt(settings);
    std::set<std::string> keys;
    std::string in_second_pass;
    for (int minute = -180; minute < 180; ++minute) {
      const auto rows = only<EnergyRow>(house.tell(autumn_change + minutes(minute), reading()));
      REQUIRE(rows.size() == 1);
      CHECK(keys.insert(rows[0].timestamp).second);
      if (minute == 15) in_second_pass = rows[0].timestamp;
    }
    CHECK(in_second_pass == "2025-10-26T02:15:00.000001");
    CHECK(keys.count("2025-10-26T02:15:00") == 1);
    CHECK(keys.count("2025-10-26T03:00:00") == 1);
  }

  TEST_CASE("energy_data has the legacy units, and NULL for what is not known") {
    LegacyHouse house;
    fb::ReadingRecordedT fact = reading();
    fact.battery_voltage_mv = 402'100;
    fact.battery_temperature_mc = 22'500;
    fact.pv_today_mwh = 11'480'000;
    const auto rows = house.tell(noon + milliseconds(250), fact);
    const EnergyRow row = only<EnergyRow>(rows).at(0);
    CHECK(row.timestamp == "2025-11-05T12:00:00.250000");
    CHECK(row.battery_soc == 40.0);
    CHECK(row.grid_power == -400);
    CHECK(row.battery_voltage == 402.1);
    CHECK(row.battery_temperature == 22.5);
    CHECK(row.grid_import_total_kwh == 5000.05);
    CHECK(row.pv_generation_total_kwh == 11.48);
    CHECK_FALSE(row.grid_export_total_kwh.has_value());
    CHECK_FALSE(row.battery_current.has_value());
    CHECK_FALSE(row.price_pln.has_value());
    CHECK(row.tariff_zone == "T1");
    CHECK(rows[0].created_at() == "2025-11-05 11:00:00");
    CHECK(date_text(rows[0].local) == "2025-11-05");
    CHECK(rows[0].sequence == house.state().through);
  }

  TEST_CASE("a known price stands in the row as the final price") {
    LegacyHouse house;
    PolicySettings settings;
    settings.tariff_zones = g12_zones();
    house.adopt(settings);
    fb::PricesPublishedT prices;
    prices.kind = fb::PriceKind::day_ahead;
    prices.prices_e8.push_back(std::make_unique<fb::SeriesT>());
    prices.prices_e8[0]->start_us = to_us(noon);
    prices.prices_e8[0]->step_s = 900;
    prices.prices_e8[0]->values = {30'000'000};
    house.tell(noon - hours(1), prices);
    const auto priced = only<EnergyRow>(house.tell(noon, reading()));
    CHECK(priced.at(0).price_pln == 0.7458);  // 0.30 + 0.0892 + 0.3566
    CHECK(priced.at(0).tariff_zone == "T1");
    const auto unpriced = only<EnergyRow>(house.tell(noon + hours(1), reading()));
    CHECK_FALSE(unpriced.at(0).price_pln.has_value());
    CHECK(unpriced.at(0).tariff_zone == "T2");
  }

  TEST_CASE("a missing sensor is Unknown in current_data") {
    LegacyHouse house;
    fb::ReadingRecordedT nothing;
    const SystemStateRow row = only<SystemStateRow>(house.tell(noon, nothing)).at(0);
    CHECK(row.metrics.find(R"("soc_percent": "Unknown")") != std::string::npos);
    CHECK(row.metrics.find(R"("flow_direction": "Unknown")") != std::string::npos);
    CHECK(row.metrics.find("null") == std::string::npos);
    CHECK_FALSE(row.uptime.has_value());
    CHECK(row.file_line.find(R"("uptime_seconds": null, "current_data")") != std::string::npos);
  }

  TEST_CASE(
      "the state says charging only while the inverter has confirmed a charge that has not ended") {
    LegacyHouse house;
    fb::CoordinatorStartedT started;
    house.tell(noon - seconds(100), started);
    fb::CoordinatorStateChangedT monitoring;
    monitoring.state = fb::CoordinatorState::charging;
    house.tell(noon - seconds(99), monitoring);
    const SystemStateRow before = only<SystemStateRow>(house.tell(noon, reading())).at(0);
    CHECK(before.state == "monitoring");
    CHECK(before.uptime == 100.0);
    fb::CommandConfirmedT confirmed;
    confirmed.mode = fb::InverterMode::charge;
    confirmed.until_us = to_us(noon + minutes(15));
    house.tell(noon + seconds(30), confirmed);
    CHECK(only<SystemStateRow>(house.tell(noon + minutes(1), reading())).at(0).state == "charging");
    CHECK(only<SystemStateRow>(house.tell(noon + minutes(15), reading())).at(0).state ==
          "monitoring");
    fb::CoordinatorStateChangedT error;
    error.state = fb::CoordinatorState::error;
    house.tell(noon + minutes(15), error);
    CHECK(only<SystemStateRow>(house.tell(noon + minutes(16), reading())).at(0).state == "error");
  }

  TEST_CASE("a charge that is only advised carries no amounts") {
    LegacyHouse house;
    fb::DecisionMadeT fact = decision(fb::Action::charge, fb::Rule::emergency_charge, {400, 500});
    fact.control_mode = fb::ControlMode::advise;
    fact.expected_energy_mwh = 1'000'000;
    fact.expected_cost_e8 = 40'000'000;
    const DecisionRow row = only<DecisionRow>(house.tell(noon, fact)).at(0);
    CHECK(row.action == "charge");
    CHECK(row.reason->rfind("Advice only: Charging", 0) == 0);
    CHECK(
        row.parameters ==
        R"({"energy_kwh": 0, "estimated_cost_pln": 0.0, "estimated_savings_pln": 0.0, "tariff_zone": "T1"})");
  }

  TEST_CASE("a charge of unknown energy has no key for it rather than a null") {
    LegacyHouse house;
    const DecisionRow row =
        only<DecisionRow>(
            house.tell(noon, decision(fb::Action::charge, fb::Rule::emergency_charge)))
            .at(0);
    CHECK(row.parameters == R"({"tariff_zone": "T1"})");
    CHECK(row.file_line.find("null") == std::string::npos);
    CHECK(row.file_line.find(R"("priority": "emergency")") != std::string::npos);
  }

  TEST_CASE("a sale is a row without type and reason, its PV in watts") {
    LegacyHouse house;
    fb::ReadingRecordedT fact = reading();
    fact.battery_soc_bp = 9200;
    house.tell(noon - seconds(10), fact);
    fb::DecisionMadeT sale = decision(fb::Action::sell, fb::Rule::owner_override, {7});
    sale.price_e8 = 120'000'000;
    sale.expected_cost_e8 = -240'000'000;
    sale.power_w = 5000;
    const DecisionRow row = only<DecisionRow>(house.tell(noon, sale)).at(0);
    CHECK_FALSE(row.decision_type.has_value());
    CHECK_FALSE(row.reason.has_value());
    CHECK(row.action == "battery_selling");
    CHECK(
        row.parameters ==
        R"({"current_price_pln": 1.2, "battery_soc": 92.0, "pv_power": 0, "expected_revenue_pln": 2.4})");
    CHECK(
        row.file_line.find(
            R"("decision": "start_selling", "expected_revenue_pln": 2.4, "selling_power_w": 5000)") !=
        std::string::npos);
  }

  TEST_CASE("other events add nothing") {
    LegacyHouse house;
    CHECK(house.tell(noon, fb::CoordinatorStartedT()).empty());
    CHECK(house.tell(noon, fb::LogArchivedT()).empty());
  }
}

struct ReasonRow {
  const char* name;
  fb::Action action;
  fb::Rule rule;
  std::vector<std::int64_t> numbers;
  const char* text;
};

TEST_SUITE("fold/reason") {
  TEST_CASE("every rule has its sentence, with the numbers that decided it and without them") {
    using A = fb::Action;
    using R = fb::Rule;
    const std::vector<ReasonRow> rows = {
        {"missing",
         A::self_use,
         R::data_missing,
         {},
         "Serving the house: no reading of the inverter that tells the state of charge is known "
         "yet."},
        {"stale",
         A::self_use,
         R::data_stale,
         {240, 180},
         "Serving the house: the newest reading is 240 s old, over the limit of 180 s."},
        {"stale, bare",
         A::self_use,
         R::data_stale,
         {240},
         "Serving the house: the newest reading is too old."},
        {"implausible",
         A::self_use,
         R::data_implausible,
         {},
         "Serving the house: the newest reading cannot be true."},
        {"latched",
         A::stop,
         R::latched_safety,
         {static_cast<std::int64_t>(fb::Fault::battery_temperature)},
         "Stopped: the fault 'battery temperature' is latched until it is cleared."},
        {"latched, unknown number",
         A::stop,
         R::latched_safety,
         {4711},
         "Stopped: a fault is latched until it is cleared."},
        {"emergency",
         A::charge,
         R::emergency_charge,
         {450, 500},
         "Charging: the battery is at 4.5 %, the emergency limit is 5 %, so it charges at any "
         "price."},
        {"override",
         A::hold,
         R::owner_override,
         {1234},
         "Holding the battery: the owner asked for it (request 1234)."},
        {"operator",
         A::self_use,
         R::operator_limit,
         {},
         "Serving the house: the grid operator's limits ask for it."},
        {"anti-flap",
         A::hold,
         R::anti_flap,
         {120, 900},
         "Holding the battery: the last change was 120 s ago, at least 900 s must lie between "
         "two."},
        {"cheapest",
         A::charge,
         R::cheapest_slots,
         {33'120'000, 35'004'900, 9, 84},
         "Charging: 0.3312 per kWh is among the 9 cheapest of 84 known slots, the dearest of them "
         "at 0.3500."},
        {"cheapest, negative",
         A::charge,
         R::cheapest_slots,
         {-5'000, 1, 1, 84},
         "Charging: -0.0001 per kWh is among the cheapest of 84 known slots, the dearest of "
         "them at 0.0000."},
        {"full",
         A::self_use,
         R::battery_full,
         {9100, 9000},
         "Serving the house: the battery is at 91 %, its target is 90 %."},
        {"serve, dear",
         A::self_use,
         R::serve_house,
         {55'120'000, 35'000'000, 9, 84},
         "Serving the house: 0.5512 per kWh is above 0.3500, the dearest of the 9 cheapest of 84 "
         "known slots."},
        {"serve, bare",
         A::self_use,
         R::serve_house,
         {},
         "Serving the house: nothing calls for a charge now."},
        {"no price",
         A::self_use,
         R::no_price,
         {},
         "Serving the house: no price is known for this time."},
        {"none", A::self_use, R::none, {}, "Serving the house: no rule applied."},
    };
    for (const ReasonRow& row : rows) {
      CAPTURE(row.name);
      CHECK(reason_text(decision(row.action, row.rule, row.numbers)) == row.text);
    }
  }

  TEST_CASE("power, end and target are told, by the house's clock where it is known") {
    fb::DecisionMadeT fact = decision(fb::Action::charge, fb::Rule::emergency_charge);
    fact.power_w = 4'700;
    fact.until_us = to_us(noon);
    fact.target_soc_bp = 1'250;
    CHECK(reason_text(fact) ==
          "Charging at 4.7 kW until 11:00Z to 12.5 %: the battery is under its emergency limit, "
          "whatever the price.");
    const ZoneOffsets warsaw({{autumn_change, hours(1)}});
    CHECK(reason_text(fact, warsaw).rfind("Charging at 4.7 kW until 12:00 to 12.5 %", 0) == 0);
  }
}

}  // namespace
}  // namespace wattledger::fold
