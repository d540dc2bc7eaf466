// Forty days of a house over the end of summer time and of a month, read by legacy_reader.py.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>

#include "projections/live/live_projections.hpp"
#include "projections/rebuild.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/support/places.hpp"
#include "tests/support/program.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;

constexpr int days_told = 40;
// Under a sanitizer one version is enough: what differs between them is SQL.
#ifdef WATTLEDGER_SANITIZED
constexpr std::uint32_t first_version = 4;
#else
constexpr std::uint32_t first_version = 1;
#endif

fb::ReadingRecordedT reading_at(int minute) {
  const double sun = std::max(0.0, std::sin((minute % 1'440 - 360) / 720.0 * 3.14159265));
  const int pv = static_cast<int>(4'000 * sun);
  const int battery = minute % 1'440 > 1'080 ? 1'500 : -300;
  fb::ReadingRecordedT reading;
  reading.battery_soc_bp = static_cast<std::uint16_t>(3'000 + minute % 1'440 * 4);
  reading.battery_power_w = battery;
  reading.battery_voltage_mv = 402'100;
  reading.battery_current_ma = battery * 1'000 / 402;
  reading.battery_temperature_mc = 22'500;
  reading.pv_power_w = pv;
  reading.load_power_w = 450 + minute % 7 * 10;
  reading.grid_power_w = pv + battery - 450;
  reading.grid_l1_voltage_mv = 231'500;
  reading.grid_frequency_mhz = 49'990;
  reading.pv_today_mwh = std::int64_t{minute} % 1'440 * 10'000;
  reading.import_total_mwh = 5'000'000'000 + std::int64_t{minute} * 3'000;
  reading.export_total_mwh = 3'000'000'000 + std::int64_t{minute} * 2'000;
  reading.load_total_mwh = 9'000'000'000 + std::int64_t{minute} * 7'500;
  return reading;
}

fb::DecisionMadeT decision_at(int minute, UtcTime at) {
  fb::DecisionMadeT decision;
  const int quarter = minute % 1'440 / 15;
  decision.action = quarter >= 8 && quarter < 16    ? fb::Action::charge
                    : quarter >= 72 && quarter < 74 ? fb::Action::sell
                                                    : fb::Action::self_use;
  decision.rule = fb::Rule::cheapest_slots;
  decision.control_mode = fb::ControlMode::on;
  decision.until_us = to_us(at + minutes(15));
  decision.price_e8 = 42'000'000 + quarter;
  if (decision.action != fb::Action::self_use) {
    const bool sale = decision.action == fb::Action::sell;
    decision.power_w = 5'000;
    decision.expected_energy_mwh = 1'250'000;
    decision.expected_cost_e8 = sale ? -150'000'000 : 52'500'000;
    decision.expected_saving_e8 = sale ? 0 : 12'345'678;
  }
  decision.policy_digest = std::make_unique<fb::Digest256>();
  decision.state_digest = std::make_unique<fb::Digest256>();
  return decision;
}

std::unique_ptr<fb::SeriesT> day_of_prices(UtcTime from) {
  auto slots = std::make_unique<fb::SeriesT>();
  slots->start_us = to_us(from);
  slots->step_s = 900;
  for (int i = 0; i < 96; ++i)
    slots->values.push_back(30'000'000 + i * 400'000 - (i == 50) * 60'000'000);
  return slots;
}

void tell_inputs(HouseLog& house, UtcTime at) {
  fb::PricesPublishedT prices;
  prices.provider = "pse";
  prices.kind = fb::PriceKind::day_ahead;
  prices.currency = "PLN";
  prices.prices_e8.push_back(day_of_prices(at));
  house.tell(at, std::move(prices));
  fb::PvForecastIssuedT pv;
  pv.provider = "test";
  auto power = std::make_unique<fb::SeriesT>();
  power->start_us = to_us(at);
  power->step_s = 3'600;
  power->values.assign(24, 1'234);
  pv.power_w.push_back(std::move(power));
  house.tell(at, std::move(pv));
  fb::WeatherObservedT weather;
  weather.provider = "imgw";
  weather.temperature_mc = 7'100;
  weather.pressure_pa = 101'325U;
  house.tell(at, std::move(weather));
}

// The day's plan and its charge, and in the evening a sale.
void tell_sessions(HouseLog& house, UtcTime midnight, int day) {
  const std::string name = std::to_string(day);
  fb::DailyPlanChangedT plan;
  plan.day = static_cast<std::int32_t>((to_us(midnight) + 7'200'000'000) / 86'400'000'000);
  auto planned = std::make_unique<fb::PlannedSessionT>();
  planned->session = name + "_1";
  planned->start_us = to_us(midnight + hours(2));
  planned->end_us = to_us(midnight + hours(4));
  planned->energy_mwh = 6'000'000;
  planned->cost_e8 = 252'000'000;
  planned->saving_e8 = 120'000'000;
  planned->priority = 1;
  plan.sessions.push_back(std::move(planned));
  house.tell(midnight + minutes(1), std::move(plan));
}

void tell_session_changes(HouseLog& house, UtcTime midnight, int day, int minute) {
  const UtcTime at = midnight + minutes(minute);
  const std::string name = std::to_string(day);
  if (minute == 120 || minute == 240) {
    fb::ChargingSessionChangedT charge;
    charge.session = name + "_1";
    charge.change = minute == 120 ? fb::SessionChange::started : fb::SessionChange::completed;
    if (minute == 120) charge.started_us = to_us(at);
    if (minute == 240) {
      charge.ended_us = to_us(at);
      charge.energy_mwh = 5'870'000;
      charge.cost_e8 = 246'540'000;
    }
    house.tell(at, charge);
  }
  if (minute == 1'080 || minute == 1'110) {
    fb::SellingSessionChangedT sale;
    sale.session = "selling_" + name;
    sale.change = minute == 1'080 ? fb::SessionChange::started : fb::SessionChange::completed;
    if (minute == 1'080) {
      sale.started_us = to_us(at);
      sale.start_soc_bp = std::uint16_t{9'200};
      sale.power_w = 5'000;
    } else {
      sale.ended_us = to_us(at);
      sale.end_soc_bp = std::uint16_t{7'900};
      sale.exported_mwh = 2'470'000;
      sale.revenue_e8 = 296'400'000;
      sale.average_price_e8 = 120'000'000;
    }
    house.tell(at, sale);
  }
}

void tell_forty_days(HouseLog& house) {
  // Midnight in Warsaw, twenty days before the clock goes back.
  const UtcTime start = HouseLog::autumn_change() - days(20) - hours(3);
  house.tell_site(start - minutes(1));
  for (int day = 0; day < days_told; ++day) {
    const UtcTime midnight = start + days(day);
    tell_inputs(house, midnight);
    tell_sessions(house, midnight, day);
    for (int minute = 2; minute < 1'440; minute += 1) {
      if (minute % 5 == 2) house.tell(midnight + minutes(minute), reading_at(day * 1'440 + minute));
      if (minute % 15 == 0)
        house.tell(midnight + minutes(minute),
                   decision_at(day * 1'440 + minute, midnight + minutes(minute)));
      tell_session_changes(house, midnight, day, minute);
    }
  }
  house.flush();
}

void check_with_reader(const fs::path& directory, std::uint32_t version) {
  const testing::Ran read =
      testing::run(PYTHON, {LEGACY_READER, directory.string(), std::to_string(version)});
  CHECK_MESSAGE(read.code == 0, read.out << read.err);
  MESSAGE("schema version " << version << ": " << read.out);
}

}  // namespace

TEST_SUITE("legacy") {
  TEST_CASE(
      "a reader written from the contract alone accepts every schema version and every file") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    tell_forty_days(house);
    for (std::uint32_t version = first_version; version <= 4; ++version) {
      StageOptions options;
      options.schema = version;
      options.json_selling_files = version == 4;
      options.directory = directory / std::to_string(version);
      must(stage(house.log(), options));
      check_with_reader(options.directory, version);
    }
  }

  TEST_CASE("rolled back to version 3 and forward to 5, all is what two straight builds give") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    tell_forty_days(house);
    LiveOptions live;
    live.data = directory / "live";
    live.json = true;
    live.rebuild_mismatched = true;
    for (const std::uint32_t schema : {5U, 3U, 5U}) {
      live.sqlite_schema = schema;
      LiveProjections projections(house.log(), live);
      must(projections.start());
      must(projections.catch_up());
      must(projections.settle());
    }
    for (const char* name : {"first", "second"}) {
      StageOptions straight;
      straight.directory = directory / name;
      must(stage(house.log(), straight));
      CHECK(must(compare(directory / "live", straight.directory)).empty());
    }
    CHECK(must(compare(directory / "first", directory / "second")).empty());
  }

  TEST_CASE(
      "the same reader accepts what the older system itself wrote, but for its known faults") {
    const fs::path sample = testing::shared_data() / "legacy_sample";
    if (!fs::exists(sample)) {
      MESSAGE("skipped: " << sample.string() << " is absent");
      return;
    }
    const MemoryDirectory directory;
    fs::copy(sample / "out", directory / "out", fs::copy_options::recursive);
    fs::create_directory(directory / "data");
    for (const char* name : {"price_history.json", "price_cache.json", "daily_soc_drops.json"})
      fs::copy_file(sample / "data" / name, directory / "data" / name);
    for (const char* end : {"", "-wal", "-shm"})
      fs::copy_file(sample / "data" / (std::string("goodwe_energy.db") + end),
                    directory / (std::string("goodwe_energy.db") + end));
    const testing::Ran read = testing::run(PYTHON, {LEGACY_READER, directory.path().string(), "4"});
    CHECK(read.code == 1);
    // One session alone where its reader wants a list, on each of three days; and states that end
    // before the readings do.
    CHECK(read.out.find("charging_schedule_2026-01-07.json: no list") != std::string::npos);
    CHECK(std::count(read.out.begin(), read.out.end(), '\n') == 1 + 3 + 1);
  }
}

}  // namespace wattledger::projections
