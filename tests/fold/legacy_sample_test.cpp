// The rows against what the legacy system's own code wrote: the sample's values go in as events,
// its text must come out. tests/golden/legacy/ holds one line of each family, so that this holds
// without the sample too.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "projections/fold/python_json.hpp"
#include "tests/fold/legacy_events.hpp"
#include "tests/support/places.hpp"

namespace wattledger::fold {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::microseconds;

const std::filesystem::path sample = testing::shared_data() / "legacy_sample" / "out";
const std::filesystem::path golden = testing::golden_directory() / "legacy";

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE_MESSAGE(in.good(), file.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  text.replace(at, from.size(), to);
}

// Removes `, "key": value`, of a number.
void remove_number(std::string& text, const std::string& key) {
  const auto from = text.find(", \"" + key + "\": ");
  REQUIRE_MESSAGE(from != std::string::npos, key);
  text.erase(from, text.find_first_of(",}", from + 1) - from);
}

std::int64_t scaled(const Json& value, double unit) {
  return std::llround(value.get<double>() * unit);
}

fb::ReadingRecordedT reading_of(const Json& data) {
  const Json& battery = data["battery"];
  const Json& pv = data["photovoltaic"];
  const Json& grid = data["grid"];
  const auto i32 = [](const Json& value, double unit) {
    return static_cast<std::int32_t>(scaled(value, unit));
  };
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(scaled(battery["soc_percent"], 100));
  fact.battery_voltage_mv = i32(battery["voltage"], 1000);
  fact.battery_current_ma = i32(battery["current"], 1000);
  fact.battery_power_w = i32(battery["power_w"], 1);
  fact.battery_temperature_mc = i32(battery["temperature"], 1000);
  fact.fast_charging = battery["fast_charging_enabled"].get<bool>();
  fact.pv_power_w = i32(pv["current_power_w"], 1);
  fact.pv1_power_w = i32(pv["pv1_power_w"], 1);
  fact.pv2_power_w = i32(pv["pv2_power_w"], 1);
  fact.pv1_voltage_mv = i32(pv["pv1_voltage"], 1000);
  fact.pv1_current_ma = i32(pv["pv1_current"], 1000);
  fact.pv2_voltage_mv = i32(pv["pv2_voltage"], 1000);
  fact.pv2_current_ma = i32(pv["pv2_current"], 1000);
  fact.pv_today_mwh = scaled(pv["daily_production_kwh"], 1e6);
  fact.grid_power_w = i32(grid["power_w"], 1);
  fact.grid_l1_voltage_mv = i32(grid["voltage"], 1000);
  fact.grid_l1_current_ma = i32(grid["l1_current_a"], 1000);
  fact.grid_l2_current_ma = i32(grid["l2_current_a"], 1000);
  fact.grid_l3_current_ma = i32(grid["l3_current_a"], 1000);
  fact.grid_l1_power_w = i32(grid["l1_power"], 1);
  fact.grid_l2_power_w = i32(grid["l2_power"], 1);
  fact.grid_l3_power_w = i32(grid["l3_power"], 1);
  fact.export_total_mwh = scaled(grid["total_exported_kwh"], 1e6);
  fact.import_total_mwh = scaled(grid["total_imported_kwh"], 1e6);
  fact.export_today_mwh = scaled(grid["today_exported_kwh"], 1e6);
  fact.import_today_mwh = scaled(grid["today_imported_kwh"], 1e6);
  fact.load_power_w = i32(data["house_consumption"]["current_power_w"], 1);
  fact.load_today_mwh = scaled(data["house_consumption"]["daily_total_kwh"], 1e6);
  fact.load_total_mwh = scaled(data["house_consumption"]["total_consumption_kwh"], 1e6);
  return fact;
}

UtcTime time_of(const LegacyHouse& house, const Json& row) {
  const auto time = parse_time(row["timestamp"].get<std::string>(), house.state().site.zone);
  REQUIRE(time.has_value());
  return *time;
}

// All hours of all days in one zone of that name, which adds nothing to the price.
void adopt_zone(LegacyHouse& house, const std::string& name) {
  PolicySettings settings;
  settings.tariff_component = PriceE8(0);
  settings.tariff_zones.resize(1);
  settings.tariff_zones[0].name = name;
  house.adopt(settings);
}

// Compares one line of the legacy coordinator_state file. What we do otherwise on purpose is taken
// out first: two keys the dashboard asks for, last_update, and the grid's rates, which the legacy
// system held the wrong way round.
void check_state_line(const std::string& line) {
  const Json row = Json::parse(line);
  const Json& data = row["current_data"];
  LegacyHouse house;
  adopt_zone(house, data["tariff_zone"].get<std::string>());
  const UtcTime at = time_of(house, row);
  house.tell(at - microseconds(scaled(row["uptime_seconds"], 1e6)), fb::CoordinatorStartedT());
  fb::CoordinatorStateChangedT monitoring;
  monitoring.state = fb::CoordinatorState::monitoring;
  house.tell(at - microseconds(1), monitoring);
  for (int i = 0; i < row["decision_count"].get<int>(); ++i) {
    fb::DecisionMadeT decision;
    decision.policy_digest = std::make_unique<fb::Digest256>();
    decision.state_digest = std::make_unique<fb::Digest256>();
    house.tell(at - microseconds(1), decision);
  }
  const auto rows = only<SystemStateRow>(house.tell(at, reading_of(data)));
  REQUIRE(rows.size() == 1);
  std::string ours = rows[0].file_line;
  remove_number(ours, "daily_generation_kwh");
  remove_number(ours, "daily_consumption_kwh");
  replace(ours,
          "\"performance_metrics\": {\"last_update\": \"" +
              row["timestamp"].get<std::string>().replace(10, 1, " ") + "\"}",
          "\"performance_metrics\": {}");
  replace(ours, "import_rate", "swapped");
  replace(ours, "export_rate", "import_rate");
  replace(ours, "swapped", "export_rate");
  std::string theirs = line;
  const std::string import_rate =
      "\"import_rate\": " + python_float(data["grid"]["import_rate"].get<double>());
  const std::string export_rate =
      "\"export_rate\": " + python_float(data["grid"]["export_rate"].get<double>());
  replace(theirs, import_rate + ", " + export_rate, export_rate + ", " + import_rate);
  CHECK(ours == theirs);
}

void check_decision_line(const std::string& line) {
  const Json row = Json::parse(line);
  LegacyHouse house;
  adopt_zone(house, row["tariff_zone"].get<std::string>());
  const UtcTime at = time_of(house, row);
  const UtcTime day = house.state().site.zone.day_start(at);
  fb::PricesPublishedT prices;
  prices.kind = fb::PriceKind::day_ahead;
  prices.prices_e8.push_back(std::make_unique<fb::SeriesT>());
  prices.prices_e8[0]->start_us = to_us(day);
  prices.prices_e8[0]->step_s = 3600;
  prices.prices_e8[0]->values.assign(24, scaled(row["current_price"], 1e8));
  prices.prices_e8[0]->values[row["cheapest_hour"].get<std::size_t>()] =
      scaled(row["cheapest_price"], 1e8);
  house.tell(day - std::chrono::hours(9), prices);
  fb::ReadingRecordedT reading;
  reading.battery_soc_bp = static_cast<std::uint16_t>(scaled(row["battery_soc"], 100));
  reading.pv_power_w = static_cast<std::int32_t>(scaled(row["pv_power"], 1000));
  reading.load_power_w = static_cast<std::int32_t>(scaled(row["house_consumption"], 1000));
  house.tell(at - microseconds(1), reading);
  fb::DecisionMadeT decision;
  decision.policy_digest = std::make_unique<fb::Digest256>();
  decision.state_digest = std::make_unique<fb::Digest256>();
  decision.control_mode = fb::ControlMode::on;
  decision.rule = fb::Rule::cheapest_slots;
  decision.price_e8 = scaled(row["current_price"], 1e8);
  if (row["action"] == "charge") {
    decision.action = fb::Action::charge;
    decision.until_us = to_us(at) + scaled(row["duration"], 3.6e9);
    decision.expected_energy_mwh = scaled(row["energy_kwh"], 1e6);
    decision.expected_cost_e8 = scaled(row["estimated_cost_pln"], 1e8);
    decision.expected_saving_e8 = scaled(row["estimated_savings_pln"], 1e8);
  }
  const auto rows = only<DecisionRow>(house.tell(at, decision));
  REQUIRE(rows.size() == 1);
  std::string theirs = line;
  remove_number(theirs, "confidence");  // we hold none
  replace(theirs, python_string(row["reason"].get<std::string>()), python_string(*rows[0].reason));
  CHECK(rows[0].file_line == theirs);
}

TEST_SUITE("fold/legacy_sample") {
  TEST_CASE("a state line is byte for byte the legacy one, but for what we mend on purpose") {
    for (const std::string& line : lines_of(golden / "coordinator_state.jsonl"))
      check_state_line(line);
    if (!std::filesystem::exists(sample)) {
      MESSAGE("skipped the rest: " << sample.string() << " is absent");
      return;
    }
    for (const char* day : {"20260105", "20260106", "20260107"})
      for (const std::string& line :
           lines_of(sample / ("coordinator_state_" + std::string(day) + ".json")))
        check_state_line(line);
  }

  TEST_CASE(
      "a charging decision's line is byte for byte the legacy one, but for its sentence and "
      "confidence") {
    for (const std::string& line : lines_of(golden / "charging_decision.jsonl"))
      check_decision_line(line);
    if (!std::filesystem::exists(sample)) {
      MESSAGE("skipped the rest: " << sample.string() << " is absent");
      return;
    }
    for (const char* day : {"20260105", "20260106", "20260107"})
      for (const std::string& line :
           lines_of(sample / ("charging_decision_" + std::string(day) + ".json")))
        check_decision_line(line);
  }
}

}  // namespace
}  // namespace wattledger::fold
