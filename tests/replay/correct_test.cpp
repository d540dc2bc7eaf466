// Corrections as a user meets them: faults that the older system's data had, enacted again, found
// by rule, written, and shown by a replay.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "tests/projections/sqlite_reading.hpp"
#include "tests/replay/house_log.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

std::string shown(const std::filesystem::path& file, const std::string& sql) {
  return SqliteReader(file).one(sql);
}

// A charge of 2 kWh at 0.5 per kWh, told 1000 times too low (the first) or rightly.
fb::DecisionMadeT charge(std::int64_t cost_e8, std::int64_t saving_e8) {
  fb::DecisionMadeT fact;
  fact.action = fb::Action::charge;
  fact.rule = fb::Rule::cheapest_slots;
  fact.control_mode = fb::ControlMode::on;
  fact.power_w = -4'000;
  fact.until_us = to_us(at_s(3'600));
  fact.expected_energy_mwh = 2'000'000;
  fact.price_e8 = 50'000'000;
  fact.expected_cost_e8 = cost_e8;
  fact.expected_saving_e8 = saving_e8;
  fact.policy_digest = std::make_unique<fb::Digest256>();
  fact.state_digest = std::make_unique<fb::Digest256>();
  return fact;
}

fb::ReadingRecordedT sold(std::int64_t export_total_mwh) {
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = std::uint16_t{8'000};
  fact.load_power_w = 500;
  fact.grid_power_w = 1'000;
  fact.pv_power_w = 0;
  fact.export_total_mwh = export_total_mwh;
  return fact;
}

fb::SellingSessionChangedT sale(std::int64_t exported_mwh) {
  fb::SellingSessionChangedT fact;
  fact.session = "selling_20251001_030000";
  fact.change = fb::SessionChange::completed;
  fact.started_us = to_us(at_s(3'600));
  fact.ended_us = to_us(at_s(7'200));
  fact.energy_mwh = exported_mwh;
  fact.exported_mwh = exported_mwh;
  fact.average_price_e8 = 80'000'000;
  fact.revenue_e8 = exported_mwh * 80;
  return fact;
}

constexpr const char* amounts =
    "SELECT json_extract(parameters, '$.estimated_cost_pln'), json_extract(parameters, "
    "'$.estimated_savings_pln') FROM coordinator_decisions ORDER BY id";

}  // namespace

TEST_SUITE("replay/correct") {
  TEST_CASE("costs 1000 times too low are found, shown first, and right after a replay") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    const std::uint64_t wrong = house.add(120, charge(100'000, 30'000));
    house.add(180, charge(100'000'000, 30'000'000));
    fb::ChargingSessionChangedT session;
    session.session = "20251001_1";
    session.change = fb::SessionChange::completed;
    session.energy_mwh = 2'000'000;
    session.average_price_e8 = 50'000'000;
    session.cost_e8 = 100'000;
    house.add(240, std::move(session));
    house.close();
    const auto file = house.data() / "goodwe_energy.db";
    REQUIRE(on(house, {"replay", "--projection", "sqlite", "--yes"}).code == 0);
    CHECK(SqliteReader(file).rows(amounts) == std::vector<std::string>{"0.001|0.0003", "1.0|0.3"});

    const ToolRun looked = on(house, {"correct", "--rule", "cost-per-mwh"});
    CHECK(looked.code == 1);
    CHECK(looked.lines().size() == 3);
    CHECK(looked.out.find(std::to_string(wrong)) != std::string::npos);
    CHECK(looked.out.find("expected_cost_e8: 100000000 instead of 100000") != std::string::npos);
    CHECK(looked.err.find("3 corrections, none written yet: add --yes") != std::string::npos);
    CHECK(on(house, {"correct", "--rule", "cost-per-mwh", "--to", "2025-10-01T02:00"}).code == 0);

    CHECK(on(house, {"correct", "--rule", "cost-per-mwh", "--yes"}).code == 0);
    CHECK(on(house, {"correct", "--rule", "cost-per-mwh"}).out.empty());
    CHECK(SqliteReader(file).rows(amounts)[0] == "0.001|0.0003");
    const ToolRun waits = on(house, {"replay", "--status"});
    CHECK(waits.code == 1);
    CHECK(waits.out.find("3 corrections are not shown yet: wattledger replay") !=
          std::string::npos);

    const ToolRun replayed = on(house, {"replay", "--projection", "sqlite", "--yes"});
    INFO(replayed.out << replayed.err);
    REQUIRE(replayed.code == 0);
    CHECK(replayed.out.find("2 records shown as corrections say") != std::string::npos);
    CHECK(SqliteReader(file).rows(amounts) == std::vector<std::string>{"1.0|0.3", "1.0|0.3"});
    CHECK(shown(file, "SELECT cost_pln FROM charging_sessions") == "1.0");
    CHECK(on(house, {"replay", "--status"}).code == 0);
    CHECK(on(house, {"replay", "--dry-run", "--diff"}).code == 0);
    CHECK(on(house, {"log", "verify", "--deep"}).code == 0);

    // As it was known before.
    const auto then = house.data() / "then";
    REQUIRE(on(house, {"replay", "--known-at", "2025-10-02", "--into", then.string()}).code == 0);
    CHECK(SqliteReader(then / "goodwe_energy.db").rows(amounts)[0] == "0.001|0.0003");
  }

  TEST_CASE("a sale that was added up at every tick is what the meter measured") {
    HouseDirectory house;
    house.begin();
    for (int minute = 0; minute <= 150; ++minute)
      house.add(minute * 60,
                sold(1'000'000'000 + std::clamp(minute - 60, 0, 60) * std::int64_t{30'000}));
    house.add(9'060, sale(12'000'000));
    fb::SellingSessionChangedT right = sale(1'800'000);
    right.session = "selling_20251001_040000";
    house.add(9'120, std::move(right));
    house.close();
    const auto file = house.data() / "goodwe_energy.db";
    const ToolRun corrected = on(house, {"correct", "--rule", "sales-by-meter", "--yes"});
    INFO(corrected.out << corrected.err);
    CHECK(corrected.code == 0);
    CHECK(corrected.lines().size() == 3);
    REQUIRE(on(house, {"replay", "--projection", "sqlite", "--yes"}).code == 0);
    CHECK(SqliteReader(file).rows("SELECT energy_sold_kwh, revenue_pln FROM "
                                  "battery_selling_sessions ORDER BY session_id") ==
          std::vector<std::string>{"1.8|1.44", "1.8|1.44"});
  }

  TEST_CASE("what a meter cannot tell is no reason to correct a sale") {
    HouseDirectory house;
    house.begin();
    // Five minutes apart, 2.5 kWh from 01:00 to 01:30; then nothing is heard for an hour.
    for (int minute = 0; minute <= 100; minute += 5)
      house.add(minute * 60,
                sold(1'000'000'000 + std::clamp(minute - 62, 0, 30) * std::int64_t{83'333}));
    fb::SellingSessionChangedT between = sale(330'000);  // within one interval of the readings
    between.started_us = to_us(at_s(66 * 60));
    between.ended_us = to_us(at_s(69 * 60));
    house.add(6'100, std::move(between));
    fb::SellingSessionChangedT unseen = sale(2'000'000);
    unseen.started_us = to_us(at_s(120 * 60));
    unseen.ended_us = to_us(at_s(140 * 60));
    house.add(9'000, std::move(unseen));
    house.add(9'060, sold(1'002'500'000));
    house.close();
    const ToolRun looked = on(house, {"correct", "--rule", "sales-by-meter"});
    INFO(looked.out << looked.err);
    CHECK(looked.code == 0);
  }

  TEST_CASE("a correction is taken back by another, and a rule leaves the owner's own alone") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    const std::string wrong = std::to_string(house.add(120, charge(100'000, 30'000)));
    house.close();
    const auto correct = [&](const char* value) {
      return on(house, {"correct", wrong, "expected_cost_e8", value, "--reason", "the bill"});
    };
    CHECK(correct("100000").code == 2);  // as it is
    CHECK(correct("98000000").code == 0);
    CHECK(correct("98000000").code == 2);
    const ToolRun back = correct("100000");
    CHECK(back.code == 0);
    CHECK(back.out.find("is 100000 instead of 98000000") != std::string::npos);
    const ToolRun looked = on(house, {"correct", "--rule", "cost-per-mwh"});
    CHECK(looked.lines().size() == 1);
    CHECK(looked.out.find("expected_saving_e8") != std::string::npos);
  }

  TEST_CASE("a day that was looked at while it was incomplete is whole after the next look") {
    HouseDirectory house;
    house.begin();
    for (int minute = 0; minute < 600; ++minute) house.reading(minute * 60);
    const auto noon = house.data() / "noon", night = house.data() / "night";
    REQUIRE(on(house, {"replay", "--into", noon.string()}).code == 0);
    for (int minute = 600; minute < 1'200; ++minute) house.reading(minute * 60);
    house.close();
    REQUIRE(on(house, {"replay", "--into", night.string()}).code == 0);
    const char* energy = "SELECT consumption_kwh FROM daily_stats WHERE date = '2025-10-01'";
    CHECK(std::stod(shown(noon / "goodwe_energy.db", energy)) ==
          doctest::Approx(0.83 * 599 / 60).epsilon(1e-4));
    CHECK(std::stod(shown(night / "goodwe_energy.db", energy)) ==
          doctest::Approx(0.83 * 1'199 / 60).epsilon(1e-4));
  }

  TEST_CASE("numbers at the edge of 64 bits are no reason to correct anything") {
    HouseDirectory house;
    house.begin();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t each : {least, most}) {
      fb::DecisionMadeT fact = charge(each, each);
      house.add(60, std::move(fact));
      fact = charge(100'000, least);
      fact.expected_energy_mwh = each;
      house.add(60, std::move(fact));
      house.add(60, sold(each));
      fb::SellingSessionChangedT session = sale(1'000);
      session.exported_mwh = each;
      session.started_us = session.ended_us = each;
      house.add(60, std::move(session));
    }
    house.close();
    for (const char* rule : {"cost-per-mwh", "sales-by-meter"}) {
      const ToolRun run = on(house, {"correct", "--rule", rule});
      CAPTURE(run.out);
      CHECK(run.code == 0);
    }
  }

  TEST_CASE("what does not belong together is said, and a rule that is none") {
    HouseDirectory house;
    house.begin();
    house.close();
    CHECK(on(house, {"correct", "--rule", "cost-per-mhw"}).err.find("cost-per-mwh") !=
          std::string::npos);
    CHECK(on(house, {"correct", "--rule", "cost-per-mwh", "1", "site", "x"}).code == 2);
    CHECK(on(house, {"correct", "1", "site", "x", "--reason", "r", "--yes"}).code == 2);
    CHECK(on(house, {"correct", "--rule", "cost-per-mwh", "--from", "yesterday"}).code == 2);
    CHECK(on(house, {"correct", "--rule", "cost-per-mwh"}).err.find("nothing to correct") !=
          std::string::npos);
  }
}
