// wattledger audit what-if on made logs: its answers' forms, days that lack something, wrong input.
// Its two proofs, on days that the daemon lived: tests/simulation/what_if_test.cpp.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "projections/fold_cache.hpp"
#include "tests/replay/house_log.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

constexpr std::int64_t first_midnight = 22 * 3'600;  // of 2025-10-02 in Warsaw
constexpr std::int64_t day_s = 86'400;

using Skips = std::function<bool(std::int64_t second)>;

// Local days with a reading each five minutes: 600 W of load, 2400 W of sun from nine to two, and a
// battery without losses that serves the house.
void live(HouseDirectory& house, int days, const Skips& skips = {}, int priced_days = 99) {
  house.begin();
  double stored = 5'000;
  for (int day = 0; day < days; ++day) {
    const std::int64_t midnight = first_midnight + day * day_s;
    if (day < priced_days) house.prices(midnight);
    for (std::int64_t second = midnight; second < midnight + day_s; second += 300) {
      const std::int64_t hour = (second - midnight) / 3'600;
      const double load = 600, pv = hour >= 9 && hour < 14 ? 2'400 : 0;
      const double wanted = (load - pv) / 12;  // Wh in five minutes, out of the battery
      const double moved = std::clamp(wanted, stored - 10'000, std::max(stored - 1'000, 0.0));
      fb::ReadingRecordedT reading;
      reading.battery_soc_bp = static_cast<std::uint16_t>(std::lround(stored / 100) * 100);
      reading.battery_power_w = static_cast<std::int32_t>(moved * 12);
      reading.load_power_w = static_cast<std::int32_t>(load);
      reading.pv_power_w = static_cast<std::int32_t>(pv);
      reading.grid_power_w = static_cast<std::int32_t>(pv - load + moved * 12);
      reading.forced_mode = fb::InverterMode::general;
      stored -= moved;
      if (skips && skips(second - first_midnight)) continue;
      house.add(second, std::move(reading), fb::Source::inverter);
      if (second % 900 == 0) house.decide(second);
    }
  }
  house.close();
}

ToolRun ask(const HouseDirectory& house, std::vector<std::string> more) {
  more.insert(more.begin(), {"audit", "what-if"});
  return on(house, std::move(more));
}

nlohmann::json answer(const HouseDirectory& house, std::vector<std::string> more) {
  more.insert(more.end(), {"--format", "json"});
  const ToolRun run = ask(house, std::move(more));
  INFO(run.err);
  REQUIRE(run.code == 0);
  const auto lines = run.json_lines();
  REQUIRE(lines.size() == 1);
  return lines[0];
}

const nlohmann::json& way(const nlohmann::json& answer, const std::string& name) {
  for (const auto& each : answer["ways"])
    if (each["way"] == name) return each;
  FAIL(name << " is no way of this answer");
  return answer;
}

}  // namespace

TEST_SUITE("replay/what_if") {
  TEST_CASE("a policy stands beside what was, and beside what needs none") {
    HouseDirectory house;
    live(house, 3);
    const auto told = answer(house, {"--policy", "optimal"});
    CHECK(told["days_kept"] == 3);
    CHECK(told["against"] == "recorded, by the model");
    const double foresight = way(told, "foresight")["cost"];
    for (const char* name : {"optimal", "self-use only", "no battery", "recorded, by the model"}) {
      INFO(name);
      CHECK(way(told, name)["cost"].get<double>() >= foresight - 1e-6);
    }
    // In advise mode nothing was steered: what was, is self-use.
    CHECK(way(told, "recorded, by the model")["cost"] == way(told, "self-use only")["cost"]);
    CHECK(way(told, "optimal")["cost"] < way(told, "self-use only")["cost"]);
    CHECK(way(told, "no battery")["bought_kwh"].get<double>() ==
          doctest::Approx(3 * 0.6 * 19).epsilon(0.01));
    CHECK(way(told, "optimal")["difference"] == told["difference"]);
  }

  TEST_CASE("the days add up to the whole, in JSON as in CSV") {
    HouseDirectory house;
    live(house, 3);
    const auto told = answer(house, {"--policy", "tiered"});
    double sum = 0;
    for (const auto& day : told["days"]) sum += day["ways"]["tiered"]["cost"].get<double>();
    CHECK(sum == doctest::Approx(way(told, "tiered")["cost"].get<double>()).epsilon(1e-4));
    const ToolRun csv = ask(house, {"--policy", "tiered", "--format", "csv"});
    CHECK(csv.code == 0);
    const auto lines = csv.lines();
    REQUIRE(lines.size() == 1 + 3 * told["ways"].size());
    CHECK(lines[0].rfind("day,way,left_out,cost,", 0) == 0);
    CHECK(lines[1].rfind("2025-10-02,\"recorded\",0,", 0) == 0);
    for (const std::string& line : lines)
      CHECK(std::count(line.begin(), line.end(), ',') ==
            17 + (line.find("recorded, by") == std::string::npos ? 0 : 1));
  }

  TEST_CASE("the same log gives the same answer") {
    HouseDirectory house;
    live(house, 2);
    CHECK(ask(house, {"--policy", "optimal"}).out == ask(house, {"--policy", "optimal"}).out);
  }

  TEST_CASE("for people: a table, the difference, the days, what it rests on") {
    HouseDirectory house;
    live(house, 2);
    const ToolRun run = ask(house, {"--policy", "optimal"});
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    for (const char* part :
         {"WAY", "recorded, by the model", "no battery", "foresight", "a month", "a year",
          "Days that made most of it:", "What this rests on:", "The model against the meter",
          "Too little is recorded to fit its losses"})
      CHECK_MESSAGE(run.out.find(part) != std::string::npos, part);
  }

  TEST_CASE("a day that lacks readings is said and is in no sum; a short gap is bridged") {
    HouseDirectory house;
    live(house, 3, [](std::int64_t second) {
      const bool long_gap = second >= day_s + 8 * 3'600 && second < day_s + 13 * 3'600;
      const bool short_gap = second >= 2 * day_s + 3'600 && second < 2 * day_s + 3'600 + 600;
      return long_gap || short_gap;
    });
    const auto told = answer(house, {"--policy", "optimal"});
    CHECK(told["days_kept"] == 2);
    CHECK(told["days"][1]["left_out"] == true);
    CHECK(told["days"][1]["known_h"].get<double>() == doctest::Approx(19.25).epsilon(0.01));
    CHECK(told["days"][2]["known_h"].get<double>() == doctest::Approx(23.92).epsilon(0.01));
    const ToolRun run = ask(house, {"--policy", "optimal"});
    CHECK(run.out.find("1 day left out, readings or prices of more than 1 h are missing: "
                       "2025-10-03") != std::string::npos);
  }

  TEST_CASE("a part of a day is in the sums, but is no day to reckon a month from") {
    HouseDirectory house;
    live(house, 3);
    const std::vector<std::string> period{"--policy",   "optimal", "--from",
                                          "2025-10-02", "--to",    "2025-10-04T06:00"};
    const auto told = answer(house, period);
    CHECK(told["days_kept"] == 3);
    CHECK(told["whole_days"] == 2);
    CHECK(told["days"][1]["whole"] == true);
    CHECK(told["days"][2]["whole"] == false);
    CHECK(told["days"][2]["left_out"] == false);
    // Of the two whole days alone.
    const double whole =
        told["days"][0]["difference"].get<double>() + told["days"][1]["difference"].get<double>();
    std::string text = ask(house, period).out;
    INFO(text);
    CHECK(text.find("2 whole days and a part of 1, costs in") != std::string::npos);
    CHECK(text.find(fmt::format("the 2 whole days alone {:+.2f}: {:+.2f} a month", whole,
                                whole / 2 * 365.25 / 12)) != std::string::npos);
    text =
        ask(house, {"--policy", "optimal", "--from", "2025-10-02", "--to", "2025-10-02T12:00"}).out;
    INFO(text);
    CHECK(text.find("0 whole days and a part of 1, costs in") != std::string::npos);
    CHECK(text.find("a month,") == std::string::npos);
  }

  TEST_CASE("a day without prices is left out; without any there is nothing to say") {
    HouseDirectory house;
    live(house, 2, {}, 1);
    const auto told = answer(house, {"--policy", "optimal"});
    CHECK(told["days_kept"] == 1);
    HouseDirectory unpriced;
    live(unpriced, 1, {}, 0);
    const ToolRun run = ask(unpriced, {"--policy", "optimal", "--from", "2025-10-02T02:00"});
    INFO(run.err);
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
  }

  TEST_CASE("a period, and another base") {
    HouseDirectory house;
    live(house, 3);
    const auto told = answer(house, {"--policy", "optimal", "--against", "self-use", "--from",
                                     "2025-10-03", "--to", "2025-10-04"});
    CHECK(told["days_kept"] == 1);
    CHECK(told["days"][0]["day"] == "2025-10-03");
    CHECK(told["against"] == "self-use only");
    CHECK(way(told, "self-use only")["difference"] == 0);
    const auto two = answer(house, {"--policy", "tiered", "--against", "optimal"});
    CHECK(two["difference"].get<double>() ==
          doctest::Approx(way(two, "tiered")["cost"].get<double>() -
                          way(two, "optimal")["cost"].get<double>())
              .epsilon(1e-3));
  }

  TEST_CASE("a kept state saves time and changes nothing") {
    HouseDirectory house;
    live(house, 4);
    house.close();
    const std::vector<std::string> asked = {"--policy", "optimal", "--from", "2025-10-04"};
    const auto without = answer(house, asked);
    {
      const auto log = log::Log::open(house.data() / "log");
      REQUIRE(log.has_value());
      const auto snapshot = log->snapshot();
      REQUIRE(snapshot.has_value());
      projections::FoldSnapshot kept;
      kept.log = snapshot->meta().uuid;
      kept.sequence = Sequence{snapshot->head().value / 3};
      kept.root = *log::root_at(*snapshot, kept.sequence.value);
      REQUIRE(snapshot
                  ->scan(snapshot->first(), kept.sequence,
                         [&](const log::RecordView& record) -> Result<bool> {
                           fold::evolve(kept.state, record.sequence, record.recorded_at,
                                        record.event);
                           return true;
                         })
                  .has_value());
      REQUIRE(projections::FoldCache(house.data() / "cache").write(kept).has_value());
    }
    CHECK(answer(house, asked) == without);
  }

  TEST_CASE("a file's rules are taken, the house's own keys are not") {
    HouseDirectory house;
    live(house, 2);
    TemporaryDirectory files;
    const auto write = [&](const char* name, const char* text) {
      std::ofstream(files / name) << text;
      return (files / name).string();
    };
    const auto plain = answer(house, {"--policy", "optimal"});
    const auto same = answer(house, {"--policy", write("same.yaml",
                                                       "policy:\n  name: optimal\nbattery:\n  "
                                                       "capacity_kwh: 99\n")});
    CHECK(way(same, "same.yaml")["cost"] == way(plain, "optimal")["cost"]);
    const auto tiered = answer(
        house,
        {"--policy", write("tiered.yaml", "policy:\n  name: tiered\n"), "--against", "tiered"});
    CHECK(tiered["difference"] == 0);
    CHECK(way(tiered, "tiered.yaml")["cost"] != way(plain, "optimal")["cost"]);
    const ToolRun wrong =
        ask(house, {"--policy", write("wrong.yaml", "policy:\n  name: optimall\n")});
    CHECK(wrong.code == 2);
    CHECK(wrong.one_error_line());
    CHECK(wrong.err.find("wrong.yaml:2: policy.name") != std::string::npos);
    const ToolRun empty = ask(house, {"--policy", write("site.yaml", "site:\n  name: home\n")});
    CHECK(empty.code == 2);
    CHECK(empty.err.find("says nothing of a policy") != std::string::npos);
  }

  TEST_CASE("wrong input is one line that says what to do") {
    HouseDirectory house;
    live(house, 1);
    struct Wrong {
      std::vector<std::string> arguments;
      int code;
      const char* says;
    };
    const std::vector<Wrong> table = {
        {{}, 2, "--policy"},
        {{"--policy", "optimall"}, 2, "optimal"},
        {{"--policy", "nowhere.yaml"}, 2, "no policy and no file"},
        {{"--policy", ""}, 2, ""},
        {{"--policy", "optimal", "--against", "optimal"}, 2, "both"},
        {{"--policy", "recorded"}, 2, "--against"},
        {{"--policy", "optimal", "--from", "2025-10-03", "--to", "2025-10-02"}, 2, "--from"},
        {{"--policy", "optimal", "--from", "2030-01-01"}, 3, "no whole reading"},
        {{"--policy", "optimal", "--format", "html"}, 2, "html"},
    };
    for (const Wrong& wrong : table) {
      const ToolRun run = ask(house, wrong.arguments);
      INFO(run.out << run.err);
      CHECK(run.code == wrong.code);
      CHECK(run.one_error_line());
      CHECK(run.err.find(wrong.says) != std::string::npos);
    }
    HouseDirectory empty;
    empty.begin();
    empty.close();
    const ToolRun run = ask(empty, {"--policy", "optimal"});
    CHECK(run.code == 3);
    CHECK(run.err.find("no readings of its own") != std::string::npos);
  }
}
