// The third law: what the projections hold after any run of appending, crashing and restarting is
// what one rebuild gives.
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Results.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "projections/live/live_projections.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/projections/imported_batch.hpp"
#include "tests/support/preloaded.hpp"

namespace wattledger::projections {
namespace {

using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;

enum class Tell {
  reading,
  poor_reading,
  standing,
  decision,
  state,
  policy,
  prices,
  charging,
  selling,
  plan,
  fault,
  operation,
  forecast,
  clock,
  import
};

// One event and the seconds before it.
struct Step {
  Tell tell = Tell::reading;
  std::int64_t seconds = 0;
  int value = 0;
};

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << static_cast<int>(step.tell) << "+" << step.seconds << "s/" << step.value;
}

// Mostly minutes; sometimes hours, so that days turn and retention cuts; several events may share
// an instant.
rc::Gen<Step> any_step() {
  const auto seconds =
      rc::gen::weightedOneOf<std::int64_t>({{1, rc::gen::just<std::int64_t>(0)},
                                            {8, rc::gen::inRange<std::int64_t>(1, 600)},
                                            {2, rc::gen::inRange<std::int64_t>(600, 7'200)},
                                            {1, rc::gen::inRange<std::int64_t>(7'200, 400'000)}});
  const auto tell = rc::gen::weightedElement<Tell>({{10, Tell::reading},
                                                    {1, Tell::poor_reading},
                                                    {1, Tell::standing},
                                                    {3, Tell::decision},
                                                    {1, Tell::state},
                                                    {1, Tell::policy},
                                                    {1, Tell::prices},
                                                    {2, Tell::charging},
                                                    {2, Tell::selling},
                                                    {1, Tell::plan},
                                                    {1, Tell::fault},
                                                    {2, Tell::operation},
                                                    {2, Tell::forecast},
                                                    {1, Tell::clock},
                                                    {1, Tell::import}});
  return rc::gen::build<Step>(rc::gen::set(&Step::tell, tell),
                              rc::gen::set(&Step::seconds, seconds),
                              rc::gen::set(&Step::value, rc::gen::inRange(0, 10'000)));
}

void tell_policy(HouseLog& house, UtcTime at, int value) {
  fold::PolicySettings settings;
  settings.energy_row_every = std::chrono::seconds(60 + value % 600);
  settings.state_row_every = std::chrono::seconds(10 + value % 100);
  fb::PolicyAdoptedT policy;
  policy.text = fold::render_policy(settings);
  policy.digest = std::make_unique<fb::Digest256>();
  house.tell(at, policy);
}

void tell_prices(HouseLog& house, UtcTime at, int value) {
  auto slots = std::make_unique<fb::SeriesT>();
  slots->start_us = to_us(std::chrono::floor<std::chrono::hours>(at)) - 3'600'000'000;
  slots->step_s = value % 2 == 0 ? 900 : 3'600;
  for (int i = 0; i < 40; ++i) slots->values.push_back((i * value) % 100'000'000 - 5'000'000);
  fb::PricesPublishedT published;
  published.provider = "test";
  published.kind = fb::PriceKind::day_ahead;
  published.prices_e8.push_back(std::move(slots));
  house.tell(at, std::move(published));
}

// Few names, so that their changes meet, in any order.
std::string session_name(int value) { return std::to_string(value % 3); }
fb::SessionChange any_change(int value) { return static_cast<fb::SessionChange>(value / 3 % 6); }

template <class Session>
void tell_session(HouseLog& house, UtcTime at, int value, Session fact) {
  fact.session = session_name(value);
  fact.change = any_change(value);
  if (value % 2 == 0) fact.started_us = to_us(at) - 1'800'000'000;
  if (value % 5 == 0) fact.ended_us = to_us(at);
  fact.start_soc_bp = std::uint16_t{9'000};
  fact.end_soc_bp = static_cast<std::uint16_t>(value);
  house.tell(at, fact);
}

void tell_plan(HouseLog& house, UtcTime at, int value) {
  fb::DailyPlanChangedT plan;
  plan.day = static_cast<std::int32_t>(to_us(at) / 86'400'000'000);
  auto session = std::make_unique<fb::PlannedSessionT>();
  session->session = session_name(value);
  session->start_us = to_us(at);
  session->end_us = to_us(at) + 3'600'000'000;
  plan.sessions.push_back(std::move(session));
  house.tell(at, std::move(plan));
}

// Raised and cleared, commanded and answered, by whatever number comes.
void tell_fault(HouseLog& house, UtcTime at, int value) {
  const auto earlier = static_cast<std::uint64_t>(value % 50);
  switch (value % 4) {
    case 0: {
      fb::FaultRaisedT fact;
      fact.fault = fb::Fault::grid_voltage;
      house.tell(at, fact);
      return;
    }
    case 1: {
      fb::FaultClearedT fact;
      fact.fault = fb::Fault::grid_voltage;
      if (value % 3 == 0) fact.raised = earlier;
      house.tell(at, fact);
      return;
    }
    case 2:
      house.tell(at, fb::CommandIssuedT());
      return;
    default: {
      fb::CommandConfirmedT fact;
      fact.command = earlier;
      house.tell(at, fact);
      return;
    }
  }
}

// Changes, backups and drills by few names, in any order; what the daemon measures of itself.
void tell_operation(HouseLog& house, UtcTime at, int value) {
  switch (value % 5) {
    case 0: {
      fb::ChangeStartedT fact;
      fact.change =
          std::make_unique<fb::Id128>(to_fb(Id128{{static_cast<std::uint8_t>(value / 5 % 3)}}));
      fact.verb = "replay";
      house.tell(at, std::move(fact));
      return;
    }
    case 1: {
      fb::ChangeFinishedT fact;
      fact.change =
          std::make_unique<fb::Id128>(to_fb(Id128{{static_cast<std::uint8_t>(value / 5 % 3)}}));
      fact.result = fb::Result::succeeded;
      if (value % 3 == 0) fact.started = static_cast<std::uint64_t>(value % 50);
      house.tell(at, std::move(fact));
      return;
    }
    case 2: {
      fb::BackupTakenT fact;
      if (value % 7 != 0) fact.backup = session_name(value);
      house.tell(at, std::move(fact));
      return;
    }
    case 3: {
      fb::BackupDrilledT fact;
      if (value % 7 != 0) fact.backup = session_name(value / 2);
      fact.differences = static_cast<std::uint64_t>(value);
      house.tell(at, std::move(fact));
      return;
    }
    default:
      house.tell(at, fb::SystemMeasuredT());
      return;
  }
}

// A reading that says what those before it said, voltage and all.
void tell_standing(HouseLog& house, UtcTime at) {
  fb::ReadingRecordedT reading;
  reading.battery_soc_bp = std::uint16_t{5'000};
  reading.pv_power_w = 900;
  reading.load_power_w = 400;
  reading.grid_l1_voltage_mv = 231'000;
  house.tell(at, reading);
}

// Of PV or load, by one of three, for the next day and before.
template <class Forecast>
void tell_forecast(HouseLog& house, UtcTime at, int value, Forecast fact) {
  fact.provider = session_name(value);
  auto power = std::make_unique<fb::SeriesT>();
  power->start_us = to_us(std::chrono::floor<std::chrono::hours>(at)) - value % 3 * 3'600'000'000;
  power->step_s = value % 5 == 0 ? 3'600 : 900;
  for (int i = 0; i < 100; ++i) power->values.push_back(i * value % 3'000);
  power->absent.push_back(static_cast<std::uint16_t>(value % 100));
  fact.power_w.push_back(std::move(power));
  house.tell(at, std::move(fact));
}

void tell(HouseLog& house, UtcTime at, const Step& step) {
  switch (step.tell) {
    case Tell::reading:
      house.tell_reading(at, static_cast<std::uint16_t>(step.value), step.value);
      return;
    case Tell::poor_reading: {
      fb::ReadingRecordedT reading;
      reading.quality = step.value % 2 == 0 ? fb::Quality::implausible : fb::Quality::partial;
      house.tell(at, reading);
      return;
    }
    case Tell::decision:
      house.tell_decision(at, step.value % 2 == 0 ? fb::Action::charge : fb::Action::self_use);
      return;
    case Tell::state:
      house.tell_state(
          at, step.value % 2 == 0 ? fb::CoordinatorState::error : fb::CoordinatorState::monitoring);
      return;
    case Tell::policy:
      tell_policy(house, at, step.value);
      return;
    case Tell::prices:
      tell_prices(house, at, step.value);
      return;
    case Tell::charging: {
      fb::ChargingSessionChangedT fact;
      fact.energy_mwh = step.value * 1'000;
      tell_session(house, at, step.value, fact);
      return;
    }
    case Tell::selling: {
      fb::SellingSessionChangedT fact;
      fact.exported_mwh = step.value * 1'000;
      fact.revenue_e8 = step.value * 10'000;
      tell_session(house, at, step.value, fact);
      return;
    }
    case Tell::plan:
      tell_plan(house, at, step.value);
      return;
    case Tell::fault:
      tell_fault(house, at, step.value);
      return;
    case Tell::operation:
      tell_operation(house, at, step.value);
      return;
    case Tell::forecast:
      if (step.value % 2 == 0)
        tell_forecast(house, at, step.value / 2, fb::PvForecastIssuedT());
      else
        tell_forecast(house, at, step.value / 2, fb::LoadForecastIssuedT());
      return;
    case Tell::import:
      testing::ImportedBatch(house, at, step.value).tell();
      return;
    case Tell::clock:
    case Tell::standing:
      return;  // live_equals_replayed() moves its time
  }
}

// Back by seconds up to some weeks, mostly by hours and days.
UtcTime set_back(HouseLog& house, UtcTime now, int value) {
  const UtcTime back = now - std::chrono::seconds(std::int64_t{value} * value / 30 + 1);
  house.tell_clock_set(back, now);
  return back;
}

// The live side: now and then it looks, settles, or ends without a word and starts again with other
// batches; or a process of its own feeds in its place, and is killed at some change of a file.
class LiveSide {
 public:
  LiveSide(HouseLog& house, const std::filesystem::path& data) : house_(house) {
    std::filesystem::create_directories(data);
    options_.data = std::filesystem::canonical(data);
    options_.json = true;
    options_.json_selling_files = *rc::gen::arbitrary<bool>();
  }
  [[nodiscard]] bool selling_files() const { return options_.json_selling_files; }
  void maybe_act() {
    const int act = *rc::gen::inRange(0, 12);
    if (act > 3) return;
    house_.flush();
    if (act == 0) live_.reset();
    if (act == 3) feed_and_be_killed();
    ensure_running();
    must(live_->catch_up());
    if (act == 1) must(live_->settle());
  }
  void finish() {
    house_.flush();
    ensure_running();
    must(live_->catch_up());
    must(live_->settle());
  }

 private:
  void ensure_running() {
    if (live_) return;
    options_.batch_events_max = *rc::gen::inRange<std::size_t>(1, 40);
    live_.emplace(house_.log(), options_);
    const LiveStart started = must(live_->start());
    for (const TargetReport& report : started.targets)
      RC_ASSERT(report.standing == TargetStanding::empty ||
                report.standing == TargetStanding::behind ||
                report.standing == TargetStanding::current);
  }
  // In most runs at one of its changes; in some it gets to its end.
  void feed_and_be_killed() {
#ifdef WATTLEDGER_KILLER
    live_.reset();
    const int at = *rc::gen::inRange(1, 150);
    const int batch = *rc::gen::inRange(1, 40);
    const testing::Ran ran =
        testing::run_preloaded(WATTLEDGER_KILLER,
                               {"WATTLEDGER_KILL_UNDER=" + options_.data.string(),
                                "WATTLEDGER_KILL_AT=" + std::to_string(at)},
                               WATTLEDGER_LIVE_FEEDER,
                               {house_.log().directory().string(), options_.data.string(),
                                std::to_string(batch), options_.json_selling_files ? "yes" : "no"});
    RC_LOG() << ran.err;
    RC_ASSERT(ran.code == 0 || ran.code == 128 + SIGKILL);
    RC_CLASSIFY(ran.code != 0, "killed");
#endif
  }
  HouseLog& house_;
  LiveOptions options_;
  std::optional<LiveProjections> live_;
};

void live_equals_replayed() {
  const MemoryDirectory directory;
  HouseLog house(directory / "log");
  LiveSide live(house, directory / "live");
  // From some hours before the repeated hour of autumn, or the one that spring leaves out.
  const UtcTime change = *rc::gen::element(HouseLog::autumn_change(), HouseLog::spring_change());
  UtcTime now = change - std::chrono::hours(*rc::gen::inRange(0, 30));
  house.tell_site(now);
  const auto steps = *rc::gen::scale(2.0, rc::gen::container<std::vector<Step>>(any_step()));
  for (const Step& step : steps) {
    now += std::chrono::seconds(step.seconds);
    if (step.tell == Tell::clock)
      now = set_back(house, now, step.value);
    else if (step.tell == Tell::standing)
      for (int i = 0; i < 8; ++i, now += std::chrono::seconds(50)) tell_standing(house, now);
    else
      tell(house, now, step);
    live.maybe_act();
  }
  live.finish();

  StageOptions rebuilt;
  rebuilt.json_selling_files = live.selling_files();
  rebuilt.directory = directory / "rebuilt";
  must(stage(house.log(), rebuilt));
  const auto differences = must(compare(directory / "live", directory / "rebuilt"));
  for (const Difference& each : differences) RC_LOG() << each.place << ": " << each.what << "\n";
  RC_ASSERT(differences.empty());
}

}  // namespace

TEST_SUITE("projections") {
  TEST_CASE("live equals replayed: any history, any batches, any restarts, any kill") {
    // Each history costs a log, two SQLite files and their flushes to the disk: fewer than
    // rapidcheck's hundred.
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    params.maxSuccess = std::min(params.maxSuccess, 20);
    const auto result =
        rc::detail::checkTestable(live_equals_replayed, rc::detail::TestMetadata{}, params);
    rc::detail::printResultMessage(result, std::cerr);
    std::cerr << '\n';
    CHECK(result.is<rc::detail::SuccessResult>());
  }

  TEST_CASE("an import's documents stay when a house begins behind it, in a replay as well") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    const UtcTime now = HouseLog::autumn_change();
    constexpr int with_price_cache = 2;
    testing::ImportedBatch(house, now, with_price_cache).tell();
    std::filesystem::create_directories(directory / "live");
    LiveOptions options;
    options.data = std::filesystem::canonical(directory / "live");
    options.json = true;
    LiveProjections live(house.log(), options);
    house.flush();
    must(live.start());
    must(live.catch_up());
    house.tell_state(now + std::chrono::seconds(1), fb::CoordinatorState::monitoring);
    house.flush();
    must(live.catch_up());
    must(live.settle());
    // Until it tells prices of its own.
    CHECK(std::filesystem::exists(directory / "live" / "data" / "price_cache.json"));
    StageOptions rebuilt;
    rebuilt.directory = directory / "rebuilt";
    must(stage(house.log(), rebuilt));
    const auto differences = must(compare(directory / "live", directory / "rebuilt"));
    for (const Difference& each : differences) MESSAGE(each.place << ": " << each.what);
    CHECK(differences.empty());
  }
}

}  // namespace wattledger::projections
