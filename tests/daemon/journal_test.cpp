#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("daemon/journal") {
  TEST_CASE_FIXTURE(DaemonFixture, "the state holds what was recorded before it is committed") {
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = static_cast<std::uint16_t>(4'200);
    const auto recorded =
        journal->record(daemon::fact(std::move(reading)), log::Urgency::telemetry);
    REQUIRE(recorded.has_value());
    CHECK(journal->state().reading->soc == BasisPoints(4'200));
    CHECK(appender->committed() < *recorded);
  }

  TEST_CASE_FIXTURE(
      DaemonFixture,
      "a durable record is committed when it returns, and takes waiting telemetry along") {
    REQUIRE(
        journal->record(daemon::fact(fb::ReadingRecordedT{}), log::Urgency::telemetry).has_value());
    const auto recorded = journal->record_durably(daemon::fact(fb::CommandIssuedT{}));
    REQUIRE(recorded.has_value());
    CHECK(appender->committed() == *recorded);
    CHECK(recorded->value == 2);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "what is folded live equals what a reopened log folds to") {
    steering();
    clock.set(at_s(60));
    given(fb::ReadingRecordedT(inverter.reading));
    const fold::State live = journal->state();
    reopen();
    CHECK(journal->state() == live);
    CHECK(fold::state_digest(journal->state()) == fold::state_digest(live));
  }

  TEST_CASE_FIXTURE(
      DaemonFixture,
      "a journal that opens at a fold snapshot holds what a fold from the start does") {
    steering();
    given(fb::ReadingRecordedT(inverter.reading));
    REQUIRE(appender->flush().has_value());
    const auto snapshot = log->snapshot();
    projections::FoldSnapshot fold;
    fold.log = snapshot->meta().uuid;
    fold.sequence = snapshot->head();
    fold.root = snapshot->meta().frontier.root();
    fold.state = journal->state();
    // A mark that no fold of this log would leave: it shows where the journal began.
    fold.state.site.name = "from the snapshot";
    REQUIRE(projections::FoldCache(home / "cache").write(fold).has_value());
    given(fb::SourceFailedT{});
    fold::State live = journal->state();
    reopen();
    live.site.name = "from the snapshot";
    CHECK(journal->state() == live);
    std::filesystem::remove_all(home / "cache");
    reopen();
    live.site.name.clear();
    CHECK(journal->state() == live);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "register writes of the last days are counted on behind a fold snapshot") {
    fb::CommandConfirmedT confirmed;
    confirmed.writes = 3;
    given(fb::CommandConfirmedT(confirmed));
    clock.set(at_s(3'600));
    given(fb::CommandConfirmedT(confirmed));
    REQUIRE(appender->flush().has_value());
    const auto snapshot = log->snapshot();
    REQUIRE(projections::FoldCache(home / "cache")
                .write({snapshot->meta().uuid,
                        snapshot->head(),
                        snapshot->meta().frontier.root(),
                        journal->state(),
                        {}})
                .has_value());
    given(fb::CommandConfirmedT(confirmed));
    REQUIRE(journal->writes_since(at_s(0)) == 9);
    reopen();
    CHECK(journal->writes_since(at_s(0)) == 9);
    CHECK(journal->writes_since(at_s(60)) == 6);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "a request told twice is recorded once and answered the same") {
    fb::EventT request = daemon::fact(fb::OverrideRequestedT{});
    request.correlation = std::make_unique<fb::Id128>(1, 2);
    const auto first = journal->record_request(request);
    const auto second = journal->record_request(request);
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK_FALSE(first->repeated);
    CHECK(second->repeated);
    CHECK(first->sequence == second->sequence);
    CHECK(count(Kind::OverrideRequested) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a clock a moment behind its own record does not lower recorded-at") {
    given(fb::SourceFailedT{});
    clock.set(at_s(-1));
    given(fb::SourceFailedT{});
    CHECK(journal->last_recorded_at() == at_s(0));
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "while a clock a week ahead is not believed, time stands still in the log") {
    given(fb::SourceFailedT{});
    clock.set(at_s(8 * 86'400));
    given(fb::SourceFailedT{});
    fb::EventT request = daemon::fact(fb::OverrideRequestedT{});
    request.occurred_at_us = to_us(clock.now());
    const auto asked = journal->record_request(std::move(request));
    REQUIRE_MESSAGE(asked.has_value(), asked.error().line());
    CHECK(journal->last_recorded_at() == at_s(0));
    REQUIRE(journal->step_clock(clock.now(), true).has_value());
    given(fb::SourceFailedT{});
    CHECK(journal->last_recorded_at() == at_s(8 * 86'400));
  }

  TEST_CASE_FIXTURE(DaemonFixture, "a clock step opens an epoch and lowers recorded-at") {
    given(fb::SourceFailedT{});
    clock.set(at_s(-3600));
    REQUIRE(journal->step_clock(clock.now(), true).has_value());
    given(fb::SourceFailedT{});
    CHECK(journal->last_recorded_at() == at_s(-3600));
    CHECK(count(Kind::ClockStepped) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a decision rests on the record before it, and its plan is recorded first") {
    steering();
    given(fb::ReadingRecordedT(inverter.reading));
    fb::PricesPublishedT prices;
    prices.kind = fb::PriceKind::day_ahead;
    auto series = std::make_unique<fb::SeriesT>();
    series->start_us = to_us(at_s(0));
    series->step_s = 900;
    series->values = {10'000'000, 90'000'000, 90'000'000, 90'000'000};
    prices.prices_e8.push_back(std::move(series));
    const Sequence told = given(std::move(prices));
    const auto decided = journal->decide(at_s(0), [](const auto&, const auto&) { return true; });
    REQUIRE(decided.has_value());
    REQUIRE(decided->sequence.has_value());
    CHECK(decided->judgement.decision.based_on == told.value);
    CHECK(decided->judgement.decision.rule == fb::Rule::cheapest_slots);
    CHECK(decided->judgement.decision.plan == told.value + 1);
    CHECK(decided->sequence->value == told.value + 2);
    // The same plan is not recorded again.
    REQUIRE(journal->decide(at_s(0), [](const auto&, const auto&) { return true; }).has_value());
    CHECK(count(Kind::PlanAdopted) == 1);
    CHECK(count(Kind::DecisionMade) == 2);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "a judgement that is not kept leaves no trace") {
    steering();
    const Sequence before = journal->state().through;
    const auto decided = journal->decide(at_s(0), [](const auto&, const auto&) { return false; });
    REQUIRE(decided.has_value());
    CHECK_FALSE(decided->sequence.has_value());
    CHECK(journal->state().through == before);
  }
}
