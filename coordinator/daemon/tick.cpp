#include "coordinator/daemon/tick.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "coordinator/policy/session_changes.hpp"
#include "coordinator/policy/worth_recording.hpp"

namespace wattledger::daemon {
namespace {

using std::chrono::seconds;

bool has_fault(const fold::State& state, fb::Fault fault) {
  return std::any_of(state.faults.begin(), state.faults.end(),
                     [&](const fold::LatchedFault& each) { return each.fault == fault; });
}

// The state as it would be with this reading, to see whether a fault rests on it.
Result<fold::State> with_reading(const fold::State& state, const fb::ReadingRecordedT& reading,
                                 UtcTime now) {
  fb::EventT event = fact(reading);
  event.occurred_at_us = to_us(now);
  const auto encoded = encode(event);
  if (!encoded) return Failure(encoded.error());
  const auto view = decode(encoded->kind(), encoded->bytes());
  if (!view) return Failure(view.error());
  fold::State result = state;
  fold::evolve(result, state.through, now, *view);
  return result;
}

fb::CoordinatorState state_now(const fold::State& state, UtcTime now) {
  if (!state.faults.empty()) return fb::CoordinatorState::error;
  if (!state.reading) return fb::CoordinatorState::initializing;
  if (mode_expected(state, now) == fb::InverterMode::charge) return fb::CoordinatorState::charging;
  return fb::CoordinatorState::monitoring;
}

template <class Fact>
Result<void> record_all(Journal& journal, std::vector<Fact>& facts) {
  for (Fact& each : facts) {
    const auto recorded = journal.record(fact(std::move(each)), log::Urgency::now);
    if (!recorded) return Failure(recorded.error());
  }
  return {};
}

}  // namespace

Result<void> record_sessions(Journal& journal, UtcTime now) {
  std::vector<fb::EventT> due = journal.with_state(
      [&](const fold::State& state) { return policy::look_at_sessions(state, now); });
  for (fb::EventT& each : due) {
    const auto recorded = journal.record(std::move(each), log::Urgency::now);
    if (!recorded) return Failure(recorded.error());
  }
  return {};
}

Result<void> Tick::run(UtcTime now) {
  unrecorded_.reset();
  WATTLEDGER_TRY(prices_.publish_due(journal_, now));
  WATTLEDGER_TRY(read(now));
  // Asking the inverter takes time: should the clock have jumped meanwhile, the next pass begins
  // with the new one.
  if (journal_.clock_jumped_since(now)) return {};
  if (forecaster_ != nullptr) WATTLEDGER_TRY(forecaster_->issue_due(now));
  WATTLEDGER_TRY(end_override(now));
  WATTLEDGER_TRY(judge(now));
  WATTLEDGER_TRY(actuator_.reconcile(now));
  WATTLEDGER_TRY(record_sessions(now));
  return note_state();
}

Result<void> Tick::read(UtcTime now) {
  const ZoneOffsets zone =
      journal_.with_state([](const fold::State& state) { return state.site.zone; });
  const auto begun = journal_.steady();
  auto reading = inverter_.poll(now, zone);
  if (!reading) return no_answer(reading.error());
  const auto took = std::chrono::floor<std::chrono::milliseconds>(journal_.steady() - begun);
  // Absent in simulated time, which makes the same events on every machine.
  if (took.count() > 0) reading->poll_ms = static_cast<std::uint32_t>(took.count());
  contact_ = {now, 0, took};
  const bool was_silent = journal_.with_state(
      [](const fold::State& state) { return has_fault(state, fb::Fault::inverter_silent); });
  if (was_silent) {
    fb::FaultClearedT cleared;
    cleared.fault = fb::Fault::inverter_silent;
    cleared.reason = "the inverter answers again";
    const auto recorded = journal_.record(fact(std::move(cleared)), log::Urgency::now);
    if (!recorded) return Failure(recorded.error());
    spdlog::info("the inverter answers again [{}]", recorded->value);
  }
  WATTLEDGER_TRY(remember_settings());
  return take_reading(*std::move(reading), now);
}

seconds StandingClock::shown_for(const fb::ReadingRecordedT& reading, UtcTime now) {
  std::optional<std::chrono::sys_seconds> shows;
  if (reading.inverter_clock_offset_s)
    shows = std::chrono::floor<seconds>(now) + seconds(*reading.inverter_clock_offset_s);
  if (!shows || shows != shows_ || now < since_) since_ = now;
  shows_ = shows;
  return std::chrono::floor<seconds>(now - since_);
}

// A reading whose clock stands still for as long as makes any reading stale is none of now.
bool Tick::repeated(const fb::ReadingRecordedT& reading, UtcTime now) {
  const seconds limit = journal_.with_state([](const fold::State& state) {
    return state.policy ? state.policy->settings.reading_stale_after
                        : fold::PolicySettings{}.reading_stale_after;
  });
  const seconds shown = standing_clock_.shown_for(reading, now);
  return shown > limit;
}

Result<void> Tick::take_reading(fb::ReadingRecordedT reading, UtcTime now) {
  const bool repeats = repeated(reading, now);
  const bool news = std::exchange(repeats_, repeats) != repeats;
  if (repeats) reading.quality = fb::Quality::implausible;
  if (news && repeats)
    spdlog::error(
        "the inverter's answers stand still: its own clock shows the same second in each, so "
        "nothing "
        "is decided by them; restart its dongle, then the inverter");
  if (news && !repeats) spdlog::info("the inverter's clock goes again");
  if (!repeats) WATTLEDGER_TRY(actuator_.look_for_foreign_hand(reading, now));
  // A clock that was set back makes the last record one of the future.
  bool due = news || !recorded_at_ || now < *recorded_at_ ||
             now - *recorded_at_ >= cadence_.record_every ||
             (!repeats && actuator_.judges(reading, now));
  if (!due) {
    // Between two records only what changes safety is kept, for a fault must rest on a recorded
    // reading.
    const auto probe = with_reading(journal_.state(), reading, now);
    if (!probe) return Failure(probe.error());
    const policy::SafetyFindings findings = policy::look_for_faults(*probe, now);
    due = !findings.raised.empty() || !findings.cleared.empty();
  }
  if (due)
    WATTLEDGER_TRY(record_reading(reading, now));
  else if (!repeats)
    unrecorded_ = reading;
  // No verdict by an answer of long ago.
  return repeats ? Result<void>{} : actuator_.watch_effect(reading, now);
}

Result<void> Tick::record_reading(const fb::ReadingRecordedT& reading, UtcTime now) {
  const auto recorded =
      journal_.record(fact(fb::ReadingRecordedT(reading)), log::Urgency::telemetry);
  if (!recorded) return Failure(recorded.error());
  recorded_at_ = now;
  return record_faults(now);
}

// What is told of a session rests on a reading of its moment.
Result<void> Tick::record_sessions(UtcTime now) {
  const bool due = journal_.with_state([&](const fold::State& state) {
    return (state.sessions.charge || state.sessions.sale) &&
           !policy::look_at_sessions(state, now).empty();
  });
  if (due && unrecorded_)
    WATTLEDGER_TRY(record_reading(*std::exchange(unrecorded_, std::nullopt), now));
  return daemon::record_sessions(journal_, now);
}

Result<void> Tick::record_faults(UtcTime now) {
  policy::SafetyFindings findings = journal_.with_state(
      [&](const fold::State& state) { return policy::look_for_faults(state, now); });
  for (const fb::FaultRaisedT& each : findings.raised)
    spdlog::error("fault {}: {} {} is beyond {}", fb::EnumNameFault(each.fault), each.detail,
                  each.measured.value_or(0), each.limit.value_or(0));
  WATTLEDGER_TRY(record_all(journal_, findings.raised));
  return record_all(journal_, findings.cleared);
}

Result<void> Tick::no_answer(const Error& error) {
  ++contact_.silent_polls;
  contact_.poll_took.reset();
  // Said until the fault is, not with every poll of a night without the inverter.
  spdlog::log(
      contact_.silent_polls <= silent_polls_max ? spdlog::level::warn : spdlog::level::debug,
      "No real inverter data available: {}", error.line());
  const bool known = journal_.with_state(
      [](const fold::State& state) { return has_fault(state, fb::Fault::inverter_silent); });
  if (known || contact_.silent_polls < silent_polls_max) return {};
  fb::FaultRaisedT raised;
  raised.fault = fb::Fault::inverter_silent;
  raised.measured = contact_.silent_polls;
  raised.limit = silent_polls_max;
  raised.detail = error.line();
  const auto recorded = journal_.record(fact(std::move(raised)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  spdlog::error(
      "the inverter has been silent for {} polls: it is asked on, and said again when it "
      "answers [{}]",
      contact_.silent_polls, recorded->value);
  return {};
}

// What was set before us is written down once, before the first command.
Result<void> Tick::remember_settings() {
  const bool known = journal_.with_state(
      [](const fold::State& state) { return state.inverter.settings_found != Sequence{0}; });
  if (known) return {};
  const auto device = inverter_.identify();
  auto settings = inverter_.settings();
  if (!device || !settings) {  // tried again with the next poll
    if (!settings_missed_)
      spdlog::warn("the inverter's settings cannot be read, so it is not steered yet: {}",
                   (device ? settings.error() : device.error()).line());
    settings_missed_ = true;
    return {};
  }
  fb::InverterSettingsFoundT found;
  found.model = device->model;
  found.serial = device->serial;
  found.firmware = device->firmware;
  found.rated_power_w = static_cast<std::int32_t>(device->rated_power.count());
  found.settings = told_words(*settings);
  const auto recorded = journal_.record(fact(std::move(found)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  spdlog::info("inverter {} {} found, its settings are kept [{}]", device->model, device->firmware,
               recorded->value);
  return {};
}

Result<void> Tick::end_override(UtcTime now) {
  struct Over {
    Sequence request;
    fb::OverrideEnd end;
  };
  const auto over = journal_.with_state([&](const fold::State& state) -> std::optional<Over> {
    const auto& wish = state.owner_override;
    if (!wish) return std::nullopt;
    if (wish->until && *wish->until <= now) return Over{wish->request, fb::OverrideEnd::expired};
    if (!wish->target_soc || !state.reading || !state.reading->soc) return std::nullopt;
    const BasisPoints soc = *state.reading->soc;
    const bool reached = (wish->action == fb::Action::charge && soc >= *wish->target_soc) ||
                         (wish->action == fb::Action::sell && soc <= *wish->target_soc);
    if (!reached) return std::nullopt;
    return Over{wish->request, fb::OverrideEnd::target_reached};
  });
  if (!over) return {};
  fb::OverrideEndedT ended;
  ended.request = over->request.value;
  ended.end = over->end;
  fb::EventT event = fact(std::move(ended));
  event.cause = over->request.value;
  const auto recorded = journal_.record(std::move(event), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  return {};
}

Result<void> Tick::judge(UtcTime now) {
  const bool off = journal_.with_state([](const fold::State& state) {
    return state.coordinator.control_mode == fb::ControlMode::off;
  });
  if (off) return {};
  bool changed = false;
  const auto decided =
      journal_.decide(now, [&](const fold::State& state, const policy::Judgement& judgement) {
        changed = !state.decision || state.decision->action != judgement.decision.action ||
                  state.decision->rule != judgement.decision.rule;
        return policy::worth_recording(state, judgement.decision, now);
      });
  if (!decided) return Failure(decided.error());
  if (!decided->sequence) return {};
  const fb::DecisionMadeT& decision = decided->judgement.decision;
  // The same again, quarter after quarter, is for those who look closely.
  spdlog::log(changed ? spdlog::level::info : spdlog::level::debug, "{} decided: {} by {} [{}]",
              utc_text(now), fb::EnumNameAction(decision.action), fb::EnumNameRule(decision.rule),
              decided->sequence->value);
  return {};
}

Result<void> Tick::note_state() {
  const fold::State state = journal_.state();
  const fb::CoordinatorState wanted = state_now(state, state.recorded_at);
  if (wanted == state.coordinator.state) return {};
  fb::CoordinatorStateChangedT changed;
  changed.state = wanted;
  changed.control_mode = state.coordinator.control_mode;
  const auto recorded = journal_.record(fact(std::move(changed)), log::Urgency::telemetry);
  if (!recorded) return Failure(recorded.error());
  return {};
}

}  // namespace wattledger::daemon
