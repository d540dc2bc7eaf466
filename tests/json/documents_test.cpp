// The files that hold more than one row's worth, row by row.
#include "projections/json/documents.hpp"

#include <nlohmann/json.hpp>

#include "tests/json/json_target.hpp"
#include "tests/support/places.hpp"

namespace wattledger::projections {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const LocalTime monday{std::chrono::local_days(std::chrono::year(2026) / 1 / 5)};

// Rows by the wall clock (UTC is the same here), and the files that came of them.
class Files {
 public:
  void take(LocalTime local, fold::RowContent content) {
    const UtcTime at(local.time_since_epoch());
    FileChanges changes;
    take_row(state_, {Sequence{++sequence_}, at, at, local, std::move(content)}, changes);
    for (const auto& [name, text] : changes.whole) {
      if (text)
        whole_[name] = *text;
      else
        whole_.erase(name);
    }
    for (const auto& [name, text] : changes.elements) {
      std::string& all = elements_[name];
      all += (all.empty() ? "" : ",\n") + text;
    }
    // What is remembered between any two rows is what the manifest can hold.
    CHECK(read_documents(documents_text(state_)) == state_);
  }
  [[nodiscard]] bool has(const std::string& name) const { return whole_.count(name) == 1; }
  [[nodiscard]] std::string text(const std::string& name) const {
    const auto whole = whole_.find(name);
    if (whole != whole_.end()) return whole->second;
    const auto element = elements_.find(name);
    REQUIRE_MESSAGE(element != elements_.end(), name);
    return "[\n" + element->second + "\n]";
  }
  [[nodiscard]] Json json(const std::string& name) const { return Json::parse(text(name)); }

 private:
  DocumentsState state_;
  std::uint64_t sequence_ = 0;
  std::map<std::string, std::string> whole_, elements_;
};

fold::DecisionRow charge(std::int64_t energy_mwh, std::int64_t cost_e8, std::int64_t savings_e8,
                         std::int64_t price_e8, const char* zone = "T2") {
  fold::DecisionRow row;
  row.action = "charge";
  row.source = "grid";
  row.tariff_zone = zone;
  row.energy_mwh = energy_mwh;
  row.cost_e8 = cost_e8;
  row.savings_e8 = savings_e8;
  row.price_e8 = price_e8;
  return row;
}
fold::DecisionRow wait() {
  fold::DecisionRow row;
  row.action = "wait";
  return row;
}
fold::DecisionRow sell() {
  fold::DecisionRow row;
  row.action = "battery_selling";
  return row;
}

fold::EnergyRow meter(double import_kwh, const char* zone) {
  fold::EnergyRow row;
  row.grid_import_total_kwh = import_kwh;
  row.tariff_zone = zone;
  return row;
}

fold::SessionRow told(LocalTime at, bool selling, const std::string& id, const char* status) {
  fold::SessionRow row;
  row.selling = selling;
  row.session_id = id;
  row.told_at = iso_text(at);
  row.status = status;
  row.capacity_mwh = 10'000'000;
  return row;
}

// A sale from `from` on, half an hour long, as two changes.
void sale(Files& files, LocalTime from, const std::string& id, double kwh, double revenue,
          const char* end = "completed") {
  fold::SessionRow begun = told(from, true, id, "active");
  begun.start_at = UtcTime(from.time_since_epoch());
  begun.start_time = begun.started_at = iso_text(from);
  begun.start_soc_bp = 9'200;
  begun.power_w = 5'000;
  files.take(from, begun);
  const LocalTime to = from + minutes(30);
  fold::SessionRow ended = told(to, true, id, end);
  ended.end_at = UtcTime(to.time_since_epoch());
  ended.end_time = ended.completed_at = iso_text(to);
  ended.end_soc_bp = 7'900;
  ended.energy_kwh = kwh;
  ended.amount = revenue;
  ended.average_price = revenue / kwh;
  files.take(to, ended);
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  return names;
}

std::optional<std::string> legacy_text(const std::string& name) {
  const fs::path file = testing::shared_data() / "legacy_sample" / name;
  if (fs::exists(file)) return text_of(file);
  MESSAGE("skipped: " << file.string() << " is absent");
  return std::nullopt;
}

// The instants of the sample's plan.
fold::PlannedSessionRow planned(const std::string& id, LocalTime from, std::int64_t priority) {
  return {id, iso_text(from), iso_text(from + hours(2)), 2.0, 6.0, 2.52, 1.2, priority, "planned"};
}

void charging(Files& files, const std::string& id, LocalTime from) {
  for (const char* status : {"active", "completed"}) {
    const bool over = std::string(status) == "completed";
    const LocalTime at = from + hours(over ? 2 : 0);
    fold::SessionRow row = told(at, false, id, status);
    row.start_at = UtcTime(from.time_since_epoch());
    row.start_time = row.started_at = iso_text(from);
    if (over) row.end_time = row.completed_at = iso_text(at);
    files.take(at, row);
  }
}

}  // namespace

TEST_SUITE("json/documents") {
  TEST_CASE(
      "the day's plan is byte for byte as the older system wrote it, and follows its sessions") {
    Files files;
    const LocalTime made = monday + hours(6) + std::chrono::milliseconds(250);
    fold::DailyPlanRow plan;
    plan.day = std::chrono::floor<days>(monday);
    plan.created_at = iso_text(made);
    plan.status = "planned";
    plan.sessions = {planned("20260105_1", monday + hours(2), 1),
                     planned("20260105_2", monday + hours(13), 2)};
    files.take(made, plan);
    const std::string name = "out/multi_session_data/daily_plan_20260105.json";
    CHECK(files.json(name)["status"] == "planned");
    CHECK(files.json(name)["sessions"][0]["started_at"].is_null());
    charging(files, "20260105_1", monday + hours(2));
    CHECK(files.json(name)["status"] == "active");
    CHECK(files.json(name)["sessions"][0]["status"] == "completed");
    charging(files, "20260105_2", monday + hours(13));
    CHECK(files.json(name)["status"] == "completed");
    if (const auto legacy = legacy_text(name)) CHECK(files.text(name) == *legacy);
  }

  TEST_CASE("all charging sessions of a day stand in its schedule, by their start") {
    Files files;
    charging(files, "b", monday + hours(13));
    charging(files, "a", monday + hours(2));
    charging(files, "c", monday + hours(24));
    const Json schedule = files.json("out/charging_schedule_2026-01-05.json");
    REQUIRE(schedule.size() == 2);
    CHECK(schedule[0]["session_id"] == "a");
    CHECK(schedule[1]["session_id"] == "b");
    CHECK(schedule[1]["status"] == "completed");
    CHECK(files.json("out/charging_schedule_2026-01-06.json").size() == 1);
    if (const auto legacy = legacy_text("out/charging_schedule_2026-01-05.json"))
      CHECK(keys(schedule[0]) == keys(Json::parse(*legacy)));
  }

  TEST_CASE("a sale is recorded once, when it ends, byte for byte as the older system did") {
    Files files;
    const LocalTime from = monday + hours(18) + minutes(1) + std::chrono::milliseconds(250);
    sale(files, from, "selling_20260105_180100", 2.47, 2.964);
    files.take(from + hours(1),
               told(from + hours(1), true, "selling_20260105_180100", "completed"));
    const std::string name = "out/battery_selling_analytics/session_records.json";
    CHECK(files.json(name).size() == 1);
    if (const auto legacy = legacy_text(name)) CHECK(files.text(name) == *legacy);
    CHECK(files.text("data/daily_soc_drops.json") == "{\n  \"2026-01-05\": 13.0\n}");
  }

  TEST_CASE("a sale that never began is no sale; one that failed is an incident") {
    Files files;
    const LocalTime evening = monday + hours(18);
    files.take(evening, told(evening, true, "planned only", "planned"));
    files.take(evening + hours(1), told(evening + hours(1), true, "planned only", "cancelled"));
    CHECK_FALSE(files.has("data/daily_soc_drops.json"));
    sale(files, evening + hours(2), "failed", 0.5, 0.6, "failed");
    files.take(monday + hours(24), wait());
    const Json day = files.json("out/battery_selling_analytics/daily_summaries.json");
    REQUIRE(day.size() == 1);
    CHECK(day[0]["total_sessions"] == 1);
    CHECK(day[0]["safety_incidents"] == 1);
  }

  TEST_CASE("days and months of sales are summed up when they are over") {
    Files files;
    sale(files, monday + hours(18), "1", 2.0, 2.0);
    sale(files, monday + hours(20), "2", 1.0, 3.0);
    files.take(monday + hours(24), wait());
    const std::string days_name = "out/battery_selling_analytics/daily_summaries.json";
    Json day = files.json(days_name)[0];
    CHECK(day["date"] == "2026-01-05");
    CHECK(day["total_sessions"] == 2);
    CHECK(day["total_energy_sold_kwh"] == 3.0);
    CHECK(day["total_revenue_pln"] == 5.0);
    CHECK(day["average_price_pln"].get<double>() == doctest::Approx(5.0 / 3.0));
    CHECK(day["peak_revenue_hour"] == 20);
    CHECK(day["battery_cycles"] == 2);
    CHECK(day["efficiency_percent"].get<double>() == doctest::Approx(3.0 / (2 * 10.0 * 0.3) * 100));
    sale(files, monday + days(9) + hours(18), "3", 1.0, 1.0);
    files.take(monday + days(40), wait());
    REQUIRE(files.json(days_name).size() == 2);
    const std::string months_name = "out/battery_selling_analytics/monthly_reports.json";
    const Json month = files.json(months_name)[0];
    CHECK(month["month"] == "2026-01");
    // The older system added the running day with each of its sessions.
    CHECK(month["total_sessions"] == 3);
    CHECK(month["total_revenue_pln"] == 6.0);
    CHECK(month["average_daily_revenue_pln"] == 3.0);
    CHECK(month["best_day_revenue_pln"] == 5.0);
    CHECK(month["worst_day_revenue_pln"] == 1.0);
    CHECK(month["roi_percent"].get<double>() == doctest::Approx(6.0 / 260 * 12 * 100));
    if (const auto legacy = legacy_text(days_name))
      CHECK(keys(day) == keys(Json::parse(*legacy)[0]));
    if (const auto legacy = legacy_text(months_name))
      CHECK(keys(month) == keys(Json::parse(*legacy)[0]));
  }

  TEST_CASE("of the state of charge that sales took seven days are kept") {
    Files files;
    for (int day = 0; day < 9; ++day)
      sale(files, monday + days(day) + hours(18), std::to_string(day), 1.0, 1.0);
    const Json drops = files.json("data/daily_soc_drops.json");
    CHECK(drops.size() == 7);
    CHECK(drops.begin().key() == "2026-01-07");
  }

  TEST_CASE("a day's snapshot comes when the day is over, and is whole") {
    Files files;
    files.take(monday + hours(2), charge(2'500'000, 105'000'000, 50'000'000, 42'000'000));
    files.take(monday + hours(8), charge(1'000'000, 95'000'000, 0, 95'000'000, "T1"));
    files.take(monday + hours(9), wait());
    for (int tick = 0; tick < 4; ++tick)
      files.take(monday + hours(18) + minutes(15 * tick), sell());
    sale(files, monday + hours(18), "1", 2.4, 2.88);
    const std::string name = "out/daily_snapshots/snapshot_20260105.json";
    CHECK_FALSE(files.has(name));
    const LocalTime next = monday + hours(24) + seconds(3);
    files.take(next, meter(5'000.0, "T2"));
    const Json day = files.json(name);
    CHECK(keys(day) == std::vector<std::string>{"date",
                                                "created_at",
                                                "total_decisions",
                                                "charging_count",
                                                "wait_count",
                                                "selling_count",
                                                "total_energy_kwh",
                                                "total_energy_sold_kwh",
                                                "total_cost_pln",
                                                "total_savings_pln",
                                                "selling_revenue_pln",
                                                "avg_confidence",
                                                "avg_cost_per_kwh",
                                                "source_breakdown",
                                                "price_stats",
                                                "file_count",
                                                "real_grid_import_kwh",
                                                "grid_import_t1_kwh",
                                                "grid_import_t2_kwh",
                                                "energy_charged_t1_kwh",
                                                "energy_charged_t2_kwh"});
    CHECK(day["date"] == "2026-01-05");
    CHECK(day["created_at"] == "2026-01-06T00:00:03");
    CHECK(day["total_decisions"] == 7);
    CHECK(day["charging_count"] == 2);
    CHECK(day["wait_count"] == 1);
    CHECK(day["selling_count"] == 4);
    CHECK(day["total_energy_kwh"] == 3.5);
    // By the session's meter: not once a tick, not what was planned.
    CHECK(day["total_energy_sold_kwh"] == 2.4);
    CHECK(day["selling_revenue_pln"] == 2.88);
    CHECK(day["total_cost_pln"] == 2.0);
    CHECK(day["total_savings_pln"] == 3.38);
    CHECK(day["avg_cost_per_kwh"] == 0.5714);
    CHECK(day["source_breakdown"].dump() == R"({"battery_selling":4,"grid":2})");
    CHECK(day["price_stats"].dump() == R"({"min":0.42,"max":0.95,"avg":0.685})");
    CHECK(day["energy_charged_t1_kwh"] == 1.0);
    CHECK(day["energy_charged_t2_kwh"] == 2.5);
  }

  TEST_CASE("the grid's energy is the meter's, by tariff zone, and none is lost at midnight") {
    Files files;
    files.take(monday + hours(23) + minutes(58), meter(100.0, "T2"));
    files.take(monday + hours(24) + minutes(3), meter(100.5, "T2"));
    files.take(monday + hours(24) + minutes(4), wait());
    files.take(monday + hours(31), meter(102.0, "T1"));
    files.take(monday + hours(32), meter(0.0, "T1"));  // another meter: nothing is made up
    files.take(monday + hours(33), meter(0.25, "T1"));
    files.take(monday + hours(48), wait());
    const Json day = files.json("out/daily_snapshots/snapshot_20260106.json");
    CHECK(day["real_grid_import_kwh"] == 2.25);
    CHECK(day["grid_import_t1_kwh"] == 1.75);
    CHECK(day["grid_import_t2_kwh"] == 0.5);
    CHECK(day["grid_import_total_kwh"] == 2.25);
  }

  TEST_CASE(
      "a leap of the meter that no connection can make is another meter, and so is a long gap") {
    Files files;
    files.take(monday + hours(1), meter(25'000.0, "T2"));
    files.take(monday + hours(1) + minutes(5), meter(0.0, "T2"));  // a poll that read nothing
    files.take(monday + hours(1) + minutes(10), meter(25'000.5, "T2"));
    files.take(monday + hours(1) + minutes(15), meter(25'001.5, "T2"));
    files.take(monday + hours(2), wait());
    files.take(monday + days(3), meter(25'900.0, "T2"));
    files.take(monday + days(3), wait());
    files.take(monday + days(4), wait());
    CHECK(files.json("out/daily_snapshots/snapshot_20260105.json")["real_grid_import_kwh"] == 1.0);
    CHECK(files.json("out/daily_snapshots/snapshot_20260108.json")["real_grid_import_kwh"] == 0.0);
  }

  TEST_CASE("a session that begins on another day than planned moves to that day's schedule") {
    Files files;
    const LocalTime planned_start = monday + hours(23) + minutes(50);
    fold::SessionRow planned = told(monday, false, "late", "planned");
    planned.start_time = iso_text(planned_start);
    planned.start_at = UtcTime(planned_start.time_since_epoch());
    files.take(monday, planned);
    CHECK(files.json("out/charging_schedule_2026-01-05.json").size() == 1);
    charging(files, "late", monday + hours(24) + seconds(5));
    CHECK(files.text("out/charging_schedule_2026-01-05.json") == "[]");
    CHECK(files.json("out/charging_schedule_2026-01-06.json").size() == 1);
  }

  TEST_CASE("a month's snapshot holds its days; one without decisions has none") {
    Files files;
    for (const int day : {0, 1, 5})
      files.take(monday + days(day), charge(1'000'000, 40'000'000, 10'000'000, 40'000'000));
    files.take(monday + days(6), meter(1.0, "T2"));
    const std::string name = "out/monthly_snapshots/monthly_snapshot_202601.json";
    CHECK_FALSE(files.has(name));
    files.take(monday + days(30), wait());
    const Json month = files.json(name);
    CHECK(month["year"] == 2026);
    CHECK(month["month"] == 1);
    CHECK(month["month_name"] == "January");
    CHECK(month["total_decisions"] == 3);
    CHECK(month["total_energy_kwh"] == 3.0);
    CHECK(month["total_cost_pln"] == 1.2);
    CHECK(month["total_savings_pln"] == 0.3);
    CHECK(month["savings_percentage"] == 20.0);
    CHECK(month["avg_cost_per_kwh"] == 0.4);
    CHECK(month["days_with_data"] == 3);
    REQUIRE(month["daily_summaries"].size() == 3);
    CHECK(month["daily_summaries"][1] == files.json("out/daily_snapshots/snapshot_20260106.json"));
    CHECK_FALSE(files.has("out/daily_snapshots/snapshot_20260111.json"));
  }

  TEST_CASE("what comes late changes no day that is over") {
    Files files;
    files.take(monday + hours(48), wait());
    files.take(monday, charge(1'000'000, 1, 1, 1));
    files.take(monday + hours(72), wait());
    CHECK_FALSE(files.has("out/daily_snapshots/snapshot_20260105.json"));
    CHECK(files.json("out/daily_snapshots/snapshot_20260107.json")["total_decisions"] == 1);
  }

  TEST_CASE("a clock that was days ahead counts for nothing: the day it comes back to goes on") {
    Files files;
    files.take(monday + hours(8), charge(2'000'000, 100'000'000, 0, 50'000'000));
    for (const int ahead : {1, 2, 3})
      files.take(monday + days(ahead), charge(7'000'000, 100'000'000, 0, 50'000'000));
    REQUIRE(files.has("out/daily_snapshots/snapshot_20260107.json"));
    files.take(monday + hours(9), fold::ClockSetRow{});
    CHECK(!files.has("out/daily_snapshots/snapshot_20260106.json"));
    CHECK(!files.has("out/daily_snapshots/snapshot_20260107.json"));
    files.take(monday + hours(10), charge(1'000'000, 100'000'000, 0, 50'000'000));
    files.take(monday + days(1), wait());
    CHECK(files.json("out/daily_snapshots/snapshot_20260105.json")["total_energy_kwh"] == 3.0);
    files.take(monday + days(2), wait());
    CHECK(files.json("out/daily_snapshots/snapshot_20260106.json")["total_decisions"] == 1);
  }

  TEST_CASE("a clock that was ahead over a month's end gives the month back as well") {
    Files files;
    const LocalTime late = monday + days(24);  // 29 January
    for (int day = 0; day < 2; ++day)
      files.take(late + days(day), charge(1'000'000, 100'000'000, 0, 50'000'000));
    for (const int ahead : {10, 11, 12}) files.take(late + days(ahead), wait());
    REQUIRE(files.has("out/monthly_snapshots/monthly_snapshot_202601.json"));
    REQUIRE(files.has("out/daily_snapshots/snapshot_20260209.json"));
    files.take(late + days(1) + hours(1), fold::ClockSetRow{});
    CHECK(!files.has("out/monthly_snapshots/monthly_snapshot_202601.json"));
    CHECK(!files.has("out/daily_snapshots/snapshot_20260130.json"));
    CHECK(!files.has("out/daily_snapshots/snapshot_20260209.json"));
    files.take(late + days(1) + hours(2), charge(1'000'000, 100'000'000, 0, 50'000'000));
    files.take(late + days(3), wait());
    const auto month = files.json("out/monthly_snapshots/monthly_snapshot_202601.json");
    CHECK(month["total_energy_kwh"] == 3.0);
    CHECK(month["days_with_data"] == 2);
  }

  TEST_CASE("a clock set on, or back within the day, changes no day") {
    Files files;
    files.take(monday + hours(8), charge(2'000'000, 100'000'000, 0, 50'000'000));
    files.take(monday + hours(7), fold::ClockSetRow{});
    files.take(monday + hours(8), charge(1'000'000, 100'000'000, 0, 50'000'000));
    files.take(monday + days(1), fold::ClockSetRow{});
    files.take(monday + days(1), wait());
    CHECK(files.json("out/daily_snapshots/snapshot_20260105.json")["total_energy_kwh"] == 3.0);
  }

  TEST_CASE("values that no home can have do not break the sums") {
    Files files;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < 100; ++i) files.take(monday + minutes(i), charge(most, most, most, most));
    for (int i = 0; i < 100; ++i)
      files.take(monday + hours(3) + minutes(i), charge(-most, -most, -most, -most));
    sale(files, monday + hours(5), "1", 1e300, -1e300);
    files.take(monday + days(60), wait());
    const Json day = files.json("out/daily_snapshots/snapshot_20260105.json");
    CHECK(day["total_energy_kwh"] == 0.0);
    CHECK(day["total_energy_sold_kwh"] == 1e6);
  }

  TEST_CASE("no more sessions and plans are remembered than a house can have") {
    DocumentsState state;
    FileChanges changes;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
      const LocalTime local = monday + seconds(i);
      const UtcTime at(local.time_since_epoch());
      take_row(
          state,
          {Sequence{i + 1}, at, at, local, told(local, i % 2 == 0, std::to_string(i), "active")},
          changes);
      fold::DailyPlanRow plan;
      plan.day = std::chrono::floor<days>(monday) + days(i);
      take_row(state, {Sequence{i + 1}, at, at, local, plan}, changes);
    }
    CHECK(state.sessions.size() == documents_sessions_max);
    CHECK(state.plans.size() == documents_plans_max);
  }
}

}  // namespace wattledger::projections
