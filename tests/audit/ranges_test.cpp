#include <doctest/doctest.h>

#include "replay/audit/remake_ranges.hpp"
#include "tests/audit/forged_log.hpp"
#include "tests/log/raw_environment.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Everything that is told, as one text.
std::string told(const std::filesystem::path& directory, const tool::RangesOptions& options) {
  const auto log = log::Log::open(directory);
  REQUIRE(log.has_value());
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  std::string text;
  const auto report = tool::remake_in_ranges(
      *log, *snapshot, {}, options,
      [&](const tool::Remade& each) {
        text += std::to_string(each.sequence.value) + " " +
                std::string(tool::answer_name(each.answer)) + " " + each.why + "\n";
        for (const tool::FieldDifference& field : each.differences)
          text += "  " + field.field + " " + field.recorded + " " + field.remade + "\n";
      },
      [](Sequence) {});
  REQUIRE(report.has_value());
  for (const std::uint64_t number :
       {report->decisions, report->identical, report->differs, report->other_revision,
        report->not_reproducible, report->imported})
    text += std::to_string(number) + " ";
  return text + (report->damage ? report->damage->line() : "whole");
}

void same_whatever_the_ranges(const std::filesystem::path& directory, const char* expected) {
  const std::string one = told(directory, {1, 1});
  CHECK_MESSAGE(one.find(expected) != std::string::npos, one);
  for (const unsigned jobs : {2U, 3U, 16U})
    for (const std::uint64_t records : {1U, 17U, 200U, 100'000U}) {
      CAPTURE(jobs);
      CAPTURE(records);
      CHECK(told(directory, {jobs, records}) == one);
    }
}

}  // namespace

TEST_SUITE("audit/ranges") {
  TEST_CASE("any number of threads and any cut give the same findings in the same order") {
    const TrueHistory truth(600);
    same_whatever_the_ranges(truth.directory(), " 0 0 0 0 whole");
    const MemoryDirectory home;
    const auto decisions = truth.of_kind(Kind::DecisionMade);
    REQUIRE(decisions.size() > 20);
    SUBCASE("the policy is another, so that every decision differs") {
      truth.forge(home / "log", truth.of_kind(Kind::PolicyAdopted).at(0), [](fb::EventT& event) {
        std::string& text = event.fact.AsPolicyAdopted()->text;
        text.replace(text.find("battery.soc_min_bp=1000"), 23, "battery.soc_min_bp=1500");
      });
      same_whatever_the_ranges(home / "log", "the past it was made from is not the past");
    }
    SUBCASE("the engine is another, as the daemon's start says") {
      truth.forge(
          home / "log", truth.of_kind(Kind::CoordinatorStarted).at(0),
          [](fb::EventT& event) { event.fact.AsCoordinatorStarted()->engine_revision = 9; });
      same_whatever_the_ranges(home / "log", " 0 0 0 0 whole");
    }
    SUBCASE("one decision says that it knew less than the one before") {
      truth.forge(home / "log", decisions[12], [&](fb::EventT& event) {
        event.fact.AsDecisionMade()->based_on = decisions[11].value - 1;
      });
      same_whatever_the_ranges(home / "log", "although the decision before it stands at");
    }
    SUBCASE("one decision is of another engine revision") {
      truth.forge(home / "log", decisions[12],
                  [](fb::EventT& event) { event.fact.AsDecisionMade()->engine_revision = 2; });
      same_whatever_the_ranges(home / "log", "engine_revision 2 ");
    }
  }

  TEST_CASE("a record that cannot be read ends it, behind what stood before") {
    const TrueHistory truth(600);
    const MemoryDirectory home;
    std::filesystem::copy(truth.directory(), home / "log");
    {
      RawEnvironment raw(home / "log");
      Bytes record = raw.get("events", key_of(400));
      record.back() ^= std::byte{1};
      raw.put("events", key_of(400), record);
    }
    same_whatever_the_ranges(home / "log", "record 400");
  }
}
