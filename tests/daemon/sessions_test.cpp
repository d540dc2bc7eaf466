// Sessions as the tick records them: when, in which order, and on which readings.
#include "coordinator/daemon/tick.hpp"
#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// A battery that is nearly empty, so that it charges without a price.
struct SessionFixture : DaemonFixture {
  daemon::PriceFeed prices;
  std::unique_ptr<daemon::Tick> tick;

  SessionFixture() {
    start();
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(300);
    inverter.reading.battery_power_w = -4'000;
    inverter.reading.grid_power_w = -4'400;
    meter(0);
    inverter.while_polled = [this] {
      if (!inverter.wishes.empty()) inverter.reading.forced_mode = inverter.wishes.back().mode;
    };
  }
  void start() {
    tick = std::make_unique<daemon::Tick>(*journal, inverter, prices,
                                          daemon::TickCadence{std::chrono::seconds(60)});
  }
  void meter(std::int64_t wh) {
    inverter.reading.battery_charge_total_mwh = 7'000'000 + wh * 1'000;
    inverter.reading.import_total_mwh = 90'000'000 + wh * 1'100;
  }
  void run_at(std::int64_t seconds) {
    clock.set(at_s(seconds));
    const auto ran = tick->run(clock.now());
    REQUIRE_MESSAGE(ran.has_value(), ran.error().line());
  }
  fb::SessionChange told() { return last<fb::ChargingSessionChangedT>().change; }
  std::size_t count() { return DaemonFixture::count(Kind::ChargingSessionChanged); }
  UtcTime last_reading() { return journal->state().reading->at; }
};

}  // namespace

TEST_SUITE("daemon/sessions") {
  TEST_CASE_FIXTURE(SessionFixture, "a charge from its beginning to its end, by the meter") {
    steering();
    run_at(0);
    // The reading before the command shows a charge too, which is not ours.
    CHECK(count() == 0);
    run_at(10);
    CHECK(count() == 1);
    CHECK(told() == fb::SessionChange::started);
    CHECK(last<fb::ChargingSessionChangedT>().started_us == to_us(at_s(10)));
    for (int at = 20; at <= 890; at += 10) {
      meter(at);
      run_at(at);
    }
    CHECK(count() == 1);
    CHECK(last_reading() < at_s(890));
    meter(900);
    run_at(900);
    CHECK(count() == 2);
    CHECK(told() == fb::SessionChange::progressed);
    CHECK(last_reading() == at_s(900));  // at a slot's boundary, whatever the cadence
    CHECK(last<fb::ChargingSessionChangedT>().energy_mwh == 900'000);
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(1'200);
    meter(960);
    run_at(960);
    CHECK(count() == 3);
    const auto ended = last<fb::ChargingSessionChangedT>();
    CHECK(ended.change == fb::SessionChange::completed);
    CHECK(ended.reason == "its target of 12 % is reached");
    CHECK(ended.energy_mwh == 960'000);
    CHECK(ended.grid_energy_mwh == 960'000);
    CHECK_FALSE(ended.cost_e8.has_value());  // no price was known
    CHECK(ended.unpriced_s == 950U);
    CHECK(ended.unmetered_s == 0U);
    run_at(1'800);
    CHECK(count() == 3);
  }

  TEST_CASE_FIXTURE(SessionFixture, "a daemon that starts goes on with the charge that it finds") {
    steering();
    run_at(0);
    run_at(10);
    const std::string name = last<fb::ChargingSessionChangedT>().session;
    tick.reset();
    reopen();
    start();
    meter(500);
    run_at(500);
    CHECK(count() == 1);
    meter(900);
    run_at(900);
    CHECK(count() == 2);
    const auto told = last<fb::ChargingSessionChangedT>();
    CHECK(told.session == name);
    CHECK(told.change == fb::SessionChange::progressed);
    CHECK(told.energy_mwh == 900'000);
    CHECK(told.unmetered_s == 0U);
  }

  TEST_CASE_FIXTURE(SessionFixture, "what is only advised never begins") {
    steering(fb::ControlMode::advise);
    for (int at = 0; at <= 1'000; at += 10) run_at(at);
    CHECK(journal->state().decision->action == fb::Action::charge);
    CHECK(count() == 0);
  }

  TEST_CASE_FIXTURE(SessionFixture,
                    "an inverter that falls silent: the charge ends with the end that it carries") {
    steering();
    run_at(0);
    run_at(10);
    inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
    for (int at = 20; at < 3'600; at += 60) run_at(at);
    CHECK(journal->state().decision->rule == fb::Rule::data_stale);
    CHECK(journal->state().sessions.charge.has_value());
    run_at(3'600);
    CHECK_FALSE(journal->state().sessions.charge.has_value());
    const auto ended = last<fb::ChargingSessionChangedT>();
    CHECK(ended.ended_us == to_us(at_s(3'600)));
    CHECK(ended.change == fb::SessionChange::failed);
    CHECK(ended.reason == "the inverter did not answer before its end");
    CHECK_FALSE(ended.energy_mwh.has_value());
    CHECK_FALSE(ended.end_soc_bp.has_value());
    CHECK(ended.unmetered_s == 3'590U);
  }
}
