#include "coordinator/daemon/beginning.hpp"

#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using daemon::ClockDoubt;

TEST_SUITE("daemon/beginning") {
  TEST_CASE("a clock is doubted when it is behind the log, a week ahead, or set by nobody") {
    struct Row {
      const char* name;
      UtcTime now;
      std::optional<UtcTime> last;
      bool synchronised;
      bool needed;
      ClockDoubt doubt;
    };
    const Row rows[] = {
        {"empty log", at_s(0), std::nullopt, true, true, ClockDoubt::none},
        {"two seconds behind", at_s(0), at_s(2), true, true, ClockDoubt::none},
        {"three seconds behind", at_s(0), at_s(3), true, true, ClockDoubt::behind},
        {"seven days ahead", at_s(7 * 86'400), at_s(0), true, true, ClockDoubt::none},
        {"more than seven days ahead", at_s(7 * 86'400 + 1), at_s(0), true, true,
         ClockDoubt::ahead},
        {"nobody sets it", at_s(0), at_s(0), false, true, ClockDoubt::unsynchronised},
        {"nobody sets it, nobody minds", at_s(0), at_s(0), false, false, ClockDoubt::none},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(daemon::doubt_clock(row.now, row.last, row.synchronised, row.needed) == row.doubt);
    }
  }

  TEST_CASE_FIXTURE(DaemonFixture, "a good clock is believed at once") {
    const auto settled = daemon::settle_clock(*journal, clock, {}, [] { return false; });
    REQUIRE(settled.has_value());
    CHECK(*settled);
    CHECK(clock.now() == at_s(0));
    CHECK(count(Kind::ClockStepped) == 0);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a clock behind the log is waited for, and believed once it caught up") {
    given(fb::SourceFailedT{});
    clock.set(at_s(-30));
    const auto settled = daemon::settle_clock(*journal, clock, {std::chrono::seconds(600), true},
                                              [] { return false; });
    REQUIRE(settled.has_value());
    CHECK(clock.now() >= at_s(-2));
    CHECK(count(Kind::ClockStepped) == 0);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a clock that stays behind opens an epoch after the longest wait") {
    given(fb::SourceFailedT{});
    clock.set(at_s(-86'400));
    const auto settled = daemon::settle_clock(*journal, clock, {std::chrono::seconds(600), true},
                                              [] { return false; });
    REQUIRE(settled.has_value());
    CHECK(clock.now() == at_s(-86'400 + 600));
    CHECK(count(Kind::ClockStepped) == 1);
    CHECK(count(Kind::FaultRaised) == 0);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a clock that nobody sets raises a fault under which only safety is decided") {
    clock.set_synchronised(false);
    REQUIRE(daemon::settle_clock(*journal, clock, {std::chrono::seconds(5), true}, [] {
              return false;
            }).has_value());
    CHECK(count(Kind::FaultRaised) == 1);
    CHECK(journal->state().faults.front().fault == fb::Fault::clock_unreliable);
    REQUIRE(daemon::clear_clock_fault(*journal, clock, true).has_value());
    CHECK(journal->state().faults.size() == 1);  // still set by nobody
    clock.set_synchronised(true);
    REQUIRE(daemon::clear_clock_fault(*journal, clock, true).has_value());
    CHECK(journal->state().faults.empty());
    REQUIRE(daemon::clear_clock_fault(*journal, clock, true).has_value());
    CHECK(count(Kind::FaultCleared) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "a stop ends the wait") {
    given(fb::SourceFailedT{});
    clock.set(at_s(-86'400));
    const auto settled = daemon::settle_clock(*journal, clock, {}, [] { return true; });
    REQUIRE(settled.has_value());
    CHECK_FALSE(*settled);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a house and a policy are adopted once, and again when they change") {
    config::SiteConfig site;
    const inverter::Device device{"GW10K-ET", "9010KETU00TEST01", "1", Watts(10'000)};
    REQUIRE(daemon::adopt_site(*journal, site, device, clock.now()).has_value());
    REQUIRE(daemon::adopt_site(*journal, site, device, clock.now()).has_value());
    REQUIRE(daemon::adopt_site(*journal, site, std::nullopt, clock.now()).has_value());
    CHECK(count(Kind::SiteAdopted) == 1);
    site.timezone = "Europe/Helsinki";
    REQUIRE(daemon::adopt_site(*journal, site, device, clock.now()).has_value());
    CHECK(count(Kind::SiteAdopted) == 2);
    CHECK(journal->state().site.zone.offset_at(at_s(0)) == std::chrono::hours(3));

    fold::PolicySettings policy;
    REQUIRE(daemon::adopt_policy(*journal, policy).has_value());
    REQUIRE(daemon::adopt_policy(*journal, policy).has_value());
    CHECK(count(Kind::PolicyAdopted) == 1);
    policy.soc_target = BasisPoints(8'000);
    REQUIRE(daemon::adopt_policy(*journal, policy).has_value());
    CHECK(count(Kind::PolicyAdopted) == 2);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "damage is a fault that passes through to status, raised once for one extent") {
    projections::Damage damage;
    REQUIRE(daemon::raise_log_damaged(*journal, damage).has_value());
    CHECK(count(Kind::FaultRaised) == 0);
    damage = {2, 0, Sequence{7}, Sequence{9}, "record 7: its checksum is wrong"};
    REQUIRE(daemon::raise_log_damaged(*journal, damage).has_value());
    REQUIRE(daemon::raise_log_damaged(*journal, damage).has_value());
    CHECK(count(Kind::FaultRaised) == 1);
    const fold::LatchedFault fault = journal->state().faults.at(0);
    CHECK(fault.fault == fb::Fault::log_damaged);
    CHECK_FALSE(fault.latched);  // the battery may be used
    CHECK(fault.detail.find("record 7") != std::string::npos);
    damage.records = 3;
    REQUIRE(daemon::raise_log_damaged(*journal, damage).has_value());
    CHECK(count(Kind::FaultRaised) == 2);
  }
}
