// Under each policy, with and without selling: the inverter changes its mode seldom, no limit is
// broken, no session is left open. The weeks of both clock changes; with WATTLEDGER_YEAR=1 the
// whole year.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/places.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/year/course.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// An owner who hears it switch more often than every other hour calls it flip-flop.
constexpr std::uint32_t changes_max = 12;

struct Span {
  const char* name;
  const char* start;
  int days;
  std::uint32_t percent;  // of the days keep within it: of six, one may be an odd one
};

std::vector<Span> spans() {
  const char* year = std::getenv("WATTLEDGER_YEAR");
  if (year != nullptr && std::string(year) == "1") return {{"year", "2024-03-01", 365, 95}};
  MESSAGE("the weeks of both clock changes; WATTLEDGER_YEAR=1 runs the whole year");
#ifdef WATTLEDGER_SANITIZED
  return {{"spring", "2024-03-30", 2, 95}};
#else
  return {{"spring", "2024-03-28", 6, 80}, {"autumn", "2024-10-24", 6, 80}};
#endif
}

std::vector<std::string> real_house() {
  const auto house = shared_data() / "house" / "fr_house_30min_2024-02-28_2025-02-27.csv";
  if (std::filesystem::exists(house)) return {"--house", house.string()};
  MESSAGE("no real house at " << house.string() << ": a generated one is used");
  return {};
}

struct Owner {
  const char* policy;
  bool sells;
  // Of the others it is said, not demanded, that the mode changes seldom: a hungry winter's day
  // lets rules on levels switch more often.
  bool calm;
};

// A connection that the house's own load and sun keep within, so that only we can break it.
std::string configuration(const Owner& owner) {
  return std::string("policy: {name: ") + owner.policy +
         "}\nselling: {enabled: " + (owner.sells ? "true" : "false") +
         "}\ngrid: {import_limit_w: 8000, export_limit_w: 4500}\n";
}

void check(const Course& course, const Owner& owner, std::uint32_t percent) {
  CHECK(course.breaches.empty());
  if (owner.calm)
    CHECK(changes_at(course, percent) <= changes_max);
  else
    WARN(changes_at(course, percent) <= changes_max);
  for (const std::string& each : course.open_at_midnight) MESSAGE("open at midnight: " << each);
  CHECK(course.open_at_midnight.empty());
  CHECK(course.left_open.empty());
  for (const std::string& each : course.faults) MESSAGE(each);
  CHECK(course.faults.empty());
  CHECK(course.failed == 0);
}

}  // namespace

TEST_SUITE("year") {
  TEST_CASE("no flip-flop, no broken limit and no session left open, whoever decides") {
    for (const Span& span : spans()) {
      for (const Owner& owner : {Owner{"optimal", false, true}, Owner{"optimal", true, true},
                                 Owner{"tiered", false, false}, Owner{"tiered", true, false}}) {
        const std::string name =
            std::string(span.name) + ", " + owner.policy + (owner.sells ? " with selling" : "");
        CAPTURE(name);
        const MemoryDirectory home;
        std::ofstream(home / "house.yaml") << configuration(owner);
        std::vector<std::string> arguments = {
            "--simulate", std::to_string(span.days),      "--start", span.start,
            "--config",   (home / "house.yaml").string(), "--data",  (home / "live").string()};
        for (const std::string& word : real_house()) arguments.push_back(word);
        const Ran ran = run(WATTLEDGERD, arguments);
        REQUIRE_MESSAGE(ran.code == 0, ran.err);
        const auto course = course_of(home / "live");
        REQUIRE_MESSAGE(course.has_value(), course.error().line());
        CHECK(course->changes.size() >= static_cast<std::size_t>(span.days));  // of 24 h each
        CHECK(course->readings == static_cast<std::uint64_t>(span.days) * 1440);
        MESSAGE(name << "\n" << text_of(*course));
        check(*course, owner, span.percent);
        const Ran verified =
            run(WATTLEDGER_TOOL, {"--data", (home / "live").string(), "audit", "verify"});
        CHECK_MESSAGE(verified.code == 0, verified.out << verified.err);
      }
    }
  }
}
