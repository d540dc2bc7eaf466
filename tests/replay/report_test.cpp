// wattledger audit report: the page and its event. The golden pages in tests/golden/report are the
// tool's own; WATTLEDGER_UPDATE_GOLDEN=1 writes them anew.
#include <cstdlib>
#include <fstream>

#include "replay/audit/report_words.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/replay/report_house.hpp"
#include "tests/support/places.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

void check_golden(const std::string& name, const std::string& page) {
  const auto file = golden_directory() / "report" / name;
  const char* update = std::getenv("WATTLEDGER_UPDATE_GOLDEN");
  if (update != nullptr && *update == '1') std::ofstream(file, std::ios::binary) << page;
  CHECK_MESSAGE(page == content(file), name, ": look at it, then WATTLEDGER_UPDATE_GOLDEN=1");
}

// A day and a half, with a fault whose text is no friend's.
void live_with_fault(HouseDirectory& house) {
  house.begin();
  live(house, {22 * hour_s, 36 * hour_s});
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::grid_voltage;
  fault.detail = "<script>alert(\"1\" & '2')</script>";
  house.add(58 * hour_s, std::move(fault));
  house.close();
}

std::vector<std::string> asking(const std::filesystem::path& file) {
  return {"audit", "report", "--month", "2025-10", "--out", file.string(), "--format", "json"};
}

}  // namespace

TEST_SUITE("replay/audit report") {
  TEST_CASE("a page stands by itself, is well-formed and is the same again, in both languages") {
    HouseDirectory house;
    live_with_fault(house);
    for (const char* language : {"en", "pl"}) {
      INFO(std::string(language));
      const std::string page = page_of(house, "2025-10", {"--language", language});
      for (const char* foreign : {"http", "<script", "url(", "@import", "src=", "href="})
        CHECK_MESSAGE(!holds(page, foreign), foreign);
      CHECK(Page(page).language == language);
      CHECK(holds(page, "&lt;script&gt;alert(&quot;1&quot; &amp; '2')&lt;/script&gt;"));
      CHECK(page == page_of(house, "2025-10", {"--language", language}));
      check_golden(std::string("october.") + language + ".html", page);
    }
  }

  TEST_CASE(
      "each report is an event and a row with the file's digest; nothing new, the same file") {
    HouseDirectory house;
    live_with_fault(house);
    const auto file = house.data() / "october.html";
    std::vector<std::string> rows;
    std::string first;
    for (int i = 0; i < 2; ++i) {
      const ToolRun run = on(house, asking(file));
      INFO(run.err);
      REQUIRE(run.code == 0);
      const auto told = run.json_lines().at(0);
      const std::string page = content(file);
      CHECK(told["bytes"] == page.size());
      CHECK(told["digest"] == fold::text_digest(page).hex());
      rows.push_back(told["recorded"].dump() + "|month 2025-10|" + told["up_to"].dump() + "|en|" +
                     told["bytes"].dump() + "|" + told["digest"].get<std::string>());
      if (i == 0) first = page;
      CHECK(page == first);
    }
    CHECK(rows[0] != rows[1]);
    REQUIRE(on(house, {"replay", "--projection", "sqlite", "--yes"}).code == 0);
    CHECK(SqliteReader(house.data() / "goodwe_energy.db")
              .rows("SELECT sequence, report, up_to, language, bytes, digest FROM reports "
                    "ORDER BY sequence") == rows);
  }

  TEST_CASE("that a report was made in its own month is no record of that month's page") {
    HouseDirectory house;
    house.begin();
    live(house, {22 * hour_s, 2 * hour_s});
    const std::string page = page_of(house);
    fb::ReportMadeT made;
    made.report = "month 2025-10";
    made.digest = std::make_unique<fb::Digest256>();
    house.add(25 * hour_s, std::move(made));
    CHECK(page_of(house) == page);
    house.reading(26 * hour_s);
    CHECK(page_of(house) != page);
  }

  TEST_CASE(
      "a log that cannot be written to: the page stands, and one line says it is not recorded") {
    HouseDirectory house;
    live_with_fault(house);
    const auto file = house.data() / "october.html";
    const auto lock = value(log::WriterLock::take(house.data() / "log", "somebody"));
    const ToolRun run = on(house, asking(file));
    CHECK(run.code == 0);
    CHECK(holds(run.err, "the report is made, but not recorded in the log: "));
    CHECK(holds(run.err, "somebody"));
    CHECK(run.json_lines().at(0)["recorded"].is_null());
    CHECK(Page(content(file)).language == "en");
  }

  TEST_CASE("its own report is replaced; another file is not, unless forced") {
    HouseDirectory house;
    live_with_fault(house);
    const auto file = house.data() / "october.html";
    std::vector<std::string> ask = asking(file);
    CHECK(on(house, ask).code == 0);
    CHECK(on(house, ask).code == 0);
    std::ofstream(file) << "mine";
    const ToolRun refused = on(house, ask);
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    CHECK(content(file) == "mine");
    ask.emplace_back("--force");
    CHECK(on(house, ask).code == 0);
    CHECK(content(file) != "mine");
  }

  TEST_CASE("what is no month, and a policy that needs none, is refused in one line") {
    HouseDirectory house;
    live_with_fault(house);
    for (const char* month : {"2025-13", "2025-1", "November", "2025-10-01"}) {
      const ToolRun wrong = on(house, {"audit", "report", "--month", month});
      CHECK(wrong.code == 2);
      CHECK(wrong.one_error_line());
    }
    CHECK(on(house, {"audit", "report", "--month", "2025-10", "--policy", "recorded"}).code == 2);
  }

  TEST_CASE("every sentence has its place in both languages, with the same values") {
    for (const tool::ReportText& each : tool::report_texts())
      for (const char* place : {"{0}", "{1}", "{2}", "{3}", "{4}"}) {
        INFO(each.english);
        CHECK(holds(each.english, place) == holds(each.polish, place));
      }
  }
}
