// Holidays against a calendar, and when they come into the policy.
#include "coordinator/config/holidays.hpp"

#include <doctest/doctest.h>

#include "coordinator/config/config.hpp"
#include "events/time.hpp"
#include "tests/config/polish_days.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

std::vector<std::string> texts(const std::vector<std::chrono::local_days>& days) {
  std::vector<std::string> result;
  for (const std::chrono::local_days day : days) result.push_back(date_text(LocalTime(day)));
  return result;
}

Config parsed(const std::string& yaml) {
  auto config = parse(yaml, "h.yaml");
  if (!config) FAIL(config.error().line());
  return std::move(*config);
}

std::vector<std::string> adopted(const std::string& tariff) {
  return texts(parsed("tariff: " + tariff + "\n").policy.holidays);
}

}  // namespace

TEST_SUITE("config/holidays") {
  TEST_CASE("Poland's holidays of each year are the calendar's") {
    for (const testing::PolishYear& year : testing::polish_years()) {
      CAPTURE(year.year);
      CHECK(texts(polish_holidays(year.year, year.year)) == year.holidays);
    }
  }

  TEST_CASE("Easter, its extremes and a century's leap year among them") {
    const std::vector<std::pair<int, const char*>> known = {
        {1818, "1818-03-22"}, {1900, "1900-04-15"}, {1943, "1943-04-25"}, {1954, "1954-04-18"},
        {1961, "1961-04-02"}, {2000, "2000-04-23"}, {2008, "2008-03-23"}, {2011, "2011-04-24"},
        {2038, "2038-04-25"}, {2100, "2100-03-28"}};
    for (const auto& [year, day] : known)
      CHECK(date_text(LocalTime(easter_sunday(std::chrono::year(year)))) == std::string(day));
  }

  TEST_CASE("the days are adopted where a zone asks for them, and only there") {
    for (const char* tariff : {"g11", "g12", "g12as", "g13", "g14dynamic", "none"})
      CHECK_MESSAGE(adopted("{name: " + std::string(tariff) + "}").empty(), tariff);
    for (const char* tariff : {"g12w", "g13s"}) {
      const auto days = adopted("{name: " + std::string(tariff) + "}");
      REQUIRE(days.size() == 26 * 14 - 5);
      CHECK(days.front() == "2020-01-01");
      CHECK(days.back() == "2045-12-26");
    }
    const std::string zone = "{name: T1, price: 1, weekdays: ";
    CHECK(adopted("{name: m, zones: [" + zone + "mon-sun}]}").empty());
    CHECK(adopted("{name: m, zones: [" + zone + "[sun, holiday]}]}").size() == 26 * 14 - 5);
  }

  TEST_CASE("a list of one's own, with Poland's or instead, and none") {
    const auto g12w = [](const std::string& holidays) {
      return adopted("{name: g12w, holidays: " + holidays + "}");
    };
    using Days = std::vector<std::string>;
    CHECK(g12w("none").empty());
    CHECK(g12w("PL").size() == 26 * 14 - 5);
    CHECK(g12w("2026-05-04") == Days{"2026-05-04"});
    CHECK(g12w("[2026-05-04, 2024-02-29, 2026-05-04]") == Days{"2024-02-29", "2026-05-04"});
    CHECK(g12w("[PL, 2026-05-04]").size() == 26 * 14 - 5 + 1);
    CHECK(g12w("[PL, 2026-05-03]").size() == 26 * 14 - 5);
    // Without days a holiday counts as its weekday, and the text says nothing of holidays.
    const Config none = parsed("tariff: {name: g12w, holidays: none}");
    CHECK(fold::render_policy(none.policy).find("holidays") == std::string::npos);
    CHECK(none.policy.tariff_zones[1].weekdays == 0x7F);
  }
}
