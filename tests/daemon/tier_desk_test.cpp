// The daemon's own moving of old records.
#include "coordinator/daemon/tier_desk.hpp"

#include <thread>

#include "log/tiers.hpp"
#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

struct TierHouse : DaemonFixture {
  config::Config config;

  // One reading a second, enough of them for a segment and what must stay.
  TierHouse() {
    config.data = home.path();
    given(fb::ReadingRecordedT{});
    for (int i = 1; i <= 25'000; ++i)
      REQUIRE(appender
                  ->enqueue(*encode(event(at_s(i), fb::ReadingRecordedT{}, fb::Source::inverter)),
                            at_s(i), {log::Urgency::telemetry, {}})
                  .has_value());
    REQUIRE(appender->flush().has_value());
    reopen();
  }
  void look(daemon::TierDesk& desk, std::chrono::hours hour) {
    clock.set(at_s(25'000) + hour);
    REQUIRE(desk.look(clock.now()).has_value());
    while (desk.working()) std::this_thread::yield();
    REQUIRE(desk.look(clock.now()).has_value());
  }
  std::uint64_t first() { return log->snapshot()->meta().first.value; }
};

}  // namespace

TEST_SUITE("daemon/tier desk") {
  TEST_CASE_FIXTURE(TierHouse, "records of age go to a segment, and the log says so once") {
    daemon::TierDesk desk(config, *journal, *log, *lock);
    look(desk, std::chrono::hours(24));
    look(desk, std::chrono::hours(25));
    CHECK(first() == 1);  // a day old
    look(desk, std::chrono::hours(24 * 9));
    look(desk, std::chrono::hours(24 * 9 + 1));
    CHECK(first() > log::tier_records_min);
    CHECK(count(Kind::LogArchived) == 1);
    CHECK(last<fb::ChangeFinishedT>().result == fb::Result::succeeded);
    CHECK(log->snapshot()->at(Sequence{1}).has_value());
    look(desk, std::chrono::hours(24 * 10 + 2));
    CHECK(count(Kind::ChangeStarted) == 1);  // nothing more to move
    CHECK(desk.close().has_value());
  }

  TEST_CASE_FIXTURE(TierHouse, "a remote that fails leaves the segments here, and is recorded") {
    config.tiers.remote = "nowhere:house";
    daemon::TierDesk desk(config, *journal, *log, *lock);
    look(desk, std::chrono::hours(24 * 9));
    look(desk, std::chrono::hours(24 * 9 + 1));
    CHECK(count(Kind::LogArchived) == 1);
    look(desk, std::chrono::hours(24 * 100));
    look(desk, std::chrono::hours(24 * 100 + 1));
    CHECK(last<fb::ChangeFinishedT>().result == fb::Result::failed);
    CHECK(log->snapshot()->at(Sequence{1}).has_value());
    CHECK(desk.close().has_value());
  }
}
