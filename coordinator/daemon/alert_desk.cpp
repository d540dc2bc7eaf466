#include "coordinator/daemon/alert_desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "projections/damage.hpp"

namespace wattledger::daemon {
namespace {

bool is_backup(Kind kind) { return kind == Kind::BackupTaken || kind == Kind::BackupDrilled; }

// The fact that each fault of the fold is to alerts; nullptr for those that no owner is told of.
std::optional<std::string>* told_as(fb::Fault fault, alerts::Facts& facts) {
  switch (fault) {
    case fb::Fault::battery_voltage:
    case fb::Fault::battery_temperature:
    case fb::Fault::grid_voltage:
    case fb::Fault::inverter_error:
    case fb::Fault::register_writes_excessive:
      return &facts.safety_fault;
    case fb::Fault::inverter_silent:
      return &facts.inverter_fault;
    case fb::Fault::clock_unreliable:
      return &facts.clock_fault;
    case fb::Fault::log_damaged:
      return &facts.log_fault;
    case fb::Fault::unknown:
    case fb::Fault::command_not_applied:
    case fb::Fault::projection_stopped:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

AlertDesk::AlertDesk(const config::Config& config, Journal& journal, const log::Log& log)
    : config_(config),
      journal_(journal),
      log_(log),
      crashed_(
          journal.with_state([](const fold::State& state) { return state.coordinator.running; })) {}

Result<void> AlertDesk::look(UtcTime now, const Seen& seen) {
  if (!started_) {
    WATTLEDGER_TRY(recollect(now));
    started_ = now;
  }
  started_ = std::min(*started_, now);  // the clock was set back
  WATTLEDGER_TRY(take_new());
  alerts::Facts facts;
  facts.now = now;
  facts.started = *started_;
  facts.crashed = crashed_;
  facts.disk_free = seen.disk_free;
  facts.disk_free_min = config_.health.disk_free_min;
  facts.database_finding = seen.database_finding;
  facts.backups = backups_.backups();
  facts.backups.wanted = config_.backup.enabled;
  facts.backups.since = backups_since_;
  take_state(facts);
  if (seen.live != nullptr) take_projections(*seen.live, facts);
  for (const alerts::News& news : judge_.look(facts)) WATTLEDGER_TRY(tell(news));
  return {};
}

// What stands, and the backups, as the log's last weeks have them. Where damage keeps the search
// from answering, every record that can be read is looked at.
Result<void> AlertDesk::recollect(UtcTime now) {
  const auto snapshot = log_.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const UtcTime from = now - alerts_looked_back;
  alerts::History told;
  bool restored = false;  // since the log was last begun on, or ended
  bool restored_before = false;
  const auto take = [&](const log::RecordView& record) -> Result<bool> {
    if (record.event.occurred_at() < from) return true;
    told.take(record.sequence, record.event);
    const Kind kind = record.event.kind();
    if (is_backup(kind)) backups_.take(record.sequence, record.event);
    if (kind == Kind::CoordinatorStarted) restored_before = restored;
    if (kind == Kind::CoordinatorStarted || kind == Kind::CoordinatorStopped) restored = false;
    if (kind == Kind::LogRestored) restored = true;
    return true;
  };
  if (!snapshot->scan_occurred(from, now + std::chrono::microseconds(1), take)) {
    told = {};
    backups_ = {};
    projections::Damage known;  // told by the journal
    WATTLEDGER_TRY(
        projections::scan_over_damage(*snapshot, snapshot->first(), snapshot->head(), take, known));
  }
  for (const alerts::Occurrence* each : told.open())
    if (const alerts::Named* named = alerts::condition_of(each->raised.alert))
      judge_.resume(named->condition, each->raised.sequence);
  // A copy of a log was made while the house ran, and never stopped.
  if (restored || restored_before) crashed_ = false;
  taken_ = snapshot->head();
  const auto first = snapshot->at(snapshot->first());
  backups_since_ = first ? std::max(first->recorded_at, from) : now;
  return {};
}

// Backups are recorded by the tool too, over the control socket.
Result<void> AlertDesk::take_new() {
  const auto snapshot = log_.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  if (snapshot->head() <= taken_) return {};
  projections::Damage known;
  WATTLEDGER_TRY(projections::scan_over_damage(
      *snapshot, Sequence{taken_.value + 1}, snapshot->head(),
      [&](const log::RecordView& record) -> Result<bool> {
        if (is_backup(record.event.kind())) backups_.take(record.sequence, record.event);
        return true;
      },
      known));
  taken_ = snapshot->head();
  return {};
}

void AlertDesk::take_state(alerts::Facts& facts) const {
  journal_.with_state([&](const fold::State& state) {
    for (const fold::LatchedFault& each : state.faults)
      if (auto* told = told_as(each.fault, facts); told != nullptr && !*told)
        *told = told == &facts.safety_fault ? fb::EnumNameFault(each.fault) + (": " + each.detail)
                                            : each.detail;
    facts.zone = state.site.zone;
    if (state.reading) facts.reading_at = state.reading->at;
    if (state.policy) facts.stale_after = state.policy->settings.reading_stale_after;
    facts.foreign_change_at = state.inverter.foreign_change_at;
  });
}

void AlertDesk::take_projections(const projections::LiveProjections& live,
                                 alerts::Facts& facts) const {
  const Sequence head = journal_.with_state([](const fold::State& state) { return state.through; });
  facts.projections.emplace();
  for (const projections::LiveStatus& each : live.status())
    facts.projections->push_back(
        {each.projection, each.fed,
         static_cast<std::int64_t>(head.value) - static_cast<std::int64_t>(each.sequence.value),
         each.message});
}

Result<void> AlertDesk::tell(const alerts::News& news) {
  const alerts::Named& named = alerts::named(news.condition);
  const std::string name(named.name);
  if (news.raised) {
    fb::AlertRaisedT raised;
    raised.alert = name;
    raised.severity = named.severity;
    raised.detail = news.holding.detail;
    if (news.holding.measured) raised.measured = *news.holding.measured;
    if (news.holding.limit) raised.limit = *news.holding.limit;
    const auto recorded = journal_.record(fact(std::move(raised)), log::Urgency::now);
    if (!recorded) return Failure(recorded.error());
    judge_.resume(news.condition, *recorded);
    spdlog::warn("alert {}: {} [{}]", name, news.holding.detail, recorded->value);
    return {};
  }
  fb::AlertEndedT ended;
  ended.alert = name;
  ended.raised = news.of ? news.of->value : 0;
  ended.detail = "over";
  const auto recorded = journal_.record(fact(std::move(ended)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  judge_.ended(news.condition);
  spdlog::info("alert {} is over [{}]", name, recorded->value);
  return {};
}

}  // namespace wattledger::daemon
