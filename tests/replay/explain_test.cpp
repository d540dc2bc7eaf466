// wattledger audit explain: one decision by each rule, told as an owner reads it. The golden files
// in tests/golden/audit are the tool's own words; WATTLEDGER_UPDATE_GOLDEN=1 writes them anew.
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/replay/explained_house.hpp"
#include "tests/support/places.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using fb::Action;
using fb::Rule;
using fb::SessionChange;

namespace {

Slots slots(std::size_t count, std::int64_t value) { return Slots(count, value); }
Slots operator+(Slots a, const Slots& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
// Cheaper ones are to come within the time that is looked at: neither near nor cheap.
Slots not_near(std::int64_t now) { return slots(21, now) + Slots{35}; }

struct Row {
  Rule rule;
  fold::PolicySettings settings;
  std::function<void(ExplainedHouse&)> before;
};

fold::PolicySettings tiered() { return round_settings("tiered"); }
fold::PolicySettings optimal() { return round_settings("optimal"); }

fold::PolicySettings g12() {
  fold::PolicySettings settings = tiered();
  settings.tariff_zones = fold::g12_zones();
  settings.tiered.before_peak_price = PriceE8(0);
  return settings;
}

fold::PolicySettings selling() {
  fold::PolicySettings settings = tiered();
  settings.load_default_day = MilliwattHours(0);
  settings.selling.enabled = true;
  return settings;
}

fold::PolicySettings with(fold::PolicySettings settings,
                          const std::function<void(fold::PolicySettings&)>& change) {
  change(settings);
  return settings;
}

// A sale of 1.50 that goes on since an hour.
ExplainedHouse& sale_runs(ExplainedHouse& house, int soc_bp, int start_bp) {
  return house.prices(slots(48, 150))
      .sold(SessionChange::started, start_bp, 60)
      .last(Action::sell, Rule::sale, 60, 5'000)
      .holds(soc_bp);
}

// What stands above every policy.
std::vector<Row> general_rows() {
  const fold::PolicySettings plain = round_settings("cheapest");
  return {
      {Rule::data_missing, plain, [](ExplainedHouse& h) { h.holds(-1); }},
      {Rule::data_stale, plain, [](ExplainedHouse& h) { h.read(noon_s - 600); }},
      {Rule::data_implausible, plain, [](ExplainedHouse& h) { h.implausible(); }},
      {Rule::latched_safety, plain,
       [](ExplainedHouse& h) {
         h.prices(slots(40, 40)).fault(fb::Fault::battery_temperature, "54.2 °C, over 53.0 °C");
       }},
      {Rule::emergency_charge, plain,
       [](ExplainedHouse& h) { h.prices(slots(40, 190)).holds(400); }},
      {Rule::owner_override, plain,
       [](ExplainedHouse& h) {
         fb::OverrideRequestedT wish;
         wish.action = Action::charge;
         wish.target_soc_bp = std::uint16_t{8'000};
         wish.power_w = 3'000;
         wish.until_us = to_us(at_s(noon_s + 3'600));
         wish.reason = "guests tonight";
         h.prices(slots(40, 90)).wish(std::move(wish), 12);
       }},
      {Rule::operator_limit, tiered(),
       [](ExplainedHouse& h) {
         h.prices({40, 60, 60, 60, 60, 60}).code(3).holds(4'000);
       }},
      {Rule::charge_temperature, plain,
       [](ExplainedHouse& h) {
         h.prices(slots(8, 20) + slots(32, 90)).holds(4'000).temperature(-3'500);
       }},
      {Rule::connection_limit,
       with(tiered(), [](fold::PolicySettings& s) { s.import_max = Watts(4'000); }),
       [](ExplainedHouse& h) { h.prices(slots(1, 20) + slots(5, 60)).holds(4'000, 0, 3'800); }},
      {Rule::anti_flap, tiered(),
       [](ExplainedHouse& h) {
         h.prices({40, 60, 60, 60, 60, 60})
             .holds(4'000)
             .last(Action::self_use, Rule::price_above_cheapest, 5);
       }},
  };
}

std::vector<Row> planning_rows() {
  const fold::PolicySettings plain = round_settings("cheapest");
  return {
      {Rule::cheapest_slots, plain,
       [](ExplainedHouse& h) { h.prices(slots(8, 20) + slots(32, 60)); }},
      {Rule::battery_full, plain,
       [](ExplainedHouse& h) { h.prices(slots(40, 20)).holds(9'400, 2'100, 450); }},
      {Rule::serve_house, plain,
       [](ExplainedHouse& h) { h.prices(slots(8, 60) + slots(8, 20) + slots(24, 60)); }},
      {Rule::no_price, tiered(),
       [](ExplainedHouse& h) {
         h.prices({30, 30}, 3'600);
       }},
      {Rule::planned, optimal(),
       [](ExplainedHouse& h) {
         h.prices(slots(12, 25) + slots(16, 55) + slots(20, 110) + slots(8, 40))
             .forecast(
                 {1'500, 900, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                 {500, 500, 600, 900, 1'400, 1'600, 1'500, 1'200, 700, 400, 300, 300, 300, 300})
             .holds(3'000, 1'400, 500);
       }},
      {Rule::plan_kept, optimal(),
       [](ExplainedHouse& h) {
         h.prices(slots(16, 25) + slots(16, 55) + slots(20, 110), noon_s - 900)
             .holds(3'000)
             .read(noon_s - 910)
             .log()
             .decide(noon_s - 900);
         h.holds(3'997);  // as planned
       }},
      {Rule::plan_infeasible,
       with(optimal(),
            [](fold::PolicySettings& s) {
              s.import_max = Watts(500);
              s.load_default_day = MilliwattHours(24'000'000);
            }),
       [](ExplainedHouse& h) { h.prices(slots(8, 40)).holds(1'000, 0, 1'000); }},
  };
}

// Policy `tiered`, but its sessions and sales.
std::vector<Row> tier_rows() {
  return {
      {Rule::price_too_high, tiered(),
       [](ExplainedHouse& h) { h.prices(slots(40, 120)).holds(4'000); }},
      {Rule::charge_goes_on, tiered(),
       [](ExplainedHouse& h) {
         h.prices(not_near(100)).holds(6'000).last(Action::charge, Rule::near_cheapest, 60, 8'000);
       }},
      {Rule::no_sun, tiered(),
       [](ExplainedHouse& h) {
         h.prices(not_near(60)).forecast(Slots(12, 50), Slots(12, 500)).holds(7'000, 40, 500);
       }},
      {Rule::critical_charge, tiered(),
       [](ExplainedHouse& h) { h.prices(slots(40, 130)).holds(1'100); }},
      {Rule::critical_wait, tiered(),
       [](ExplainedHouse& h) { h.prices(slots(4, 150) + slots(4, 60)).holds(1'000); }},
      {Rule::zone_ending, g12(),
       [](ExplainedHouse& h) { h.prices(slots(40, 40)).holds(4'000, 900); }},
      {Rule::before_peak, tiered(),
       [](ExplainedHouse& h) {
         h.prices(slots(12, 75) + slots(20, 95) + Slots{60, 35}).holds(4'500);
       }},
      {Rule::near_cheapest, tiered(),
       [](ExplainedHouse& h) { h.prices(Slots{46} + slots(3, 60) + Slots{40}).holds(4'900, 900); }},
      {Rule::price_above_cheapest, tiered(),
       [](ExplainedHouse& h) { h.prices(Slots{47} + slots(3, 60) + Slots{40}).holds(4'900, 900); }},
      {Rule::super_cheap, tiered(),
       [](ExplainedHouse& h) {
         h.prices({12, 30, 50, 50, 50, 50}).holds(9'500, 300);
       }},
  };
}

std::vector<Row> session_rows() {
  const auto day = [](ExplainedHouse& h) -> ExplainedHouse& {
    return h.prices(slots(48, 50) + slots(56, 80), 0).holds(6'000, 900, 600);
  };
  return {
      {Rule::session_goes_on, tiered(),
       [=](ExplainedHouse& h) {
         h.prices(slots(48, 90) + slots(8, 60), 0)
             .holds(6'500, 900)
             .charged(SessionChange::started, 6'000, 20)
             .last(Action::charge, Rule::cheap_price, 20, 9'000);
       }},
      {Rule::session_limit, tiered(),
       [=](ExplainedHouse& h) {
         day(h);
         for (int i = 0; i < 4; ++i) {
           const std::string name = "charge-2025-10-01-" + std::to_string(i + 1);
           h.charged(SessionChange::started, 2'000, 240 - i * 50, name)
               .charged(SessionChange::completed, 3'000, 210 - i * 50, name);
         }
       }},
      {Rule::recently_full, tiered(),
       [=](ExplainedHouse& h) {
         day(h)
             .charged(SessionChange::started, 2'000, 100)
             .charged(SessionChange::completed, 6'900, 60);
       }},
      {Rule::charge_kept, tiered(),
       [](ExplainedHouse& h) {
         h.prices(slots(8, 50) + slots(32, 95))
             .charged(SessionChange::started, 4'000, 100)
             .charged(SessionChange::completed, 8'000, 60)
             .holds(7'900);
       }},
      {Rule::cheap_price, tiered(),
       [](ExplainedHouse& h) {
         h.prices(slots(24, 50) + slots(24, 80) + slots(8, 60), 0).holds(6'000, 900, 600);
       }},
  };
}

std::vector<Row> sale_rows() {
  const auto no_hour = with(selling(), [](fold::PolicySettings& s) {
    s.selling.hours = 0x00FFBFFF;  // all but 14 to 15
  });
  const auto no_caps = with(selling(), [](fold::PolicySettings& s) {
    s.selling.session_max = s.selling.day_max = BasisPoints(10'000);
  });
  const auto deep = with(no_caps, [](fold::PolicySettings& s) {
    s.selling.floor = s.soc_min = BasisPoints(0);
    s.tariff_component = PriceE8(1'000'000);
  });
  return {
      {Rule::sale_limits, no_hour, [](ExplainedHouse& h) { sale_runs(h, 8'000, 9'000); }},
      {Rule::sale_floor, no_caps, [](ExplainedHouse& h) { sale_runs(h, 5'000, 9'000); }},
      {Rule::sale_cap, selling(), [](ExplainedHouse& h) { sale_runs(h, 7'000, 9'000); }},
      {Rule::sale_price, selling(),
       [](ExplainedHouse& h) {
         h.prices(slots(48, 79))
             .sold(SessionChange::started, 9'000, 60)
             .last(Action::sell, Rule::sale, 60, 5'000)
             .holds(8'600);
       }},
      {Rule::sale_sun, selling(),
       [](ExplainedHouse& h) { sale_runs(h, 8'000, 9'000).holds(8'000, 900, 600); }},
      {Rule::sale_buy_back, deep,
       [](ExplainedHouse& h) {
         sale_runs(h, 9'000, 9'500).forecast({}, Slots(14, 900)).holds(9'000, 0, 900);
       }},
      {Rule::sale_timing, selling(),
       [](ExplainedHouse& h) {
         h.prices(Slots{120} + slots(10, 100) + slots(8, 130) + slots(4, 120))
             .sold(SessionChange::started, 9'000, 60)
             .last(Action::sell, Rule::sale, 60, 5'000)
             .holds(8'600);
       }},
      {Rule::sale, selling(),
       [](ExplainedHouse& h) { h.prices(slots(48, 150)).holds(8'800, 0, 700); }},
  };
}

std::vector<Row> all_rows() {
  std::vector<Row> all;
  for (auto rows : {general_rows(), planning_rows(), tier_rows(), session_rows(), sale_rows()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

std::uint64_t come_to(const Row& row, ExplainedHouse& house) {
  row.before(house);
  if (row.rule != Rule::data_stale) house.read(noon_s - 20);
  return house.decide();
}

void check_golden(const std::string& name, const std::string& text) {
  const auto file = golden_directory() / "audit" / name;
  const char* update = std::getenv("WATTLEDGER_UPDATE_GOLDEN");
  if (update != nullptr && *update == '1') std::ofstream(file, std::ios::binary) << text;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream golden;
  golden << stream.rdbuf();
  CHECK_MESSAGE(text == golden.str(), name, ": look at it, then WATTLEDGER_UPDATE_GOLDEN=1");
}

}  // namespace

TEST_SUITE("replay/explain") {
  TEST_CASE("every rule decides once, says so, and is made again") {
    std::set<Rule> met;
    for (const Row& row : all_rows()) {
      CAPTURE(fb::EnumNameRule(row.rule));
      ExplainedHouse house(row.settings);
      const std::string decision = std::to_string(come_to(row, house));
      const auto told = explained(house, decision, {"--format", "json"}).json_lines();
      REQUIRE(told.size() == 1);
      CHECK(told[0]["decision"]["rule"] == fb::EnumNameRule(row.rule));
      CHECK(told[0]["remade"]["answer"] == "identical");
      CHECK_FALSE(told[0]["facts"].empty());
      // Words, not bare numbers.
      for (const auto& tried : told[0]["rules"])
        CHECK(tried["words"].get<std::string>().back() == '.');
      check_golden(std::string(fb::EnumNameRule(row.rule)) + ".txt",
                   explained(house, decision).out);
      met.insert(row.rule);
    }
    for (const Rule rule : fb::EnumValuesRule())
      CHECK_MESSAGE((rule == Rule::none || met.count(rule) == 1), fb::EnumNameRule(rule));
  }

  TEST_CASE("as JSON, and as a page that asks for nothing from elsewhere") {
    for (const Row& row : planning_rows()) {
      if (row.rule != Rule::planned) continue;
      ExplainedHouse house(row.settings);
      const std::string decision = std::to_string(come_to(row, house));
      check_golden("planned.json", explained(house, decision, {"--format", "json"}).out);
      const std::string page = explained(house, decision, {"--format", "html"}).out;
      check_golden("planned.html", page);
      for (const char* foreign : {"<script", "src=", "href=", "@import", "url("})
        CHECK(page.find(foreign) == std::string::npos);
    }
  }

  TEST_CASE("in Polish, headings and labels too") {
    const std::set<Rule> some = {
        Rule::emergency_charge, Rule::owner_override, Rule::latched_safety, Rule::cheapest_slots,
        Rule::planned,          Rule::plan_kept,      Rule::session_limit,  Rule::sale};
    std::size_t told = 0;
    for (const Row& row : all_rows()) {
      if (some.count(row.rule) == 0) continue;
      const std::string rule = fb::EnumNameRule(row.rule);
      CAPTURE(rule);
      ExplainedHouse house(row.settings);
      const std::string decision = std::to_string(come_to(row, house));
      check_golden(rule + ".pl.txt", explained(house, decision, {"--language", "pl"}).out);
      ++told;
      // What programs read is the same in every language.
      const auto english = explained(house, decision, {"--format", "json"}).json_lines().at(0);
      const auto polish =
          explained(house, decision, {"--format", "json", "--language", "pl"}).json_lines().at(0);
      REQUIRE(english["facts"].size() == polish["facts"].size());
      for (std::size_t i = 0; i < english["facts"].size(); ++i)
        CHECK(english["facts"][i]["fact"] == polish["facts"][i]["fact"]);
      CHECK(english["alternatives"] == polish["alternatives"]);
      CHECK(english["sentence"] != polish["sentence"]);
      if (row.rule == Rule::planned)
        check_golden("planned.pl.html",
                     explained(house, decision, {"--format", "html", "--language", "pl"}).out);
    }
    CHECK(told == some.size());
  }

  TEST_CASE("a time asks for the decision in force then") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(slots(40, 60)).read(noon_s - 20);
    const std::uint64_t decision = house.decide();
    const auto at = [&](const std::string& time) {
      return explained(house, time, {"--format", "json"}).json_lines().at(0)["sequence"];
    };
    CHECK(at("2025-10-01T14:00") == decision);
    CHECK(at("2025-10-01T14:14:59") == decision);
    CHECK(at("2025-10-01T12:07Z") == decision);
    CHECK(at("2025-10-01T14:20") != decision);
    const ToolRun early = on(house.log(), {"audit", "explain", "2025-10-01T13:00"});
    CHECK(early.code == 3);
    CHECK(early.one_error_line());
    CHECK(early.err.find("the one after is " + std::to_string(decision)) != std::string::npos);
    const ToolRun word = on(house.log(), {"audit", "explain", "yesterday"});
    CHECK(word.code == 2);
    CHECK(word.err.find("is neither a record nor a time") != std::string::npos);
    CHECK(on(house.log(), {"audit", "explain", "99999"}).code == 3);
  }

  TEST_CASE("a record that is no decision is named, with the decisions beside it") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(slots(40, 60)).read(noon_s - 20);
    const std::uint64_t decision = house.decide();
    house.log().close();
    const std::string record = std::to_string(decision + 1);
    const ToolRun run = on(house.log(), {"audit", "explain", record});
    CHECK(run.code == 2);
    CHECK(run.one_error_line());
    CHECK(run.err.find("record " + record +
                       " is no decision but a ReadingRecorded; ask for the "
                       "decision " +
                       std::to_string(decision) + " before it, or ") != std::string::npos);
    const auto lines = run.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].find("2025-10-01 14:00:00+02:00  Serving the house") != std::string::npos);
    CHECK(lines[1].find("  ReadingRecorded") != std::string::npos);
    CHECK(lines[2].find("2025-10-01 14:15:00+02:00  ") != std::string::npos);
    const ToolRun json = on(house.log(), {"audit", "explain", record, "--format", "json"});
    CHECK(json.code == 2);
    CHECK(json.json_lines().at(0)["decision_before"] == decision);
  }

  TEST_CASE("a time of day alone is the last such in the log") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(slots(40, 60)).read(noon_s - 20);
    const std::uint64_t decision = house.decide();
    const auto title = [&](const std::string& time) {
      return explained(house, time).lines().at(0).substr(0, 40);
    };
    const std::string expected = "Decision " + std::to_string(decision) + " of 2025-10-01 14:00:00";
    CHECK(title("14:07").starts_with(expected));
    CHECK(title("14:14:59").starts_with(expected));
    // The log ends at 14:15: such a time was the day before.
    const ToolRun late = on(house.log(), {"audit", "explain", "23:10:30"});
    CHECK(late.code == 3);
    CHECK(late.err.find("2025-09-30 23:10:30") != std::string::npos);
    CHECK(explained(house, "14:15").out.find("No other decision has followed it yet.") !=
          std::string::npos);
    CHECK(on(house.log(), {"audit", "explain", "25:10:00"}).code == 2);
  }

  TEST_CASE("a forged decision is told as one") {
    ExplainedHouse house(round_settings("cheapest"));
    house.prices(slots(40, 60)).read(noon_s - 20);
    const std::uint64_t decision =
        house.log().decide(noon_s, [](fb::DecisionMadeT& d) { d.action = Action::sell; });
    const ToolRun run = explained(house, std::to_string(decision));
    CHECK(run.out.find("Made again now: differs") != std::string::npos);
    CHECK(run.out.find("action: recorded sell, made again self_use") != std::string::npos);
  }
}
