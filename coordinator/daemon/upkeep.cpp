#include "coordinator/daemon/upkeep.hpp"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace wattledger::daemon {
namespace {

using projections::Maintenance;

// Whether [hours of any day, of Sundays alone] lies in (from, to].
bool passed(LocalTime from, LocalTime to, std::chrono::hours at, bool sundays) {
  using std::chrono::days;
  for (auto day = std::chrono::floor<days>(from); day <= to; day += days(1)) {
    const bool counts = !sundays || std::chrono::weekday(day) == std::chrono::Sunday;
    if (counts && from < day + at && day + at <= to) return true;
  }
  return false;
}

}  // namespace

std::optional<Maintenance> UpkeepSchedule::due(LocalTime now, bool forced) {
  // A clock set by days is not walked through day by day.
  const bool steady = looked_at_ && now > *looked_at_ && now - *looked_at_ < std::chrono::hours(48);
  if (steady) {
    daily_ = daily_ || passed(*looked_at_, now, daily_at, false);
    weekly_ = weekly_ || passed(*looked_at_, now, weekly_at, true);
  }
  looked_at_ = now;
  if (forced || (!daily_ && !weekly_)) return std::nullopt;
  const Maintenance which = weekly_ ? Maintenance::weekly : Maintenance::daily;
  daily_ = weekly_ = false;
  return which;
}

Result<void> Upkeep::look(UtcTime now) {
  if (const auto done = thread_.maintained()) WATTLEDGER_TRY(finish(*done));
  if (started_) return {};
  const auto [local, forced] = journal_.with_state([&](const fold::State& state) {
    return std::pair(state.site.zone.to_local(now), fold::in_forced_mode(state.inverter, now));
  });
  const auto which = schedule_.due(local, forced);
  if (!which) return {};
  fb::ChangeStartedT change;
  change.verb = "maintain " + std::string(projections::maintenance_name(*which));
  const auto recorded = journal_.record(fact(std::move(change)), log::Urgency::telemetry);
  if (!recorded) return Failure(recorded.error());
  started_ = *recorded;
  thread_.maintain(*which);
  return {};
}

Result<void> Upkeep::finish(const ProjectionThread::Maintained& done) {
  const bool ok = done && *done && (*done)->ok();
  fb::ChangeFinishedT change;
  change.started = started_ ? started_->value : 0;
  started_.reset();
  change.result = ok ? fb::Result::succeeded : fb::Result::failed;
  change.detail = !done ? done.error().line() : *done ? (*done)->line() : "SQLite is not fed";
  const std::string detail = change.detail;
  const auto recorded = journal_.record(fact(std::move(change)), log::Urgency::telemetry);
  if (!recorded) return Failure(recorded.error());
  if (done && *done) finding_ = ok ? "ok" : detail;
  if (ok)
    spdlog::info("SQLite looked after: {} [{}]", detail, recorded->value);
  else
    spdlog::error("SQLite could not be looked after: {} [{}]", detail, recorded->value);
  return {};
}

}  // namespace wattledger::daemon
