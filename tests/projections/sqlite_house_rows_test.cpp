#include "projections/sqlite/sqlite_house_rows.hpp"

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
using testing::MemoryDirectory;
using testing::row_of;
using testing::SqliteReader;

UtcTime hour_start(std::int64_t hour) {  // from 2025-09-30T22:00Z, midnight in Warsaw
  return utc_from_us((1'759'269'600 + hour * 3'600) * 1'000'000);
}

fold::LegacyRow energy(std::uint64_t sequence, std::int64_t hour, std::int64_t bought_mwh) {
  fold::EnergyHourRow row;
  row.start = hour_start(hour);
  row.local = LocalTime(row.start.time_since_epoch() + std::chrono::hours(2));
  row.sums.covered_s = row.sums.priced_s = 60;
  row.sums.load_mwh = 2 * bought_mwh;
  row.sums.import_mwh = row.sums.priced_import_mwh = bought_mwh;
  row.sums.price_seconds_e8 = 3'000'000'000;
  row.sums.import_cost_e8 = bought_mwh * 50;
  row.sums.load_cost_e8 = bought_mwh * 100;
  return row_of(sequence, hour * 60, row);
}

fold::LegacyRow price(std::uint64_t sequence, std::int64_t e8, fb::PriceKind kind) {
  fold::MarketPriceRow row;
  row.start = hour_start(1);
  row.local = LocalTime(row.start.time_since_epoch() + std::chrono::hours(2));
  row.length = std::chrono::seconds(900);
  row.kind = kind;
  row.provider = "pse";
  row.currency = "PLN";
  row.price_e8 = e8;
  return row_of(sequence, 0, row);
}

struct File {
  explicit File(std::size_t batch, const std::vector<fold::LegacyRow>& rows,
                std::uint32_t schema = 5) {
    SqliteOptions options;
    options.data = directory.path();
    options.schema = schema;
    const auto projector = make_sqlite_projector(options);
    Feeder feeder(*projector);
    REQUIRE(feeder.apply_in_batches(rows, batch).has_value());
    REQUIRE(projector->settle().has_value());
  }
  [[nodiscard]] std::vector<std::string> rows(const std::string& sql) const {
    return SqliteReader(directory / sqlite_file_name).rows(sql);
  }
  MemoryDirectory directory;
};

TEST_SUITE("projections/sqlite house rows") {
  TEST_CASE("energy adds up by hour, local day and local month, however it is cut into batches") {
    std::vector<fold::LegacyRow> rows;
    for (std::uint64_t i = 1; i <= 240; ++i)
      rows.push_back(energy(i, static_cast<std::int64_t>(i - 1) / 8, 1'000));
    rows.push_back(energy(241, 0, 500'000));  // told late
    rows.push_back(energy(242, 24 * 31, 7));  // next month
    for (const std::size_t batch : {std::size_t{1}, std::size_t{7}, rows.size()}) {
      CAPTURE(batch);
      const File file(batch, rows);
      CHECK(file.rows("SELECT start, date, hour, import_mwh, covered_s FROM hourly_stats ORDER BY "
                      "start LIMIT 2") ==
            std::vector<std::string>{"2025-09-30T22:00:00Z|2025-10-01|0|508000|540",
                                     "2025-09-30T23:00:00Z|2025-10-01|1|8000|480"});
      CHECK(file.rows("SELECT date, import_mwh FROM daily_stats ORDER BY date") ==
            std::vector<std::string>{"2025-10-01|692000", "2025-10-02|48000", "2025-11-01|7"});
      CHECK(file.rows("SELECT month, import_mwh FROM monthly_stats ORDER BY month") ==
            std::vector<std::string>{"2025-10|740000", "2025-11|7"});
    }
  }

  TEST_CASE("what people ask for is reckoned from the sums") {
    const File file(1, {energy(1, 0, 2'000'000)});
    for (const char* table : {"hourly_stats", "daily_stats", "monthly_stats"})
      CHECK(file.rows(std::string("SELECT consumption_kwh, import_kwh, average_price, "
                                  "weighted_price, cost, savings FROM ") +
                      table) == std::vector<std::string>{"4.0|2.0|0.5|0.5|1.0|1.0"});
    fold::LegacyRow unpriced = energy(1, 0, 2'000'000);
    auto& sums = std::get<fold::EnergyHourRow>(unpriced.row).sums;
    sums.priced_s = sums.price_seconds_e8 = sums.priced_import_mwh = 0;
    CHECK(File(1, {unpriced})
              .rows("SELECT average_price, weighted_price, cost, savings FROM "
                    "daily_stats") == std::vector<std::string>{"NULL|NULL|NULL|NULL"});
  }

  TEST_CASE("a later publication takes its slot's place, one of another kind does not") {
    const File file(
        1, {price(3, 40'000'000, fb::PriceKind::day_ahead), price(5, 0, fb::PriceKind::day_ahead),
            price(6, 70'000'000, fb::PriceKind::intraday)});
    CHECK(file.rows("SELECT kind, start, date, local_time, length_s, price, sequence FROM "
                    "market_prices ORDER BY kind") ==
          std::vector<std::string>{
              "day_ahead|2025-09-30T23:00:00Z|2025-10-01|2025-10-01T01:00:00|900|0.0|5",
              "intraday|2025-09-30T23:00:00Z|2025-10-01|2025-10-01T01:00:00|900|0.7|6"});
  }

  TEST_CASE("a decision is found again by its row's id") {
    fold::DecisionAuditRow audit;
    audit.at = hour_start(0);
    audit.action = fb::Action::charge;
    audit.policy_digest = "ab";
    audit.state_digest = "cd";
    audit.based_on = Sequence{8};
    audit.expected_saving_e8 = 125'000'000;
    const File file(1, {testing::decision_row(9, 0), row_of(9, 0, audit)});
    CHECK(file.rows("SELECT d.action, a.sequence, a.action, a.time, a.based_on, a.policy_digest, "
                    "a.expected_saving, a.price FROM coordinator_decisions d JOIN decision_audit a "
                    "ON a.decision_id = d.id") ==
          std::vector<std::string>{"wait|9|charge|2025-09-30T22:00:00Z|8|ab|1.25|NULL"});
  }

  TEST_CASE("scores add up by kind, source and class of horizons, however cut into batches") {
    std::vector<fold::LegacyRow> rows;
    const auto judged = [&](fold::Scored of, const char* source, std::size_t horizon,
                            std::int64_t forecast, std::int64_t actual) {
      fold::ScoreRow row{of, source, horizon, {}};
      row.score.add(Watts(forecast), Watts(actual));
      rows.push_back(row_of(rows.size() + 1, 0, row));
    };
    judged(fold::Scored::pv, "open-meteo", 0, 1'000, 900);
    judged(fold::Scored::pv, "open-meteo", 0, 1'000, 1'301);
    judged(fold::Scored::pv, "open-meteo", 5, 1'000, 0);
    judged(fold::Scored::load, "wattledger", 1, 300, 450);
    for (const std::size_t batch : {std::size_t{1}, rows.size()}) {
      CAPTURE(batch);
      CHECK(File(batch, rows)
                .rows("SELECT kind, source, horizon, count, mean_absolute_error_w, "
                      "bias_w FROM forecast_scores") ==
            std::vector<std::string>{"load|wattledger|1-3 h|1|150|-150",
                                     "pv|open-meteo|0-1 h|2|201|-101",
                                     "pv|open-meteo|24-48 h|1|1000|1000"});
    }
  }

  TEST_CASE("older schema versions take none of these rows") {
    const File file(1, {energy(1, 0, 5), price(2, 3, fb::PriceKind::day_ahead)}, 4);
    CHECK(file.rows("SELECT name FROM sqlite_master WHERE name LIKE '%_stats'").empty());
  }

  TEST_CASE("what is asked of hours, days and prices finds its index") {
    const File file(1, {energy(1, 0, 5)});
    for (const char* sql :
         {"SELECT * FROM hourly_stats WHERE date = '2025-10-01'",
          "SELECT * FROM daily_stats WHERE date BETWEEN '2025-10-01' AND '2025-10-31'",
          "SELECT * FROM monthly_stats WHERE month = '2025-10'",
          "SELECT * FROM market_prices WHERE date = '2025-10-01'",
          "SELECT * FROM market_prices WHERE kind = 'day_ahead' AND start >= '2025-10-01'",
          "SELECT * FROM decision_audit WHERE time >= '2025-10-01' ORDER BY time",
          "SELECT * FROM decision_audit WHERE rule = 'serve_house' AND time >= '2025-10-01'"}) {
      CAPTURE(sql);
      const auto plan = file.rows(std::string("EXPLAIN QUERY PLAN ") + sql);
      REQUIRE(plan.size() == 1);
      CHECK(plan[0].find("SEARCH") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace wattledger::projections
