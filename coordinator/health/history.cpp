#include "coordinator/health/history.hpp"

#include <algorithm>

namespace wattledger::health {
namespace {

using std::chrono::seconds;

std::string text_of(const flatbuffers::String* text) {
  return text == nullptr ? std::string() : text->str();
}

template <class Value>
std::optional<std::uint64_t> number(const flatbuffers::Optional<Value>& value) {
  if (!value) return std::nullopt;
  return std::uint64_t{*value};
}

Measured measured_of(const fb::SystemMeasured& fact, UtcTime at) {
  Measured measured;
  measured.at = at;
  measured.resident_bytes = number(fact.resident_bytes());
  measured.anonymous_bytes = number(fact.anonymous_bytes());
  measured.cpu_ms = number(fact.cpu_ms());
  measured.bytes_written = number(fact.bytes_written());
  measured.disk_free_bytes = number(fact.disk_free_bytes());
  measured.log_bytes = number(fact.log_bytes());
  measured.commit_p50_us = number(fact.commit_p50_us());
  measured.commit_p99_us = number(fact.commit_p99_us());
  measured.poll_p99_ms = number(fact.poll_p99_ms());
  measured.register_writes_today = number(fact.register_writes_today());
  measured.uptime_s = number(fact.uptime_s());
  return measured;
}

// Nobody else writes these all the time that it runs.
bool is_of_a_coordinator(fb::Source source) {
  return source == fb::Source::daemon || source == fb::Source::simulator;
}

}  // namespace

void HealthHistory::Done::take(bool ok, UtcTime at, const std::string& what,
                               const std::string& detail) {
  std::optional<UtcTime>& newest = ok ? succeeded_at : failed_at;
  if (newest && *newest > at) return;
  newest = at;
  (ok ? succeeded : failure) = ok ? what : detail;
}

void HealthHistory::take(Sequence sequence, UtcTime recorded_at, const EventView& event) {
  if (!first_) first_ = recorded_at;
  if (is_of_a_coordinator(event.event().source())) take_run(recorded_at, event);
  take_done(sequence, recorded_at, event);
  take_source(recorded_at, event);
  if (const auto* backup = event.as<fb::BackupTaken>())
    backups_.push_back({recorded_at, backup->result() == fb::Result::succeeded});
  if (const auto* reading = event.as<fb::ReadingRecorded>();
      reading != nullptr && reading->inverter_clock_offset_s())
    inverter_off_ = seconds(*reading->inverter_clock_offset_s());
  if (const auto* measured = event.as<fb::SystemMeasured>())
    measured_ = measured_of(*measured, recorded_at);
}

void HealthHistory::take_older(Sequence sequence, UtcTime recorded_at, const EventView& event) {
  take_done(sequence, recorded_at, event);
}

bool HealthHistory::wants_older() const {
  return !looked_back_ && !(backup_.succeeded_at && drill_.succeeded_at && verify_.succeeded_at);
}

void HealthHistory::take_done(Sequence sequence, UtcTime recorded_at, const EventView& event) {
  if (const auto* backup = event.as<fb::BackupTaken>()) {
    const bool ok = backup->result() == fb::Result::succeeded;
    const std::string id = text_of(backup->backup());
    // Named again when the remote has its copy, it is as old as it was.
    const bool again = id == backup_named_ && backup_taken_at_;
    if (!again) backup_taken_at_ = recorded_at;
    backup_named_ = id;
    if (again && ok) backup_.failed_at.reset();
    backup_.take(ok, ok ? *backup_taken_at_ : recorded_at, id, text_of(backup->detail()));
  }
  if (const auto* drill = event.as<fb::BackupDrilled>()) {
    const bool ok = drill->result() == fb::Result::succeeded;
    drill_.take(ok, recorded_at, text_of(drill->backup()), text_of(drill->detail()));
    // It verifies the copy's log, record by record and against the tree.
    if (ok) verify_.take(true, recorded_at, "by the drill of " + text_of(drill->backup()), "");
  }
  if (const auto* change = event.as<fb::ChangeStarted>();
      change != nullptr && change->verb() != nullptr &&
      change->verb()->string_view() == verify_verb)
    verifying_[sequence.value] = recorded_at;
  if (const auto* change = event.as<fb::ChangeFinished>();
      change != nullptr && verifying_.erase(change->started()) > 0)
    verify_.take(change->result() == fb::Result::succeeded, recorded_at, std::string(verify_verb),
                 text_of(change->detail()));
}

// A run lasts to the last record of its coordinator: who was killed said no more.
void HealthHistory::take_run(UtcTime recorded_at, const EventView& event) {
  const bool starts = event.as<fb::CoordinatorStarted>() != nullptr;
  if (starts || !running_) runs_.push_back({recorded_at, recorded_at});
  running_ = event.as<fb::CoordinatorStopped>() == nullptr;
  // A clock that was set back adds nothing.
  runs_.back().to = std::max(runs_.back().to, recorded_at);
}

void HealthHistory::take_source(UtcTime recorded_at, const EventView& event) {
  if (const auto* failed = event.as<fb::SourceFailed>(); failed && failed->provider())
    failing_.insert_or_assign(
        failed->provider()->str(),
        SourceFacts::Failing{failed->provider()->str(), recorded_at, text_of(failed->detail())});
  if (const auto* recovered = event.as<fb::SourceRecovered>(); recovered && recovered->provider())
    failing_.erase(recovered->provider()->str());
  if (const auto* recovered = event.as<fb::SourceRecovered2>(); recovered && recovered->provider())
    failing_.erase(recovered->provider()->str());
}

void HealthHistory::tell(HealthFacts& facts, UtcTime now) const {
  const auto done = [&](const Done& known) {
    DoneFacts told;
    told.succeeded_at = known.succeeded_at;
    told.succeeded = known.succeeded;
    told.failed_at = known.failed_at;
    told.failure = known.failure;
    told.looked_for = looked_back_;
    return told;
  };
  facts.backup = done(backup_);
  facts.drill = done(drill_);
  facts.verify = done(verify_);
  if (!facts.sources) facts.sources.emplace();
  for (const auto& [provider, failing] : failing_) facts.sources->failing.push_back(failing);
  if (!facts.clock) facts.clock.emplace();
  facts.clock->inverter_off = inverter_off_;

  const UtcTime window = now - history_span;
  for (const Backup& each : backups_) {
    if (each.at < window || each.at > now) continue;
    ++facts.figures.backups;
    facts.figures.backups_ok += each.ok ? 1U : 0U;
  }
  facts.figures.measured = measured_;
  if (!first_ || *first_ >= now) return;
  const UtcTime from = std::max(window, *first_);
  UtcTime::duration up{};
  for (const Run& run : runs_) {
    const bool goes_on = &run == &runs_.back() && running_ && facts.daemon.running;
    const UtcTime to = goes_on ? now : std::min(run.to, now);
    up += std::max(to - std::max(run.from, from), UtcTime::duration::zero());
  }
  facts.figures.up = std::chrono::floor<seconds>(up);
  facts.figures.span = std::chrono::floor<seconds>(now - from);
}

}  // namespace wattledger::health
