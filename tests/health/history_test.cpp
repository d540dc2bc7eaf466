// What health takes from the log.
#include "coordinator/health/history.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::health;
using namespace wattledger::testing;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

struct Past {
  HealthHistory history;
  std::uint64_t sequence = 0;
  bool older = false;

  template <class FactT>
  std::uint64_t add(std::int64_t second, FactT fact, fb::Source source = fb::Source::daemon) {
    const auto encoded = encode(event(at_s(second), std::move(fact), source));
    REQUIRE(encoded.has_value());
    const auto view = encoded->view();
    REQUIRE(view.has_value());
    ++sequence;
    if (older)
      history.take_older(Sequence{sequence}, at_s(second), *view);
    else
      history.take(Sequence{sequence}, at_s(second), *view);
    return sequence;
  }
  void backup(std::int64_t second, const std::string& id, bool ok) {
    fb::BackupTakenT taken;
    taken.backup = id;
    taken.result = ok ? fb::Result::succeeded : fb::Result::failed;
    if (!ok) taken.detail = "no space";
    taken.root = std::make_unique<fb::Digest256>();
    add(second, std::move(taken), fb::Source::tool);
  }
  void verified(std::int64_t second, const std::string& verb, fb::Result result) {
    fb::ChangeStartedT started;
    started.verb = verb;
    fb::ChangeFinishedT finished;
    finished.started = add(second, std::move(started), fb::Source::tool);
    finished.result = result;
    add(second + 5, std::move(finished), fb::Source::tool);
  }
  HealthFacts told(std::int64_t second, bool running = true) const {
    HealthFacts facts;
    facts.daemon.running = running;
    history.tell(facts, at_s(second));
    return facts;
  }
};

}  // namespace

TEST_SUITE("health/history") {
  TEST_CASE("uptime is the time between a start and a stop; a killed one ran to its last record") {
    Past past;
    past.add(0, fb::CoordinatorStartedT{});
    past.add(1'000, fb::CoordinatorStoppedT{});
    past.add(1'500, fb::OverrideRequestedT{}, fb::Source::owner);  // by the tool: nobody ran
    past.add(2'000, fb::CoordinatorStartedT{});
    past.add(2'600, fb::ReadingRecordedT{});  // … and was killed
    past.add(4'000, fb::CoordinatorStartedT{});
    const HealthFacts facts = past.told(4'400);
    CHECK(facts.figures.span == seconds(4'400));
    CHECK(facts.figures.up == seconds(1'000 + 600 + 400));
    CHECK(past.told(4'400, /*running=*/false).figures.up == seconds(1'600));
  }

  TEST_CASE("of a clock that is set back no time is counted twice or taken away") {
    Past past;
    past.add(10'000, fb::CoordinatorStartedT{});
    past.add(10'500, fb::ReadingRecordedT{});
    past.add(9'000, fb::ClockSteppedT{});
    past.add(9'100, fb::CoordinatorStoppedT{});
    CHECK(past.told(20'000, false).figures.up == seconds(500));
  }

  TEST_CASE("uptime and backups are those of the last 30 days") {
    Past past;
    past.add(0, fb::CoordinatorStartedT{});
    past.backup(3'600, "old", false);
    past.backup(20 * 86'400, "b1", true);
    past.backup(21 * 86'400, "", false);
    past.backup(22 * 86'400, "b2", true);
    const HealthFacts facts = past.told(40 * 86'400);
    CHECK(facts.figures.span == seconds(30 * 86'400));
    CHECK(facts.figures.up == seconds(30 * 86'400));
    CHECK(facts.figures.backups == 3);
    CHECK(facts.figures.backups_ok == 2);
    CHECK(facts.backup->succeeded == "b2");
    CHECK(facts.backup->succeeded_at == at_s(22 * 86'400));
    CHECK(facts.backup->failed_at == at_s(21 * 86'400));
    CHECK(facts.backup->failure == "no space");
  }

  TEST_CASE("a verification is one that was recorded, or a drill that went well") {
    Past past;
    past.verified(0, "maintain daily", fb::Result::succeeded);
    CHECK_FALSE(past.told(10).verify->succeeded_at.has_value());
    past.verified(100, "log verify", fb::Result::failed);
    CHECK(past.told(200).verify->failed_at == at_s(105));
    past.verified(300, "log verify", fb::Result::succeeded);
    CHECK(past.told(400).verify->succeeded_at == at_s(305));
    CHECK_FALSE(past.told(400).drill->succeeded_at.has_value());
    fb::BackupDrilledT drill;
    drill.backup = "b1";
    drill.result = fb::Result::succeeded;
    past.add(500, std::move(drill), fb::Source::tool);
    CHECK(past.told(600).drill->succeeded_at == at_s(500));
    CHECK(past.told(600).verify->succeeded == "by the drill of b1");
  }

  TEST_CASE("older records tell what newer ones do not, and never replace them") {
    Past past;
    past.backup(1'000'000, "b2", true);
    CHECK(past.history.wants_older());
    past.older = true;
    past.backup(500'000, "b1", true);
    past.verified(400'000, "log verify", fb::Result::succeeded);
    fb::BackupDrilledT drill;
    drill.backup = "b0";
    drill.result = fb::Result::succeeded;
    past.add(300'000, std::move(drill));
    CHECK_FALSE(past.history.wants_older());
    const HealthFacts facts = past.told(1'000'100);
    CHECK(facts.backup->succeeded == "b2");
    CHECK(facts.drill->succeeded == "b0");
    CHECK(facts.verify->succeeded == "log verify");
    CHECK(facts.figures.backups == 1);
  }

  TEST_CASE("a source fails from its SourceFailed on until it is said to have recovered") {
    Past past;
    fb::SourceFailedT failed;
    failed.provider = "pse";
    failed.detail = "no route";
    past.add(10, std::move(failed));
    failed = {};
    failed.provider = "open-meteo";
    past.add(20, std::move(failed));
    fb::SourceRecovered2T recovered;
    recovered.provider = "open-meteo";
    past.add(30, std::move(recovered));
    const HealthFacts facts = past.told(40);
    REQUIRE(facts.sources->failing.size() == 1);
    CHECK(facts.sources->failing[0].provider == "pse");
    CHECK(facts.sources->failing[0].since == at_s(10));
  }

  TEST_CASE("the newest measurement and the inverter's clock are kept; absent stays absent") {
    Past past;
    fb::ReadingRecordedT reading;
    reading.inverter_clock_offset_s = -7;
    past.add(0, std::move(reading));
    past.add(10, fb::ReadingRecordedT{});
    fb::SystemMeasuredT measured;
    measured.resident_bytes = 5'000;
    past.add(20, std::move(measured));
    const HealthFacts facts = past.told(30);
    CHECK(facts.clock->inverter_off == seconds(-7));
    REQUIRE(facts.figures.measured.has_value());
    CHECK(facts.figures.measured->resident_bytes == 5'000U);
    CHECK_FALSE(facts.figures.measured->cpu_ms.has_value());
  }
}
