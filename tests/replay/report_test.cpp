// wattledger audit report: a made month as a page, its numbers beside audit list's, and its event.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "replay/audit/report_words.hpp"
#include "tests/replay/house_log.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Three October days: a reading each five minutes, 720 W bought, a decision each quarter.
void live(HouseDirectory& house) {
  house.begin();
  for (std::int64_t second = 0; second < 3 * 86'400; second += 300) {
    if (second % 86'400 == 0) house.prices(second);
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = 5'000;
    reading.battery_power_w = 0;
    reading.load_power_w = 720;
    reading.pv_power_w = 0;
    reading.grid_power_w = -720;
    reading.forced_mode = fb::InverterMode::general;
    house.add(second, std::move(reading), fb::Source::inverter);
    if (second % 900 == 0) house.decide(second);
  }
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::grid_voltage;
  fault.detail = "<script>alert(1)</script>";
  house.add(3 * 86'400, std::move(fault));
  house.close();
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string page_of(const HouseDirectory& house, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"audit", "report", "--month", "2025-10", "--no-record", "--out", "-"});
  const ToolRun run = on(house, std::move(more));
  INFO(run.err);
  REQUIRE(run.code == 0);
  return run.out;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("replay/audit report") {
  TEST_CASE("the page stands by itself, is the same again, and says the meter's numbers") {
    HouseDirectory house;
    live(house);
    const std::string page = page_of(house);
    for (const char* foreign : {"http", "<script", "url(", "@import", "src="})
      CHECK_MESSAGE(!holds(page, foreign), foreign);
    CHECK(holds(page, "&lt;script&gt;alert(1)"));
    CHECK(page == page_of(house));
    INFO(page.substr(page.find("<h2>"), 600));
    // 720 W up to the last reading, five minutes before the third day ends.
    CHECK(holds(page, "<p>51.8 kWh were bought"));
    CHECK(holds(page, "Of 288 decisions, 288 were made again"));
    CHECK(holds(page, "The month is not over in this log"));
  }

  TEST_CASE("in Polish, with its decimal comma") {
    HouseDirectory house;
    live(house);
    const std::string page = page_of(house, {"--language", "pl"});
    CHECK(holds(page, "<html lang=\"pl\">"));
    CHECK(holds(page, "Kupiono 51,8 kWh"));
  }

  TEST_CASE("an event with the file's size and digest, unless it is not wished") {
    HouseDirectory house;
    live(house);
    const auto file = house.data() / "october.html";
    const std::vector<std::string> ask{"audit", "report",      "--month",  "2025-10",
                                       "--out", file.string(), "--format", "json"};
    const ToolRun run = on(house, ask);
    INFO(run.err);
    REQUIRE(run.code == 0);
    const auto told = run.json_lines().at(0);
    const std::string page = text_of(file);
    CHECK(told["bytes"] == page.size());
    CHECK(told["digest"] == fold::text_digest(page).hex());
    const ToolRun cat =
        on(house, {"log", "cat", std::to_string(told["recorded"].get<std::uint64_t>())});
    CHECK(holds(cat.out, "month 2025-10"));
    // Its own report is replaced; another file is not.
    CHECK(on(house, ask).code == 0);
    std::ofstream(file) << "mine";
    const ToolRun refused = on(house, ask);
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    CHECK(text_of(file) == "mine");
  }

  TEST_CASE("a month without records, and one that is none") {
    HouseDirectory house;
    live(house);
    const ToolRun empty =
        on(house, {"audit", "report", "--month", "2024-02", "--no-record", "--out", "-"});
    CHECK(empty.code == 0);
    CHECK(holds(empty.out, "Nothing is recorded of this month"));
    for (const char* month : {"2025-13", "2025-1", "November", "2025-10-01"}) {
      const ToolRun wrong = on(house, {"audit", "report", "--month", month});
      CHECK(wrong.code == 2);
      CHECK(wrong.one_error_line());
    }
  }

  TEST_CASE("a browser shows it on a phone and has nothing to complain of") {
    const char* browser = "/usr/bin/chromium";
    if (!std::filesystem::exists(browser)) {
      MESSAGE("skipped: there is no " << browser);
      return;
    }
    HouseDirectory house;
    live(house);
    std::ofstream(house.data() / "page.html") << page_of(house);
    // No network: the proxy is not there.
    const std::string at = house.data().string();
    const std::string command =
        std::string(browser) +
        " --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
        " --disable-component-update --disable-sync --proxy-server=127.0.0.1:9 "
        "--window-size=390,2000"
        " --enable-logging=stderr --user-data-dir=" +
        at + "/browser --screenshot=" + at + "/page.png file://" + at + "/page.html >" + at +
        "/said 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(std::filesystem::file_size(house.data() / "page.png") > 10'000);
    CHECK(!holds(text_of(house.data() / "said"), "CONSOLE"));
  }

  TEST_CASE("every sentence has its place in both languages, with the same values") {
    for (const tool::ReportText& each : tool::report_texts())
      for (const char* place : {"{0}", "{1}", "{2}", "{3}", "{4}"}) {
        INFO(each.english);
        CHECK(holds(each.english, place) == holds(each.polish, place));
      }
  }
}
