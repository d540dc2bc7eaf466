// A journal on a log of its own, a clock that the test sets, an inverter that does what it is told
// to.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "coordinator/daemon/journal.hpp"
#include "coordinator/inverter/inverter.hpp"
#include "log/appender.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

// Time passes only when the test, or a sleep, says so. Read from any thread.
class HandClock : public daemon::Clock {
 public:
  explicit HandClock(UtcTime now) : now_(now) {}
  [[nodiscard]] UtcTime now() const override { return now_; }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(slept_.load());
  }
  void sleep_until(UtcTime time) override {
    const UtcTime before = now_;
    if (time <= before) return;
    slept_ = slept_.load() + (time - before);
    now_ = time;
  }
  void wake() override {}
  [[nodiscard]] bool synchronised() const override { return synchronised_; }
  [[nodiscard]] bool simulated() const override { return false; }
  void set(UtcTime now) { now_ = now; }
  void set_synchronised(bool value) { synchronised_ = value; }

 private:
  std::atomic<UtcTime> now_;
  std::atomic<std::chrono::microseconds> slept_{std::chrono::microseconds(0)};
  std::atomic<bool> synchronised_ = true;
};

// Answers with what the test put there; remembers what it was wished.
class HandInverter : public inverter::Inverter {
 public:
  std::optional<Error> trouble;  // every call fails with it
  fb::ReadingRecordedT reading;
  std::vector<inverter::Wish> wishes;
  int released = 0;
  std::chrono::seconds clock_off{0};
  bool clock_stuck = false;
  int clocks_set = 0;
  std::function<void()> while_polled;
  bool settings_unreadable = false;
  bool deaf = false;      // acknowledges a release and does not do it
  bool tells_end = true;  // of a forced mode, as units with eco groups do

  Result<inverter::Device> identify() override {
    if (trouble) return Failure(*trouble);
    return inverter::Device{"GW10K-ET", "9010KETU00TEST01", "1", Watts(10'000)};
  }
  Result<fb::ReadingRecordedT> poll(UtcTime, const ZoneOffsets&) override {
    if (while_polled) while_polled();
    if (trouble) return Failure(*trouble);
    return reading;
  }
  Result<inverter::ControlState> control_state(UtcTime, const ZoneOffsets&) override {
    return state();
  }
  Result<std::vector<std::pair<std::uint16_t, std::vector<std::uint16_t>>>> settings() override {
    if (trouble) return Failure(*trouble);
    if (settings_unreadable) return fail(ErrorKind::rejected, "busy");
    return std::vector<std::pair<std::uint16_t, std::vector<std::uint16_t>>>{{47000, {0}}};
  }
  Result<inverter::ControlState> apply(const inverter::Wish& wish, UtcTime,
                                       const ZoneOffsets&) override {
    wishes.push_back(wish);
    if (trouble) return Failure(*trouble);
    let_go_ = false;
    writes_ += 3;
    return state();
  }
  Result<void> release() override {
    ++released;
    if (trouble) return Failure(*trouble);
    writes_ += 3;
    let_go_ = !deaf;
    return {};
  }
  Result<std::chrono::seconds> clock_offset(UtcTime, const ZoneOffsets&) override {
    return clock_off;
  }
  Result<void> set_clock(UtcTime, const ZoneOffsets&) override {
    ++clocks_set;
    if (!clock_stuck) clock_off = std::chrono::seconds(0);
    return {};
  }
  [[nodiscard]] std::uint32_t writes() const override { return writes_; }

 private:
  [[nodiscard]] inverter::ControlState state() const {
    inverter::ControlState found;
    if (wishes.empty() && !let_go_) return found;
    found.mode = let_go_ ? fb::InverterMode::general : wishes.back().mode;
    if (found.mode == fb::InverterMode::general) return found;
    found.power = wishes.back().power;
    found.target_soc = wishes.back().target_soc;
    if (tells_end) found.until = wishes.back().until;
    return found;
  }
  std::uint32_t writes_ = 0;
  bool let_go_ = false;
};

inline fb::DecisionMadeT charge_decision(UtcTime until) {
  fb::DecisionMadeT decision;
  decision.action = fb::Action::charge;
  decision.power_w = 4'000;
  decision.target_soc_bp = static_cast<std::uint16_t>(9'000);
  decision.until_us = to_us(until);
  return decision;
}

struct DaemonFixture {
  TemporaryDirectory home;
  HandClock clock{at_s(0)};
  HandInverter inverter;
  std::optional<log::Log> log;
  std::optional<log::WriterLock> lock;
  std::optional<log::Appender> appender;
  std::unique_ptr<daemon::Journal> journal;

  DaemonFixture() {
    log.emplace(std::move(*log::Log::create(home / "log", {})));
    open();
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(5'000);
    inverter.reading.forced_mode = fb::InverterMode::general;
  }
  void open() {
    lock.emplace(std::move(*log::WriterLock::take(home / "log", "test")));
    appender.emplace(std::move(*log::Appender::open(*log, *lock, {})));
    journal = std::move(*daemon::Journal::open(*log, *appender, clock, fb::Source::daemon,
                                               projections::FoldCache(home / "cache")));
  }
  void reopen() {
    journal.reset();
    appender.reset();
    lock.reset();
    open();
  }
  template <class FactT>
  Sequence given(FactT native) {
    const auto recorded = journal->record(daemon::fact(std::move(native)), log::Urgency::now);
    REQUIRE_MESSAGE(recorded.has_value(), recorded.error().line());
    return *recorded;
  }
  // A house with its policy, steered or not, whose settings were found before us.
  void steering(fb::ControlMode mode = fb::ControlMode::on) {
    given(fb::InverterSettingsFoundT{});
    fb::CoordinatorStartedT started;
    started.control_mode = mode;
    given(std::move(started));
    fb::PolicyAdoptedT policy;
    policy.text = fold::render_policy({});
    policy.digest = std::make_unique<fb::Digest256>(to_fb(fold::text_digest(policy.text)));
    given(std::move(policy));
  }
  // How many facts of this kind the log holds.
  std::size_t count(Kind kind) {
    REQUIRE(appender->flush().has_value());
    const auto snapshot = log->snapshot();
    std::size_t found = 0;
    REQUIRE(snapshot
                ->scan(snapshot->first(), snapshot->head(),
                       [&](const log::RecordView& record) -> Result<bool> {
                         found += record.event.kind() == kind ? 1U : 0U;
                         return true;
                       })
                .has_value());
    return found;
  }
  // The newest fact of this kind.
  template <class FactT>
  FactT last() {
    REQUIRE(appender->flush().has_value());
    const auto snapshot = log->snapshot();
    std::optional<FactT> found;
    REQUIRE(snapshot
                ->scan(snapshot->first(), snapshot->head(),
                       [&](const log::RecordView& record) -> Result<bool> {
                         if (const auto* fact = record.event.as<typename FactT::TableType>()) {
                           found.emplace();
                           fact->UnPackTo(&*found);
                         }
                         return true;
                       })
                .has_value());
    REQUIRE(found.has_value());
    return *std::move(found);
  }
};

}  // namespace wattledger::testing
