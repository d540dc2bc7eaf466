// wattledger audit list: what became of each decision, what it cost, and which are asked for.
#include "replay/audit/outcome.hpp"
#include "tests/replay/explained_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using nlohmann::json;

namespace {

std::vector<json> listed(ExplainedHouse& house, std::vector<std::string> more = {}) {
  house.log().close();
  more.insert(more.begin(), {"audit", "list", "--format", "json"});
  const ToolRun run = on(house.log(), more);
  INFO(run.err);
  CHECK(run.code == 0);
  return run.json_lines();
}

// Cheap from a quarter before noon on for two hours, then dear.
ExplainedHouse& cheap_noon(ExplainedHouse& house) {
  return house.prices(Slots(9, 20), noon_s - 900)
      .prices(Slots(40, 60), noon_s + 8 * 900)
      .read(noon_s - 20);
}

fb::CommandIssuedT command(std::uint64_t decision) {
  fb::CommandIssuedT fact;
  fact.decision = decision;
  fact.mode = fb::InverterMode::charge;
  return fact;
}

std::string fmt(const char* form, double value) {
  char text[256];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

// As the tables add it up: from each reading to the next.
fold::EnergySums metered_in_all(ExplainedHouse& house) {
  const auto log = value(log::Log::open(house.log().data() / "log"));
  const auto snapshot = value(log.snapshot());
  fold::State state;
  fold::EnergySums sums;
  std::optional<fold::Metered> before;
  CHECK(snapshot.scan(snapshot.first(), snapshot.head(), [&](const log::RecordView& record) {
    if (const auto* reading = record.event.as<fb::ReadingRecorded>()) {
      const fold::Metered now = fold::metered(*reading, record.event.occurred_at());
      if (before)
        for (const auto& row : fold::energy_between(state, *before, now)) sums += row.sums;
      before = now;
    }
    fold::evolve(state, record.sequence, record.recorded_at, record.event);
    return Result<bool>(true);
  }));
  return sums;
}

json line_of(const std::vector<json>& lines, std::uint64_t sequence) {
  for (const json& each : lines)
    if (each["sequence"] == sequence) return each;
  FAIL("no decision " << sequence);
  return {};
}

}  // namespace

TEST_SUITE("replay/audit list") {
  TEST_CASE("a charge that was confirmed, with what the meter says until the next decision") {
    ExplainedHouse house(round_settings("cheapest"));
    const std::uint64_t decision = cheap_noon(house).decide();
    const json line = line_of(listed(house), decision);
    CHECK(line["action"] == "charge");
    CHECK(line["outcome"] == "confirmed");
    CHECK(line["soc_pct"] == 50.0);
    CHECK(line["price_kwh"] == 0.2);
    // 5000 W into the battery beside 600 W of the house, for a quarter of an hour.
    CHECK(line["import_kwh"].get<double>() == doctest::Approx(1.4).epsilon(1e-5));
    CHECK(line["charge_kwh"].get<double>() == doctest::Approx(1.25).epsilon(1e-5));
    CHECK(line["cost"].get<double>() == doctest::Approx(0.28).epsilon(1e-5));
    CHECK(line["saved"].get<double>() == doctest::Approx(0.03 - 0.28).epsilon(1e-4));
    CHECK(line["next"] > decision);
    CHECK(line["metered_s"] == 915);
    CHECK(line["priced_s"] == 915);
  }

  TEST_CASE("below a charge stands that its cost is not lost") {
    ExplainedHouse house(round_settings("cheapest"));
    cheap_noon(house).decide();
    house.log().close();
    CHECK(
        on(house.log(), {"audit", "list"}).lines().back() ==
        "1.25 kWh went into the battery and 0.00 kWh came out of it: what it holds is a cost here, "
        "and saves when it comes out");
  }

  TEST_CASE("failed, superseded, not needed, and only advised") {
    ExplainedHouse house(round_settings("cheapest"));
    cheap_noon(house);
    HouseDirectory& log = house.log();
    const std::uint64_t failed = log.decide(noon_s);
    fb::CommandFailedT trouble;
    trouble.command = log.add(noon_s + 1, command(failed));
    trouble.trouble = fb::CommandTrouble::timed_out;
    log.add(noon_s + 5, std::move(trouble));
    house.read(noon_s + 60);
    const std::uint64_t superseded = log.decide(noon_s + 61);
    log.add(noon_s + 62, command(superseded));
    house.read(noon_s + 120);
    const std::uint64_t confirmed = log.decide(noon_s + 121);
    fb::CommandConfirmedT answer;
    answer.command = log.add(noon_s + 122, command(confirmed));
    log.add(noon_s + 123, std::move(answer));
    house.read(noon_s + 180);
    const std::uint64_t nothing = log.decide(noon_s + 181);
    fb::CoordinatorStateChangedT advise;
    advise.control_mode = fb::ControlMode::advise;
    log.add(noon_s + 200, std::move(advise));
    const std::uint64_t advised = log.decide(
        noon_s + 201, [](fb::DecisionMadeT& d) { d.control_mode = fb::ControlMode::advise; });
    const auto lines = listed(house);
    CHECK(line_of(lines, failed)["outcome"] == "failed");
    CHECK(line_of(lines, superseded)["outcome"] == "superseded");
    CHECK(line_of(lines, confirmed)["outcome"] == "confirmed");
    CHECK(line_of(lines, nothing)["outcome"] == "nothing_to_do");
    CHECK(line_of(lines, advised)["outcome"] == "advised");
    CHECK(line_of(lines, advised)["cost"].is_null());  // nothing was read since
  }

  TEST_CASE("a period tells of its decisions what the whole list tells of them") {
    ExplainedHouse house(round_settings("cheapest"));
    cheap_noon(house);
    for (int quarter = 0; quarter < 12; ++quarter) house.decide(noon_s + quarter * 1'800);
    const auto all = listed(house);
    REQUIRE(all.size() == 24);
    const auto some = listed(house, {"--from", "2025-10-01T15:00", "--to", "2025-10-01T17:00"});
    REQUIRE(some.size() == 8);
    for (std::size_t i = 0; i < some.size(); ++i) CHECK(some[i] == all[i + 4]);
    const auto newest = listed(house, {"--limit", "3"});
    REQUIRE(newest.size() == 3);
    for (std::size_t i = 0; i < newest.size(); ++i) CHECK(newest[i] == all[i + 21]);
    const auto before = listed(house, {"--limit", "2", "--to", "2025-10-01T17:00"});
    REQUIRE(before.size() == 2);
    CHECK(before[1] == all[11]);
  }

  TEST_CASE("as it was known at a time, nothing later shows") {
    ExplainedHouse house(round_settings("cheapest"));
    const std::uint64_t decision = cheap_noon(house).decide();
    const auto then = listed(house, {"--known-at", "2025-10-01T14:00:02"});
    REQUIRE(then.size() == 1);
    CHECK(then[0]["sequence"] == decision);
    CHECK(then[0]["outcome"] == "waiting");
    CHECK(then[0]["next"].is_null());
    CHECK(listed(house).size() == 2);
  }

  TEST_CASE("as it was known before the command, nothing is known of it yet") {
    ExplainedHouse house(round_settings("cheapest"));
    const std::uint64_t decision = cheap_noon(house).decide();
    const auto then = listed(house, {"--known-at", "2025-10-01T14:00:00"});
    REQUIRE(then.size() == 1);
    CHECK(then[0]["sequence"] == decision);
    CHECK(then[0]["outcome"] == "not_yet_known");
    CHECK(line_of(listed(house), decision)["outcome"] == "confirmed");
    const ToolRun text = on(house.log(), {"audit", "list", "--known-at", "2025-10-01T14:00:00"});
    CHECK(text.lines().at(1).find("  not yet known  ") != std::string::npos);
  }

  TEST_CASE("what the list sums up is what the tables have: cost, and savings of sun and battery") {
    ExplainedHouse house(round_settings("cheapest"));
    cheap_noon(house).holds(5'000, 1'500, 600);
    for (int quarter = 0; quarter < 6; ++quarter) house.decide(noon_s + quarter * 1'800);
    const auto lines = listed(house);
    double cost = 0, savings = 0, saved = 0;
    for (const json& each : lines) {
      cost += each["cost"].is_null() ? 0 : each["cost"].get<double>();
      savings += each["savings"].is_null() ? 0 : each["savings"].get<double>();
      saved += each["saved"].is_null() ? 0 : each["saved"].get<double>();
    }
    CHECK(savings > saved);
    const fold::EnergySums all = metered_in_all(house);
    CHECK(cost ==
          doctest::Approx(double(all.import_cost_e8 - all.export_revenue_e8) / 1e8).epsilon(1e-6));
    CHECK(savings + cost == doctest::Approx(double(all.load_cost_e8) / 1e8).epsilon(1e-6));
    const auto text = on(house.log(), {"audit", "list"}).lines();
    REQUIRE(text.size() == lines.size() + 5);  // the last: what the battery holds
    CHECK(text[text.size() - 3] ==
          fmt("12 decisions, 6 of them priced: COST %.3f (as cost in daily_stats of the same time)",
              cost));
    CHECK(text[text.size() - 2] ==
          fmt("SAVED %.3f against the same house without its battery; against one "
              "without battery and sun ",
              saved) +
              fmt("%.3f (as savings in daily_stats)", savings));
  }

  TEST_CASE("money that the counters' steps could have made is marked") {
    for (const bool coarse : {true, false}) {
      CAPTURE(coarse);
      ExplainedHouse house(round_settings("cheapest"));
      house.prices(Slots(40, 100), noon_s - 900);
      const std::int64_t beside = coarse ? 0 : 1'234;
      const auto read = [&](std::int64_t second, std::int64_t load, std::int64_t import) {
        fb::ReadingRecordedT fact;
        fact.battery_soc_bp = std::uint16_t{5'000};
        fact.load_total_mwh = 9'000'000'000 + load + beside;
        fact.import_total_mwh = 4'000'000'000 + import + beside;
        fact.export_total_mwh = 900'000'000 + beside;
        fact.pv_total_mwh = 7'000'000'000 + beside;
        house.log().add(second, std::move(fact), fb::Source::inverter);
      };
      read(noon_s - 20, 0, 0);
      const std::uint64_t small = house.log().decide(noon_s);
      read(noon_s + 880, 300'000, 100'000);
      const std::uint64_t large = house.log().decide(noon_s + 900);
      read(noon_s + 1'780, 1'300'000, 200'000);
      const auto lines = listed(house);
      CHECK(line_of(lines, small)["saved"] == 0.2);
      CHECK(line_of(lines, small)["saved_within"] == (coarse ? 0.4 : 0.0));
      CHECK(line_of(lines, small)["cost_within"] == (coarse ? 0.2 : 0.0));
      CHECK(line_of(lines, large)["saved"] == 0.9);
      const std::string text = on(house.log(), {"audit", "list"}).out;
      CHECK((text.find(" ~0.100    ~0.200  ") != std::string::npos) == coarse);
      CHECK((text.find(" ~0.100     0.900  ") != std::string::npos) == coarse);
      CHECK((text.find("~ is less than the counters can tell") != std::string::npos) == coarse);
    }
  }

  TEST_CASE("the decisions of a charge, by its name") {
    ExplainedHouse house(round_settings("cheapest"));
    cheap_noon(house);
    house.log().decide(noon_s - 10, [](fb::DecisionMadeT& d) { d.action = fb::Action::hold; });
    const std::uint64_t first = house.log().decide(noon_s);
    const std::uint64_t told = house.log().add(noon_s + 1, command(first));
    fb::ChargingSessionChangedT session;
    session.session = "charge-2025-10-01-1";
    session.change = fb::SessionChange::started;
    house.log().add_because(told, noon_s + 60, fb::ChargingSessionChangedT(session));
    const std::uint64_t second = house.log().decide(noon_s + 900);
    session.change = fb::SessionChange::completed;
    house.log().add_because(second, noon_s + 1'200, std::move(session));
    house.log().decide(noon_s + 1'800);
    const auto lines = listed(house, {"--session", "charge-2025-10-01-1"});
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["sequence"] == first);
    CHECK(lines[1]["sequence"] == second);
    const ToolRun none = on(house.log(), {"audit", "list", "--session", "charge-2025-10-02-1"});
    CHECK(none.code == 3);
    CHECK(none.one_error_line());
  }

  TEST_CASE("as CSV: names first, and texts with commas in quotes") {
    ExplainedHouse house(round_settings("cheapest"));
    cheap_noon(house).decide();
    house.log().close();
    const auto lines = on(house.log(), {"audit", "list", "--format", "csv"}).lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].rfind("sequence,at,local_time,action,power_w,", 0) == 0);
    CHECK(lines[1].find(",cheapest_slots,\"Charging at 5.0 kW until ") != std::string::npos);
    const ToolRun other = on(house.log(), {"audit", "verify", "--format", "csv"});
    CHECK(other.code == 2);
    CHECK(other.err.find("audit verify does not write csv; write --format text or json") !=
          std::string::npos);
    const ToolRun page = on(house.log(), {"audit", "list", "--format", "html"});
    CHECK(page.code == 2);
    CHECK(page.err.find("write --format text, json or csv") != std::string::npos);
  }

  TEST_CASE("readings taken together give what they give one by one") {
    fold::State prices;
    std::int64_t seed = 7;
    const auto roll = [&](std::int64_t most) {
      seed = (seed * 1'103'515'245 + 12'345) % 2'147'483'648;
      return seed / 65'536 % most;
    };
    tool::Meter meter;
    fold::EnergySums one_by_one;
    std::optional<fold::Metered> before;
    std::int64_t second = 0, import = 0;
    for (int i = 0; i < 3'000; ++i) {
      second += 1 + roll(i % 50 == 0 ? 4'000 : 120);
      fb::ReadingRecordedT fact;
      fact.load_power_w = static_cast<std::int32_t>(roll(3'000));
      fact.grid_power_w = -static_cast<std::int32_t>(roll(3'000));
      fact.pv_power_w = static_cast<std::int32_t>(roll(2'000));
      import += roll(50'000);
      if (roll(400) == 0) import = 0;  // another meter
      if (roll(30) != 0) {
        fact.import_total_mwh = import;
        fact.export_total_mwh = import / 3;
        fact.pv_total_mwh = import / 2;
        fact.load_total_mwh = import * 2;
        fact.battery_charge_total_mwh = import / 5;
        fact.battery_discharge_total_mwh = import / 7;
      }
      const auto encoded = value(encode(event(at_s(second), std::move(fact))));
      const auto view = value(encoded.view());
      const auto* reading = view.as<fb::ReadingRecorded>();
      const fold::Metered now = fold::metered(*reading, at_s(second));
      meter.take(prices, *reading, at_s(second));
      if (before && fold::is_blind(*before, now)) continue;
      if (before)
        for (const auto& row : fold::energy_between(prices, *before, now)) one_by_one += row.sums;
      before = now;
    }
    meter.flush(prices);
    CHECK(meter.taken().sums == one_by_one);
    CHECK(one_by_one.import_mwh > 0);
  }
}
