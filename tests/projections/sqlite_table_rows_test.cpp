#include "projections/sqlite/sqlite_table_rows.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/row_builders.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::projections {
namespace {

using testing::Feeder;
using testing::row_of;
using testing::SqliteReader;

fold::LegacyRow session(std::uint64_t sequence, bool selling, const std::string& status) {
  fold::SessionRow row;
  row.selling = selling;
  row.session_id = "20251001_1";
  row.told_at = testing::local_minute(static_cast<std::int64_t>(sequence));
  row.status = status;
  return row_of(sequence, static_cast<std::int64_t>(sequence), row);
}

std::vector<fold::LegacyRow> story() {
  std::vector<fold::LegacyRow> rows;
  rows.push_back(session(1, false, "planned"));
  rows.push_back(session(2, false, "active"));
  std::get<fold::SessionRow>(rows.back().row).start_time = "2025-10-01T00:01:30";
  std::get<fold::SessionRow>(rows.back().row).started_at = "2025-10-01T00:01:30";
  std::get<fold::SessionRow>(rows.back().row).target_soc = 90;
  rows.push_back(session(3, false, "completed"));
  std::get<fold::SessionRow>(rows.back().row).end_time = "2025-10-01T00:03:00";
  std::get<fold::SessionRow>(rows.back().row).energy_kwh = 2.5;
  std::get<fold::SessionRow>(rows.back().row).amount = 1.0;
  // What was planned, told again, does not take the place of what was measured.
  std::get<fold::SessionRow>(rows.back().row).start_time = "2025-10-01T00:00:00";
  rows.push_back(session(4, true, "active"));
  std::get<fold::SessionRow>(rows.back().row).energy_kwh = 1.5;
  fold::WeatherRow weather;
  weather.timestamp = "2025-10-01T00:00:00";
  weather.source = "IMGW";
  weather.temperature_c = 7.5;
  rows.push_back(row_of(5, 5, weather));
  weather.temperature_c = 8.5;
  rows.push_back(row_of(6, 6, weather));
  fold::ForecastRow hour;
  hour.issued = "2025-10-01T00:00:00";
  hour.hour = LocalTime(std::chrono::hours((1'759'363'200 / 3'600) + 7));  // 2025-10-02T07:00
  hour.value = 0.45;
  hour.source = "pse";
  rows.push_back(row_of(7, 7, hour));
  hour.value = 0.5;
  rows.push_back(row_of(8, 8, hour));
  hour.of = fold::ForecastRow::Of::pv;
  hour.value = 2'100;
  rows.push_back(row_of(9, 9, hour));
  return rows;
}

}  // namespace

TEST_SUITE("projections/sqlite tables of sessions, weather and forecasts") {
  TEST_CASE("a row says the newest of each, in every schema, however the log was cut") {
    for (const std::uint32_t schema : {1U, 4U, 5U})
      for (const std::size_t batch : {1U, 2U, 100U}) {
        CAPTURE(schema);
        CAPTURE(batch);
        const testing::MemoryDirectory directory;
        SqliteOptions options;
        options.data = directory.path();
        options.schema = schema;
        const auto projector = make_sqlite_projector(options);
        Feeder feeder(*projector);
        REQUIRE(feeder.apply_in_batches(story(), batch).has_value());
        REQUIRE(projector->settle().has_value());
        SqliteReader file(directory / sqlite_file_name);
        using Rows = std::vector<std::string>;
        const auto all = [&](const std::string& columns, const std::string& table) {
          return file.rows("SELECT " + columns + " FROM " + table);
        };
        CHECK(all("session_id, start_time, end_time, target_soc, energy_kwh, cost_pln, status, "
                  "avg_price, created_at",
                  "charging_sessions") ==
              Rows{"20251001_1|2025-10-01T00:01:30|2025-10-01T00:03:00|90|2.5|1.0|completed|NULL|"
                   "2025-10-01 00:03:00"});
        CHECK(all("start_time, end_time, energy_sold_kwh, status", "battery_selling_sessions") ==
              Rows{"2025-10-01T00:04:00|NULL|1.5|active"});
        CHECK(all("timestamp, source, temperature, humidity", "weather_data") ==
              Rows{"2025-10-01T00:00:00|IMGW|8.5|NULL"});
        CHECK(all("timestamp, forecast_date, hour, price_pln, source, confidence",
                  "price_forecasts") == Rows{"2025-10-01T00:00:00|2025-10-02|7|0.5|pse|NULL"});
        CHECK(all("hour, predicted_power_w, weather_conditions", "pv_forecasts") ==
              Rows{"7|2100.0|NULL"});
      }
  }
}

}  // namespace wattledger::projections
