// Months of all kinds as wattledger audit report tells them, and the proof that a page carries.
#include <fstream>

#include "tests/replay/report_house.hpp"
#include "tests/support/places.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Warsaw's clock changes of October 2025 and March 2026.
void adopt_site(HouseDirectory& house) {
  fb::SiteAdoptedT fact;
  fact.site = "home";
  fact.zone = "Europe/Warsaw";
  fact.transitions = {fb::ZoneTransition(1'743'296'400'000'000, 7'200),
                      fb::ZoneTransition(1'761'440'400'000'000, 3'600),
                      fb::ZoneTransition(1'774'746'000'000'000, 7'200)};
  house.add(0, std::move(fact));
  house.policy();
}

ToolRun done(const HouseDirectory& house, std::vector<std::string> words) {
  ToolRun run = on(house, std::move(words));
  INFO(run.err);
  REQUIRE(run.code == 0);
  return run;
}

std::string write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
  return file.string();
}

}  // namespace

TEST_SUITE("replay/audit report months") {
  TEST_CASE("without prices: energies, no money, and no other ways to compare") {
    HouseDirectory house;
    house.site();
    house.policy();
    live(house, {22 * hour_s, day_s, false});
    house.close();
    const std::string text = page_of(house);
    const Page page(text);
    CHECK(holds(text, "No price of this month is known; nothing is said of money."));
    CHECK(holds(text, "Other ways cannot be compared: "));
    CHECK(holds(text, "No day has a known price."));
    CHECK_FALSE(holds(text, "saved against no battery"));
    const auto day = page.row("Thu 2");
    REQUIRE(day.size() == 10);
    CHECK(day[1] == "14.3");  // up to its last reading, at 23:55
    CHECK(day[7] == "–");
    CHECK(day[8] == "–");
  }

  TEST_CASE("with a part of the prices: how much is known, and money of that alone") {
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, day_s, true});
    live(house, {46 * hour_s, day_s, false});
    house.close();
    const std::string text = page_of(house);
    CHECK(holds(text, "Prices are known for 50.1 % of the measured time"));
    CHECK(holds(text, "Whole days: 1, from"));
    CHECK(holds(text, "Days left out, for more than an hour of readings or prices is missing: 1."));
    CHECK(Page(text).row("Fri 3").at(7) == "–");
  }

  TEST_CASE("a day of 25 hours and one of 23: their hours and the month's are counted") {
    HouseDirectory house;
    adopt_site(house);
    live(house, {23 * day_s + 22 * hour_s, 3 * day_s + hour_s});   // 25 to 27 October
    live(house, {177 * day_s + 23 * hour_s, 3 * day_s - hour_s});  // 28 to 30 March
    house.close();
    const std::string october = page_of(house, "2025-10");
    CHECK(Page(october).row("Sat 25").at(1) == "14.4");
    CHECK(Page(october).row("Sun 26").at(1) == "15.0");
    CHECK(Page(october).row("Sun 26").at(9) == "100");
    CHECK(holds(october, "of 745.0 hours"));
    CHECK(holds(october, "Whole days: 3, from 2025-10-25 00:00"));
    CHECK_FALSE(holds(october, "An hour or more of readings is missing"));
    CHECK_FALSE(holds(october, "The month is not over in this log"));
    const std::string march = page_of(house, "2026-03");
    CHECK(Page(march).row("Sat 28").at(1) == "14.4");
    CHECK(Page(march).row("Sun 29").at(1) == "13.8");
    CHECK(Page(march).row("Sun 29").at(9) == "92");
    CHECK(holds(march, "of 743.0 hours"));
    CHECK(holds(march, "Whole days: 3, from 2026-03-28 00:00"));
  }

  TEST_CASE("the unfinished month, one that begins before the log, one with a hole, an empty one") {
    HouseDirectory house;
    adopt_site(house);
    live(house, {46 * hour_s, day_s});                // 3 October
    live(house, {70 * hour_s + 7 * hour_s, hour_s});  // an hour of 4 October
    house.close();
    const std::string text = page_of(house);
    CHECK(holds(text, "The first reading is of 2025-10-03; the days before it are not in the log"));
    CHECK(holds(text, "The month is not over in this log: it ends on 2025-10-04 07:55."));
    CHECK(holds(text, "An hour or more of readings is missing on: 4."));
    CHECK(Page(text).row("Thu 2").at(1) == "–");
    for (const char* month : {"2025-11", "2024-02"}) {
      INFO(std::string(month));
      const std::string empty = page_of(house, month);
      CHECK(holds(empty, "Nothing is recorded of this month: no reading and no decision."));
      CHECK(Page(empty).headings == std::vector<std::string>{"Can it be believed?"});
    }
  }

  TEST_CASE("a part day is no whole one") {
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, day_s + 6 * hour_s});
    house.close();
    const std::string text = page_of(house);
    CHECK(holds(text,
                "Whole days: 1, from 2025-10-02 00:00 to 2025-10-03 05:55. Part days, which "
                "are in the sums and in nothing per day: 1."));
  }

  TEST_CASE("an imported month: its days are the house's own, and what it cannot say is said") {
    const auto sample = shared_data() / "legacy_sample";
    if (!std::filesystem::exists(sample)) {
      MESSAGE("skipped: there is no " << sample.string());
      return;
    }
    const MemoryDirectory home;
    const std::vector<std::string> data{"--data", home / "house"};
    const auto ask = [&](std::vector<std::string> words) {
      words.insert(words.begin(), data.begin(), data.end());
      ToolRun run = run_tool(words);
      INFO(run.err);
      REQUIRE(run.code == 0);
      return run;
    };
    ask({"import", "legacy", "--timezone", "Europe/Warsaw", "--db",
         (sample / "data" / "goodwe_energy.db").string(), "--out", (sample / "out").string()});
    const std::string text =
        ask({"audit", "report", "--month", "2026-01", "--no-record", "--out", "-"}).out;
    const Page page(text);
    CHECK(holds(text, "864 of 864 readings and 291 of 291 decisions were imported"));
    CHECK(holds(text, "The first reading is of 2026-01-05;"));
    CHECK(page.row("Sun 4").at(1) == "–");
    for (const char* day : {"Mon 5", "Tue 6", "Wed 7"}) CHECK(page.row(day).at(9) == "97");
    // Energy and money of a session are known, what the grid gave is not.
    CHECK(page.row("charges") ==
          std::vector<std::string>{"charges", "6", "36.0", "–", "15.12", "–"});
  }

  TEST_CASE("a demo's or a simulation's page says that it is made up; a real house's does not") {
    const MemoryDirectory home;
    log::CreateOptions options;
    options.demo = true;
    REQUIRE(log::Log::create(home / "log", options));
    const ToolRun run = run_tool({"--data", home.path().string(), "audit", "report", "--month",
                                  "2025-10", "--no-record", "--out", "-"});
    CHECK(run.code == 0);
    CHECK(holds(run.out, "A demo or a simulation"));
    HouseDirectory house;
    house.begin();
    house.close();
    CHECK_FALSE(holds(page_of(house), "A demo or a simulation"));
  }

  TEST_CASE("the proof in a page holds without the log; one letter else, and it does not") {
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, 2 * hour_s});
    house.close();
    CHECK(holds(page_of(house), "No checkpoint is signed yet"));
    done(house, {"log", "checkpoint"});
    const std::string text = page_of(house);
    CHECK(holds(text, "Its signature is valid."));
    CHECK(holds(text, "log check-proof decision.proof --key house.vkey"));
    std::string proof = Page(text).by_id.at("proof");
    const MemoryDirectory away;
    write(away / "house.vkey", done(house, {"log", "key"}).out);
    const auto check = [&] {
      write(away / "decision.proof", proof);
      return run_tool({"log", "check-proof", "decision.proof", "--key", "house.vkey"}, away.path());
    };
    const ToolRun holds_there = check();
    INFO(holds_there.out << holds_there.err);
    CHECK(holds_there.code == 0);
    const auto at = proof.find("charge");  // what it says was decided
    REQUIRE(at != std::string::npos);
    proof.replace(at, 6, "hold");
    CHECK(check().code == 1);
  }

  TEST_CASE("who cannot read the log's key gets the page, and it says what was not checked") {
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, hour_s});
    house.close();
    done(house, {"log", "checkpoint"});
    std::filesystem::remove_all(house.data() / "keys");
    const std::string text = page_of(house);
    CHECK(holds(text, "could not read the log's key"));
    CHECK_FALSE(holds(text, "Its signature is valid."));
    CHECK(Page(text).by_id.count("proof") == 1);
  }
}
