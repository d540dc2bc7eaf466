// Somebody else's hand at the inverter: what a poll finds against what was confirmed.
#include <spdlog/spdlog.h>

#include <utility>

#include "coordinator/daemon/actuator.hpp"
#include "coordinator/inverter/setting_writes.hpp"

namespace wattledger::daemon {
namespace {

using fb::InverterMode;
using std::chrono::seconds;

// After a failed command, or one that we were killed in, nobody knows what the inverter took: what
// it shows may be our own hand.
bool may_be_ours(const fold::InverterState& inverter, InverterMode found, UtcTime now) {
  if (inverter.failures > 0) return true;
  const bool over = inverter.wished_until && *inverter.wished_until <= now;
  return found == inverter.wished && found != inverter.confirmed && !over;
}

// A charge without an end in the inverter stops at its target, whenever that is.
bool ended_at_target(const fold::InverterState& inverter, const fb::ReadingRecordedT& reading) {
  constexpr int whole_percent = 100;  // what the inverter counts in
  return inverter.confirmed == InverterMode::charge && !inverter.confirmed_until &&
         reading.forced_mode == InverterMode::general && inverter.wished_soc &&
         reading.battery_soc_bp &&
         *reading.battery_soc_bp + whole_percent >= inverter.wished_soc->count();
}

// A fast charge switches itself off at its target.
inverter::RegisterWords without_fast_switch(inverter::RegisterWords ranges) {
  constexpr std::uint16_t fast_charging = 47'545;
  for (auto& [address, words] : ranges)
    if (address == fast_charging && !words.empty()) words.front() = 0;
  return ranges;
}

}  // namespace

Result<void> Actuator::record_foreign(InverterMode found, UtcTime now) {
  fb::ForeignChangeSeenT change;
  change.mode_found = found;
  change.expected = told_words(words_);
  const ZoneOffsets zone =
      journal_.with_state([](const fold::State& state) { return state.site.zone; });
  const inverter::RegisterWords before = std::exchange(words_, {});
  if (const auto state = inverter_.control_state(now, zone)) {
    change.found = told_words(state->words);
    words_ = state->words;  // told once
  }
  awaited_.reset();
  foreign_at_.push_back(now);
  const auto recorded = journal_.record(fact(std::move(change)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  const std::string changes = inverter::changes_text(before, words_);
  spdlog::warn("somebody else changed the inverter's settings{}{}; it is in mode {} now [{}]",
               changes.empty() ? "" : ": ", changes, fb::EnumNameInverterMode(found),
               recorded->value);
  return {};
}

std::optional<inverter::ControlState> Actuator::known(UtcTime now) const {
  return inverter_.known_state(
      now, journal_.with_state([](const fold::State& state) { return state.site.zone; }));
}

std::optional<BasisPoints> Actuator::unit_floor(UtcTime now) const {
  const auto state = known(now);
  return state ? state->soc_floor : std::nullopt;
}

inverter::RegisterWords Actuator::known_words(UtcTime now) const {
  auto state = known(now);
  return state ? without_fast_switch(std::move(state->words)) : inverter::RegisterWords{};
}

bool Actuator::Seen::differs_from(const Seen& other) const {
  if (!work_mode || !other.work_mode) return false;
  if (work_mode != other.work_mode || ems_mode != other.ems_mode ||
      fast_charging != other.fast_charging)
    return true;
  return !words.empty() && !other.words.empty() && words != other.words;
}

// The same mode by other numbers: another power, another end; or another floor.
bool Actuator::words_changed(UtcTime now) const {
  if (words_.empty() || failures() > 0) return false;
  const inverter::RegisterWords found = known_words(now);
  return !found.empty() && found != without_fast_switch(words_);
}

Result<void> Actuator::look_for_foreign_hand(const fb::ReadingRecordedT& reading, UtcTime now) {
  if (reading.inverter_clock_offset_s) clock_off_ = seconds(*reading.inverter_clock_offset_s);
  const fold::State state = journal_.state();
  const bool steering = state.coordinator.control_mode == fb::ControlMode::on;
  // What was seen while we steered may have been changed by our own release since.
  if (steering || steered_) seen_.reset();
  steered_ = steering;
  const Seen found{reading.work_mode, reading.ems_mode, reading.fast_charging, known_words(now)};
  const bool changed = seen_ && reading.work_mode && seen_->differs_from(found);
  if (reading.work_mode) seen_ = found;
  if (!reading.forced_mode || *reading.forced_mode == InverterMode::unknown) return {};
  const bool other_limit = export_limit_ && *export_limit_ != reading.export_limit_w;
  export_limit_ = reading.export_limit_w;
  if (other_limit) return record_foreign(*reading.forced_mode, now);
  // Where we do not write, every write is somebody else's.
  if (!steering) return changed ? record_foreign(*reading.forced_mode, now) : Result<void>{};
  if (state.inverter.confirmed == InverterMode::unknown) return {};
  // Near a forced mode's end either answer is right: the inverter's clock is not ours.
  const auto& until = state.inverter.confirmed_until;
  if (until && now > *until - seconds(150) && now < *until + seconds(150)) return {};
  if (*reading.forced_mode == mode_expected(state, now))
    return words_changed(now) ? record_foreign(*reading.forced_mode, now) : Result<void>{};
  if (may_be_ours(state.inverter, *reading.forced_mode, now)) return {};
  // The last command that a restored log knows of is not the last there was.
  if (state.inverter.command <= journal_.restored_to()) return {};
  if (ended_at_target(state.inverter, reading)) return {};
  return record_foreign(*reading.forced_mode, now);
}

}  // namespace wattledger::daemon
