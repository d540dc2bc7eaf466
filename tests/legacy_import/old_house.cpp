#include "tests/legacy_import/old_house.hpp"

#include <chrono>
#include <fstream>
#include <random>
#include <stdexcept>

#include "events/time.hpp"
#include "projections/fold/python_json.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::testing {
namespace {

namespace fs = std::filesystem;
namespace sqlite = projections::sqlite;
using fold::PythonObject;

void require(const Result<void>& done) {
  if (!done) throw std::runtime_error(done.error().line());
}

struct Reading {
  std::string timestamp;
  double soc = 0, voltage = 0, current = 0, temperature = 0, price = 0;
  std::int64_t pv = 0, grid = 0, load = 0, battery = 0;
  double imported = 0, exported = 0, consumed = 0, made = 0;
};

class Maker {
 public:
  Maker(const fs::path& directory, const OldHouse& house) : directory_(directory), house_(house) {
    random_.seed(house.seed);
    if (house.database) open_database();
  }

  void run() {
    const auto first = parse_time(house_.first, ZoneOffsets());
    if (!first) throw std::runtime_error(first.error().line());
    for (std::int64_t i = 0; i < house_.readings; ++i) {
      const LocalTime local(first->time_since_epoch() + std::chrono::seconds(i * house_.every_s) +
                            std::chrono::microseconds(250'000));
      const Reading reading = next(iso_text(local));
      if (house_.database) put_row(reading);
      if (house_.files) put_element(reading);
      if (i * house_.every_s % house_.decision_every_s == 0) put_decision(reading, i);
    }
    close_day();
    if (house_.database) require(connection_->execute("COMMIT"));
  }

 private:
  void open_database() {
    fs::create_directories(directory_ / "data");
    auto opened =
        sqlite::Connection::open(directory_ / "data" / "goodwe_energy.db", sqlite::Access::create);
    if (!opened) throw std::runtime_error(opened.error().line());
    connection_.emplace(std::move(*opened));
    require(connection_->execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN"));
    require(sqlite::create_tables(*connection_, 4));
    require(sqlite::create_indexes(*connection_, 4));
    require(connection_->execute("DROP TABLE projection_checkpoint"));
    energy_.emplace(*connection_->prepare(
        "INSERT INTO energy_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    decision_.emplace(*connection_->prepare(
        "INSERT INTO coordinator_decisions(timestamp, decision_type, action, reason, parameters, "
        "created_at) VALUES (?, 'charging', ?, ?, ?, '2026-01-01 00:00:00')"));
  }

  double some(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }

  Reading next(const std::string& timestamp) {
    Reading reading;
    reading.timestamp = timestamp;
    reading.soc = std::floor(some(10, 100));
    reading.pv = static_cast<std::int64_t>(some(0, 8000));
    reading.load = static_cast<std::int64_t>(some(100, 4000));
    reading.battery = static_cast<std::int64_t>(some(-3000, 3000));
    reading.grid = reading.pv + reading.battery - reading.load;
    reading.voltage = some(225, 240);  // as unrounded as floats are
    reading.current = some(-10, 10);
    reading.temperature = std::floor(some(150, 300)) / 10;
    reading.price = some(-0.1, 1.5);
    imported_ += some(0, 0.1);
    exported_ += some(0, 0.1);
    reading.imported = imported_;
    reading.exported = std::round(exported_ * 100) / 100;
    reading.consumed = std::round((imported_ + 1000) * 10) / 10;
    reading.made = std::floor(some(0, 300)) / 10;
    return reading;
  }

  void put_row(const Reading& r) {
    energy_->bind(1, std::string_view(r.timestamp)).bind(2, r.soc).bind(3, r.pv).bind(4, r.grid);
    energy_->bind(5, r.load).bind(6, r.battery).bind(7, r.voltage).bind_null(8).bind(9, 400.1);
    energy_->bind(10, r.current).bind(11, r.temperature).bind(12, r.price);
    energy_->bind(13, std::string_view("2026-01-01 00:00:00"))
        .bind(14, r.imported)
        .bind(15, r.exported);
    energy_->bind(16, r.consumed).bind(17, r.made).bind(18, std::string_view("T2"));
    require(energy_->run());
  }

  void put_element(const Reading& r) {
    const std::string day = r.timestamp.substr(0, 10);
    if (day != day_) close_day();
    if (day_.empty()) open_day(day);
    const std::string text = PythonObject()
                                 .add("timestamp", r.timestamp)
                                 .add("battery_soc", r.soc)
                                 .add("pv_power", r.pv)
                                 .add("grid_power", r.grid)
                                 .add("house_consumption", r.load)
                                 .add("battery_power", r.battery)
                                 .add("grid_voltage", r.voltage)
                                 .add_null("grid_frequency")
                                 .add("battery_voltage", 400.1)
                                 .add("battery_current", r.current)
                                 .add("battery_temperature", r.temperature)
                                 .add("price_pln", r.price)
                                 .add("grid_import_total_kwh", r.imported)
                                 .add("grid_export_total_kwh", r.exported)
                                 .add("house_consumption_total_kwh", r.consumed)
                                 .add("pv_generation_total_kwh", r.made)
                                 .add("tariff_zone", "T2")
                                 .text();
    array_ << (first_of_day_ ? "[\n  " : ",\n  ") << fold::python_indented(text, 1);
    first_of_day_ = false;
  }

  void open_day(const std::string& day) {
    day_ = day;
    first_of_day_ = true;
    fs::create_directories(directory_ / "out" / "energy_data");
    array_.open(directory_ / "out" / "energy_data" / ("energy_data_" + day + ".json"));
    std::string compact = day;
    std::erase(compact, '-');
    lines_.open(directory_ / "out" / ("charging_decision_" + compact + ".json"));
  }

  void close_day() {
    if (day_.empty()) return;
    array_ << "\n]";
    array_.close();
    lines_.close();
    day_.clear();
  }

  void put_decision(const Reading& r, std::int64_t number) {
    const bool charges = number % 5 == 0;
    const std::string action = charges ? "charge" : "wait";
    const std::string reason = charges ? "cheap enough, \xC5\xBC\xC3\xB3\xC5\x82w" : "waiting";
    const auto numbers = [&](PythonObject& object) {
      object.add("confidence", 0.6)
          .add("current_price", r.price)
          .add("cheapest_price", 0.31)
          .add("cheapest_hour", std::int64_t{2})
          .add("battery_soc", r.soc)
          .add("pv_power", static_cast<double>(r.pv) / 1000);
      if (charges)
        object.add("energy_kwh", 1 + r.temperature / 3.7).add("estimated_cost_pln", r.price * 1.1);
      object.add("tariff_zone", "T2");
    };
    if (house_.database) {
      PythonObject parameters;
      numbers(parameters);
      const std::string text = parameters.text();
      decision_->bind(1, std::string_view(r.timestamp)).bind(2, std::string_view(action));
      decision_->bind(3, std::string_view(reason)).bind(4, std::string_view(text));
      require(decision_->run());
    }
    if (house_.files) {
      PythonObject line;
      line.add("timestamp", r.timestamp).add("action", action).add("source", "grid");
      line.add("reason", reason).add("priority", "medium");
      numbers(line);
      lines_ << line.text() << "\n";
    }
  }

  fs::path directory_;
  OldHouse house_;
  std::mt19937 random_;
  std::optional<sqlite::Connection> connection_;
  std::optional<sqlite::Statement> energy_, decision_;
  std::ofstream array_, lines_;
  std::string day_;
  bool first_of_day_ = true;
  double imported_ = 5000, exported_ = 3000;
};

}  // namespace

void make_old_house(const fs::path& directory, const OldHouse& house) {
  Maker(directory, house).run();
}

}  // namespace wattledger::testing
