#include <doctest/doctest.h>

#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// A day of the house: a reading and a decision every quarter of an hour, the battery slowly
// filling.
void live_a_day(HouseDirectory& house) {
  house.begin();
  for (int quarter = 0; quarter < 96; ++quarter) {
    const int second = quarter * 900 + 60;
    house.reading(second, 3'000 + quarter * 50);
    house.decide(second, {}, static_cast<std::uint64_t>(quarter % 3));
  }
}

nlohmann::json verified(const HouseDirectory& house, int code) {
  const ToolRun run = on(house, {"audit", "verify", "--format", "json"});
  INFO(run.out << run.err);
  CHECK(run.code == code);
  const auto lines = run.json_lines();
  REQUIRE(lines.size() == 1);
  return lines[0];
}

}  // namespace

TEST_SUITE("replay/audit") {
  TEST_CASE("a day's decisions are re-made to the byte, wherever other records stand between") {
    HouseDirectory house;
    live_a_day(house);
    house.close();
    const ToolRun run = on(house, {"audit", "verify"});
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    REQUIRE(run.lines().size() == 2);
    CHECK(run.lines()[0] ==
          "96 decisions re-made: 96 identical, 0 differ, 0 by another engine revision, 0 not "
          "reproducible");
    CHECK(run.lines()[1].starts_with("log: "));
    CHECK(run.lines()[1].find(" records intact, root ") != std::string::npos);
    CHECK(run.lines()[1].ends_with(", no checkpoint signed yet"));
    const auto some =
        on(house, {"audit", "verify", "--from", "2025-10-01T03:00", "--to", "2025-10-01T04:00"});
    CHECK(some.out.rfind("4 decisions re-made: 4 identical", 0) == 0);
    CHECK(on(house, {"audit", "verify", "--to", "2020-01-01"}).lines().at(0) ==
          "no decisions in this period");
  }

  TEST_CASE("each altered field of a decision is found and named") {
    struct Forgery {
      const char* field;
      HouseDirectory::Alter alter;
    };
    const std::vector<Forgery> table = {
        {"action", [](fb::DecisionMadeT& d) { d.action = fb::Action::sell; }},
        {"power_w", [](fb::DecisionMadeT& d) { d.power_w = 1; }},
        {"target_soc_bp",
         [](fb::DecisionMadeT& d) { d.target_soc_bp = static_cast<std::uint16_t>(1); }},
        {"until_us", [](fb::DecisionMadeT& d) { d.until_us = 1; }},
        {"rule", [](fb::DecisionMadeT& d) { d.rule = fb::Rule::operator_limit; }},
        {"tried", [](fb::DecisionMadeT& d) { d.tried.pop_back(); }},
        {"expected_cost_e8", [](fb::DecisionMadeT& d) { d.expected_cost_e8 = 1; }},
        {"price_e8", [](fb::DecisionMadeT& d) { d.price_e8 = 1; }},
        {"policy_digest",
         [](fb::DecisionMadeT& d) { *d.policy_digest = fb::Digest256(1, 2, 3, 4); }},
        {"engine_revision", [](fb::DecisionMadeT& d) { d.engine_revision += 1; }},
        {"state_digest", [](fb::DecisionMadeT& d) { *d.state_digest = fb::Digest256(1, 2, 3, 4); }},
        {"control_mode", [](fb::DecisionMadeT& d) { d.control_mode = fb::ControlMode::on; }},
    };
    for (const Forgery& forgery : table) {
      HouseDirectory house;
      house.begin();
      house.reading(60);
      const std::uint64_t forged = house.decide(60, forgery.alter);
      house.reading(120);
      house.decide(120);
      house.close();
      INFO(forgery.field);
      const auto report = verified(house, 1);
      CHECK(report["identical"] == 1);
      REQUIRE(report["findings"].size() == 1);
      CHECK(report["findings"][0]["sequence"] == forged);
      CHECK(report["findings"][0]["answer"] == "differs");
      REQUIRE(report["findings"][0]["fields"].size() == 1);
      CHECK(report["findings"][0]["fields"][0]["field"] == forgery.field);
    }
  }

  TEST_CASE("a decision that says it knew other records differs") {
    for (const std::uint64_t based_on : {0ULL, 4ULL, 6ULL, 1'000ULL}) {
      HouseDirectory house;
      house.begin();
      house.reading(60);
      house.reading(120);
      house.decide(120, [&](fb::DecisionMadeT& d) { d.based_on = based_on; });
      house.close();
      INFO(based_on);
      if (based_on == 6)
        CHECK(verified(house, 0)["identical"] == 1);
      else
        CHECK(verified(house, 1)["differs"] == 1);
    }
  }

  TEST_CASE("a plan that is not the one the same past makes is found") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    house.decide(60, [](fb::DecisionMadeT& d) { d.plan = 1U; });
    house.close();
    const auto report = verified(house, 1);
    REQUIRE(report["findings"].size() == 1);
    CHECK(report["findings"][0]["why"].get<std::string>().find("is no plan") != std::string::npos);
  }

  TEST_CASE("a plan that was taken out of a decision is found") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    bool had_one = false;
    house.decide(60, [&](fb::DecisionMadeT& d) {
      had_one = d.plan.has_value();
      d.plan.reset();
    });
    house.close();
    REQUIRE(had_one);
    const auto report = verified(house, 1);
    REQUIRE(report["findings"].size() == 1);
    CHECK(report["findings"][0]["why"] == "it names no plan, but the same past makes one");
  }

  TEST_CASE("decisions of an engine revision that the log says was running are no defect") {
    HouseDirectory house;
    house.begin();
    fb::CoordinatorStartedT started;
    started.engine_revision = 77;
    started.control_mode = fb::ControlMode::advise;
    house.add(0, std::move(started));
    house.reading(60);
    house.decide(60, [](fb::DecisionMadeT& d) { d.engine_revision = 77; });
    house.close();
    const auto report = verified(house, 0);
    CHECK(report["other_revision"] == 1);
    CHECK(report["findings"][0]["why"] == "made by engine revision 77, this is " +
                                              std::to_string(policy::engine_revision) +
                                              ": all else is equal");
  }

  TEST_CASE("a decision whose policy is not in the log, or cannot be read there, is a finding") {
    for (const char* text : {"", "policy: [torn"}) {
      CAPTURE(text);
      HouseDirectory house;
      house.site();
      if (*text != '\0') {
        fb::PolicyAdoptedT policy;
        policy.text = text;
        house.add(30, std::move(policy));
      }
      house.reading(60);
      house.decide(60, [](fb::DecisionMadeT& d) { *d.policy_digest = fb::Digest256(1, 2, 3, 4); });
      house.close();
      const auto report = verified(house, 1);
      CHECK(report["not_reproducible"] == 0);
      REQUIRE(report["findings"].size() == 1);
      CHECK(report["findings"][0]["answer"] == "differs");
      CHECK(report["findings"][0]["why"] ==
            (*text == '\0' ? "the policy that it names is not in the log before it"
                           : "the policy of record 2, which it rests on, cannot be read"));
    }
  }

  TEST_CASE("a policy of another engine that the log says was running need not be readable") {
    HouseDirectory house;
    house.site();
    fb::PolicyAdoptedT policy;
    policy.text = "a form of later days";
    house.add(30, std::move(policy));
    fb::CoordinatorStartedT started;
    started.engine_revision = 77;
    house.add(30, std::move(started));
    house.reading(60);
    house.decide(60, [](fb::DecisionMadeT& d) {
      *d.policy_digest = fb::Digest256(1, 2, 3, 4);
      d.engine_revision = 77;
    });
    house.close();
    CHECK(verified(house, 0)["other_revision"] == 1);
  }

  TEST_CASE("list shows what was decided and why, aligned") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 3'000);
    house.decide(60);
    house.reading(7 * 3'600, 9'500);
    house.decide(7 * 3'600);
    house.close();
    const std::vector<std::string> lines = on(house, {"audit", "list"}).lines();
    REQUIRE(lines.size() == 3);  // no price is known of a time that was metered
    CHECK(lines[0] ==
          "SEQUENCE  LOCAL TIME                 ACTION       POWER  TARGET                SOC  "
          "PRICE/kWh  RULE                  OUTCOME            COST     SAVED  WHY");
    CHECK(lines[1].find("2025-10-01 02:01:00+02:00  charge      5000 W  90.0 % by ") !=
          std::string::npos);
    CHECK(lines[1].find(" 30.0 %  ") != std::string::npos);
    CHECK(lines[2].find("  self_use         -  -                  95.0 %     1.0458  battery_full  "
                        "        advised  ") != std::string::npos);
    CHECK(on(house, {"audit", "list", "--action", "charge"}).lines().size() == 2);
    CHECK(on(house, {"audit", "list", "--rule", "battery_full"}).lines().size() == 2);
    CHECK(on(house, {"audit", "list", "--rule", "no_price"}).out == "no decisions match\n");
  }

  TEST_CASE("list as JSON is one object per decision; a limit takes the newest") {
    HouseDirectory house;
    live_a_day(house);
    house.close();
    const auto all = on(house, {"audit", "list", "--format", "json"}).json_lines();
    REQUIRE(all.size() == 96);
    CHECK(all[0]["soc_pct"] == 30.0);
    CHECK(all[0]["local_time"] == "2025-10-01 02:01:00+02:00");
    CHECK_FALSE(all[0]["reason"].get<std::string>().empty());
    const auto newest =
        on(house, {"audit", "list", "--limit", "2", "--format", "json"}).json_lines();
    REQUIRE(newest.size() == 2);
    CHECK(newest[0] == all[94]);
    CHECK(newest[1] == all[95]);
  }
}
