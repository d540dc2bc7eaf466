// The numbers of wattledger audit report beside those of the SQLite tables and of audit list.
#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

#include "tests/projections/sqlite_reading.hpp"
#include "tests/replay/report_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Columns of the days' table.
enum Column : std::size_t { used = 1, sun, bought, sold, in, out, bill, saved, decisions };

double number(const std::string& cell) {
  std::string text = cell;
  if (text.rfind("−", 0) == 0) text = "-" + text.substr(std::string("−").size());
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  INFO(cell);
  CHECK(*end == '\0');
  return value;
}

// The sum of one column of CSV with quoted texts.
double sum_of(const ToolRun& csv, const std::string& column) {
  const auto cells = [](const std::string& line) {
    std::vector<std::string> found(1);
    bool quoted = false;
    for (const char c : line)
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        found.emplace_back();
      else
        found.back() += c;
    return found;
  };
  const auto lines = csv.lines();
  REQUIRE(lines.size() > 1);
  const auto names = cells(lines[0]);
  const auto at =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), column) - names.begin());
  REQUIRE(at < names.size());
  double sum = 0;
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (const std::string cell = cells(lines[i]).at(at); !cell.empty()) sum += std::stod(cell);
  return sum;
}

void tables(const HouseDirectory& house) {
  const ToolRun run = on(house, {"replay", "--projection", "sqlite", "--yes"});
  INFO(run.err);
  REQUIRE(run.code == 0);
}

}  // namespace

TEST_SUITE("replay/audit report numbers") {
  TEST_CASE("the month is monthly_stats' and each day daily_stats', to the last digit shown") {
    HouseDirectory house;
    house.begin();
    live(house, {0, 3 * day_s});
    house.close();
    tables(house);
    SqliteReader file(house.data() / "goodwe_energy.db");
    const Page page(page_of(house));
    // Half of the last digit that is shown.
    const auto same = [&](const std::string& name, const std::string& where) {
      const auto cells = page.row(name);
      REQUIRE(cells.size() == decisions + 1);
      const std::pair<Column, const char*> columns[] = {{used, "consumption_kwh"},
                                                        {sun, "pv_kwh"},
                                                        {bought, "import_kwh"},
                                                        {sold, "export_kwh"},
                                                        {in, "charged_kwh"},
                                                        {out, "discharged_kwh"},
                                                        {bill, "cost"}};
      for (const auto& each : columns) {
        INFO(name << ", " << each.second);
        const double told =
            std::stod(file.one(std::string("SELECT ") + each.second + " FROM " + where));
        CHECK(std::abs(number(cells[each.first]) - told) < (each.first == bill ? 0.0051 : 0.051));
      }
    };
    same("Month", "monthly_stats WHERE month = '2025-10'");
    same("Wed 1", "daily_stats WHERE date = '2025-10-01'");
    same("Thu 2", "daily_stats WHERE date = '2025-10-02'");
    same("Fri 3", "daily_stats WHERE date = '2025-10-03'");
    same("Sat 4", "daily_stats WHERE date = '2025-10-04'");
    CHECK(file.one("SELECT count(*) FROM daily_stats") == "4");
    CHECK(number(page.row("Month")[used]) > 40);
    // Their saving is another: against a house without the sun, too; the page says so.
    CHECK(std::stod(file.one("SELECT savings FROM monthly_stats")) >
          number(page.row("Month")[saved]) + 1);
    CHECK(holds(page_of(house), "their savings are against a house with neither sun nor battery"));
  }

  TEST_CASE("the rows of audit list add up to the month: energy, bill, saving and decisions") {
    HouseDirectory house;
    house.begin();
    live(house, {0, 3 * day_s});
    house.close();
    const auto month = Page(page_of(house)).row("Month");
    const ToolRun csv = on(
        house, {"--format", "csv", "audit", "list", "--from", "2025-10-01", "--to", "2025-11-01"});
    const std::pair<Column, const char*> columns[] = {
        {bought, "import_kwh"}, {sold, "export_kwh"}, {in, "charge_kwh"}, {out, "discharge_kwh"}};
    for (const auto& each : columns) {
      INFO(std::string(each.second));
      CHECK(number(month[each.first]) == doctest::Approx(sum_of(csv, each.second)).epsilon(0.01));
    }
    CHECK(std::abs(number(month[bill]) - sum_of(csv, "cost")) < 0.011);
    CHECK(std::abs(number(month[saved]) - sum_of(csv, "saved")) < 0.011);
    CHECK(number(month[decisions]) == static_cast<double>(csv.lines().size() - 1));
  }

  TEST_CASE("forecasts' errors are those of forecast_scores") {
    HouseDirectory house;
    house.begin();
    const auto told = [](std::int64_t second, int watts) {
      fb::LoadForecastIssuedT forecast;
      forecast.provider = "oracle";
      auto series = std::make_unique<fb::SeriesT>();
      series->start_us = to_us(at_s(second));
      series->step_s = 900;
      series->values.assign(96, watts);
      forecast.power_w.push_back(std::move(series));
      return forecast;
    };
    house.add(0, told(0, 700));
    live(house, {0, 12 * hour_s});
    house.close();
    tables(house);
    SqliteReader file(house.data() / "goodwe_energy.db");
    const Page page(page_of(house));
    const auto rows = file.rows(
        "SELECT 'load', source, replace(replace(horizon, ' h', ''), '-', '–'), count, "
        "mean_absolute_error_w, bias_w FROM forecast_scores ORDER BY horizon_h");
    CHECK(rows.size() == 4);
    for (const std::string& row : rows) {
      CAPTURE(row);
      bool found = false;
      for (const auto& cells : page.rows)
        found = found || fmt::format("{}", fmt::join(cells, "|")) == row;
      CHECK(found);
    }
    CHECK(holds(rows.at(0), "|100|100"));
  }

  TEST_CASE("what an owner corrected is said: the tables then have other numbers") {
    HouseDirectory house;
    house.begin();
    live(house, {0, day_s});
    CHECK_FALSE(holds(page_of(house), "Corrections, listed below"));
    fb::CorrectionRecordedT correction;
    correction.corrects = 9;
    correction.field = "load_power_w";
    correction.previous = "600";
    correction.value = "60";
    correction.reason = "a clamp sat wrongly";
    house.add(day_s + 60, std::move(correction));
    house.close();
    const std::string page = page_of(house);
    CHECK(holds(page, "Corrections, listed below: 1."));
    CHECK(holds(page, "load_power_w: 600 → 60"));
  }
}
