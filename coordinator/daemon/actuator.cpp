#include "coordinator/daemon/actuator.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "coordinator/policy/forced_mode.hpp"

namespace wattledger::daemon {
namespace {

using fb::InverterMode;
using std::chrono::seconds;

fold::PolicySettings settings_of(const fold::State& state) {
  return state.policy ? state.policy->settings : fold::PolicySettings{};
}

bool is_forced(InverterMode mode) {
  return mode == InverterMode::charge || mode == InverterMode::hold ||
         mode == InverterMode::discharge;
}

fb::CommandTrouble trouble_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::timed_out:
      return fb::CommandTrouble::timed_out;
    case ErrorKind::rejected:
      return fb::CommandTrouble::not_applied;
    case ErrorKind::io:
    case ErrorKind::corrupt:
      return fb::CommandTrouble::unreachable;
    case ErrorKind::invalid_input:
    case ErrorKind::unsupported:
      return fb::CommandTrouble::refused_here;
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::foreign:
    case ErrorKind::newer:
    case ErrorKind::locked:
    case ErrorKind::poisoned:
    case ErrorKind::full:
      return fb::CommandTrouble::unknown;
  }
  return fb::CommandTrouble::unknown;
}

std::uint16_t counted(std::uint32_t number) {
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(number, 0xFFFF));
}

fb::CommandIssuedT command_for(const inverter::Wish& wish, const fold::State& state,
                               std::uint32_t failures) {
  fb::CommandIssuedT command;
  if (state.decision) command.decision = state.decision->sequence.value;
  command.mode = wish.mode;
  command.attempt = counted(failures + 1);
  if (is_forced(wish.mode)) {
    command.power_w = static_cast<std::int32_t>(wish.power.count());
    command.target_soc_bp = static_cast<std::uint16_t>(wish.target_soc.count());
    command.until_us = to_us(wish.until);
  }
  return command;
}

}  // namespace

inverter::Wish wish_for(const fold::State& state, UtcTime now) {
  const policy::ForcedMode forced = policy::forced_mode(state, now);
  if (!is_forced(forced.mode)) return {};
  inverter::Wish wish;
  wish.mode = forced.mode;
  wish.until = forced.until;
  wish.power = forced.power;
  wish.target_soc = forced.target_soc;
  return wish;
}

InverterMode mode_expected(const fold::State& state, UtcTime now) {
  const fold::InverterState& inverter = state.inverter;
  const bool over = inverter.confirmed_until && *inverter.confirmed_until <= now;
  return is_forced(inverter.confirmed) && over ? InverterMode::general : inverter.confirmed;
}

bool command_needed(const fold::State& state, const inverter::Wish& wish, UtcTime now) {
  const fold::InverterState& inverter = state.inverter;
  // `wished` differs after a failed command, and after a forced mode ended by itself: its schedule
  // still stands in the inverter and would hold again next week.
  if (mode_expected(state, now) != wish.mode || inverter.wished != wish.mode) return true;
  if (inverter.failures > 0) return true;  // its registers read right, and the battery did not care
  if (!is_forced(wish.mode)) return false;
  if (inverter.wished_power != wish.power || inverter.wished_soc != wish.target_soc) return true;
  // A unit without eco groups tells no end: it charges to its target, and there is nothing to
  // renew.
  if (!inverter.confirmed_until)
    return inverter.foreign_change_at && *inverter.foreign_change_at > inverter.confirmed_at;
  // Shorter than before: at once. Longer: when less than a slot is left, to spare the inverter's
  // flash.
  if (wish.until < *inverter.confirmed_until) return true;
  return wish.until > *inverter.confirmed_until &&
         *inverter.confirmed_until - now < settings_of(state).slot;
}

// What the log knows of failures is that of the process before.
std::uint32_t Actuator::failures() const {
  return std::max(failed_, journal_.with_state(
                               [](const fold::State& state) { return state.inverter.failures; }));
}

bool Actuator::clock_due(UtcTime now) const {
  if (!clock_off_ || std::chrono::abs(*clock_off_) <= inverter_clock_off_max) return false;
  return !clock_tried_at_ || now < *clock_tried_at_ ||
         now - *clock_tried_at_ >= inverter_clock_every;
}

Result<void> Actuator::reconcile(UtcTime now) {
  const fold::State state = journal_.state();
  if (state.coordinator.control_mode != fb::ControlMode::on) {
    awaited_.reset();
    return leave_nothing_forced(state, now);
  }
  if (state.inverter.settings_found == Sequence{0}) return {};
  const inverter::Wish wish = wish_for(state, now);
  const bool needed = command_needed(state, wish, now);
  if (!needed && !clock_due(now)) return {};
  const bool patient = hopeless(state, now) && attempted_at_ && now >= *attempted_at_ &&
                       now - *attempted_at_ < settings_of(state).slot;
  if (!patient) return attempt(wish, state, now);
  return owes_general_ ? let_go(wish, now) : Result<void>{};
}

// Then one attempt a slot: it fails again and again, its flash is in danger, or somebody else wants
// something else and would write each time after us.
bool Actuator::hopeless(const fold::State& state, UtcTime now) {
  std::erase_if(foreign_at_, [&](UtcTime at) { return at > now || now - at > foreign_quiet_time; });
  return failures() >= command_failures_max || foreign_at_.size() >= foreign_changes_max ||
         journal_.writes_since(state.site.zone.day_start(now)) > register_writes_per_day_max;
}

// What we, or the process before us, forced while steering is ended by who steers no more, however
// long the inverter cannot be reached. What somebody else forced since is theirs.
Result<void> Actuator::leave_nothing_forced(const fold::State& state, UtcTime now) {
  const fold::InverterState& inverter = state.inverter;
  const bool theirs =
      inverter.foreign_change_at && *inverter.foreign_change_at >= inverter.confirmed_at;
  const bool may_have_begun = !std::exchange(looked_back_, true) && is_forced(inverter.wished);
  if (!theirs && (is_forced(inverter.confirmed) || may_have_begun)) owes_general_ = true;
  return owes_general_ ? let_go(inverter::Wish{}, now) : Result<void>{};
}

Result<void> Actuator::attempt(const inverter::Wish& wish, const fold::State& state, UtcTime now) {
  attempted_at_ = now;
  awaited_.reset();
  fb::EventT issued = fact(command_for(wish, state, failures()));
  if (state.decision) issued.cause = state.decision->sequence.value;
  const auto command = journal_.record_durably(std::move(issued));
  if (!command) return Failure(command.error());

  const std::uint32_t writes_before = inverter_.writes();
  Result<void> clock = make_clock_right(state, now);
  if (!clock && !is_forced(wish.mode)) {
    spdlog::warn("{}", clock.error().line());
    clock = {};
  }
  // Registers that read right are not written again: a mode that had no effect is entered anew.
  if (without_effect_ > 0) (void)inverter_.release();
  const auto applied = clock ? inverter_.apply(wish, now, state.site.zone)
                             : Result<inverter::ControlState>(Failure(clock.error()));
  const std::uint32_t writes = inverter_.writes() - writes_before;
  if (!applied) {
    words_.clear();
    const auto trouble = clock ? trouble_of(applied.error().kind) : fb::CommandTrouble::clock_wrong;
    WATTLEDGER_TRY(failed(*command, applied.error(), trouble, writes));
    return watch_writes(writes, now);
  }
  WATTLEDGER_TRY(confirm(*command, wish, *applied, writes, now));
  return watch_writes(writes, now);
}

Result<void> Actuator::confirm(Sequence command, const inverter::Wish& wish,
                               const inverter::ControlState& applied, std::uint32_t writes,
                               UtcTime now) {
  fb::CommandConfirmedT confirmed;
  confirmed.command = command.value;
  confirmed.mode = applied.mode;
  confirmed.writes = writes;
  if (applied.power) confirmed.power_w = static_cast<std::int32_t>(applied.power->count());
  if (applied.target_soc)
    confirmed.target_soc_bp = static_cast<std::uint16_t>(applied.target_soc->count());
  if (applied.until) confirmed.until_us = to_us(*applied.until);
  words_ = applied.words;
  owes_general_ = false;
  awaited_ = Awaited{wish, confirmed, now};
  fb::EventT event = fact(std::move(confirmed));
  event.cause = command.value;
  const auto sequence = journal_.record(std::move(event), log::Urgency::now);
  if (!sequence) return Failure(sequence.error());
  spdlog::info("the inverter confirms {} [{}]", fb::EnumNameInverterMode(applied.mode),
               sequence->value);
  return {};
}

bool Actuator::judges(const fb::ReadingRecordedT& reading, UtcTime now) const {
  if (!awaited_ || awaited_over(now)) return false;
  const auto since = now - awaited_->since;
  if (since < effect_after) return false;
  return since >= effect_within ||
         effect_of(awaited_->wish, reading, unit_floor(now)).verdict == Effect::Verdict::fits;
}

// Its end has come, or somebody set the clock: nothing is left to see.
bool Actuator::awaited_over(UtcTime now) const {
  return (is_forced(awaited_->wish.mode) && now >= awaited_->wish.until) || now < awaited_->since;
}

Result<void> Actuator::watch_effect(const fb::ReadingRecordedT& reading, UtcTime now) {
  if (awaited_ && awaited_over(now)) awaited_.reset();
  if (!judges(reading, now)) return {};
  const Awaited& awaited = *awaited_;
  const Effect effect = effect_of(awaited.wish, reading, unit_floor(now));
  if (effect.verdict == Effect::Verdict::fits) return verified(*reading.battery_power_w, now);
  if (effect.verdict == Effect::Verdict::unknown) {  // no proof either way
    awaited_.reset();
    return {};
  }
  ++without_effect_;
  const Sequence command{awaited.confirmed.command};
  const std::string mode = fb::EnumNameInverterMode(awaited.wish.mode);
  awaited_.reset();
  return failed(command,
                Error{ErrorKind::rejected,
                      "the inverter confirmed " + mode + ", but " +
                          std::to_string(effect_within.count()) + " s later " + effect.found,
                      "look at its display and its app for a mode or a limit that goes before"},
                fb::CommandTrouble::not_applied, 0);
}

// With the power that shows it.
Result<void> Actuator::verified(std::int32_t battery_power, UtcTime now) {
  Awaited awaited = *std::exchange(awaited_, std::nullopt);
  without_effect_ = 0;
  failed_ = 0;
  awaited.confirmed.battery_power_w = battery_power;
  awaited.confirmed.took_ms = static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::milliseconds>(now - awaited.since).count());
  awaited.confirmed.writes = 0;
  fb::EventT event = fact(fb::CommandConfirmedT(awaited.confirmed));
  event.cause = awaited.confirmed.command;
  const auto sequence = journal_.record(std::move(event), log::Urgency::telemetry);
  if (!sequence) return Failure(sequence.error());
  const bool stood = journal_.with_state([](const fold::State& s) {
    return std::any_of(s.faults.begin(), s.faults.end(), [](const fold::LatchedFault& each) {
      return each.fault == fb::Fault::command_not_applied;
    });
  });
  if (!stood) return {};
  fb::FaultClearedT cleared;
  cleared.fault = fb::Fault::command_not_applied;
  cleared.reason = "the battery follows a command";
  const auto recorded = journal_.record(fact(std::move(cleared)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  return {};
}

Result<void> Actuator::failed(Sequence command, const Error& error, fb::CommandTrouble trouble,
                              std::uint32_t writes) {
  const std::uint32_t failures_now = failures() + 1;
  fb::CommandFailedT failure;
  failure.command = command.value;
  failure.trouble = trouble;
  failure.detail = error.line();
  failure.writes = writes;
  failure.attempts = counted(failures_now);
  fb::EventT event = fact(std::move(failure));
  event.cause = command.value;
  const auto recorded = journal_.record(std::move(event), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  failed_ = failures_now;
  spdlog::warn("command {} failed: {} [{}]", command.value, error.line(), recorded->value);
  if (failures_now >= command_failures_max) owes_general_ = true;
  if (failures_now != command_failures_max) return {};
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::command_not_applied;
  fault.measured = failures_now;
  fault.limit = command_failures_max;
  fault.detail = error.line();
  const auto raised = journal_.record(fact(std::move(fault)), log::Urgency::now);
  if (!raised) return Failure(raised.error());
  return {};
}

// The way down needs no fact before it, but one after, for its writes count; and it is believed
// when it reads back. Tried ever more rarely, for each try writes.
Result<void> Actuator::let_go(const inverter::Wish& wish, UtcTime now) {
  if (let_go_at_ && now >= *let_go_at_ && now - *let_go_at_ < let_go_pause_) return {};
  const fold::State state = journal_.state();
  let_go_at_ = now;
  let_go_pause_ = std::clamp<seconds>(2 * let_go_pause_, seconds(10), settings_of(state).slot);
  const std::uint32_t writes_before = inverter_.writes();
  const auto released = inverter_.release();
  const auto found = released ? inverter_.control_state(now, state.site.zone)
                              : Result<inverter::ControlState>(Failure(released.error()));
  const std::uint32_t writes = inverter_.writes() - writes_before;
  if (!found || found->mode != InverterMode::general) {
    if (writes == 0) return {};
    const Error still{ErrorKind::rejected,
                      std::string("the inverter was told to serve the house and reads ") +
                          (found ? fb::EnumNameInverterMode(found->mode) : ""),
                      "look at its display"};
    const Error& error = found ? still : found.error();
    WATTLEDGER_TRY(failed(state.inverter.command, error, trouble_of(error.kind), writes));
    return watch_writes(writes, now);
  }
  owes_general_ = false;
  let_go_at_.reset();
  let_go_pause_ = seconds(0);
  words_ = found->words;
  fb::CommandConfirmedT confirmed;
  confirmed.command = state.inverter.command.value;
  confirmed.mode = InverterMode::general;
  confirmed.writes = writes;
  if (wish.mode == InverterMode::general) {
    awaited_ = Awaited{wish, confirmed, now};  // just what was wished: the battery may prove it
  } else {
    spdlog::error("the inverter is left in general mode; the next attempt is in the next slot");
  }
  const auto recorded = journal_.record(fact(std::move(confirmed)), log::Urgency::now);
  if (!recorded) return Failure(recorded.error());
  return watch_writes(writes, now);
}

// The log counts, whichever process wrote. The fault comes with the command that crosses the limit,
// so that an owner who clears it is not contradicted by the next one.
Result<void> Actuator::watch_writes(std::uint32_t just_now, UtcTime now) {
  const UtcTime day =
      journal_.with_state([&](const fold::State& state) { return state.site.zone.day_start(now); });
  const std::uint32_t writes = journal_.writes_since(day);
  if (writes <= register_writes_per_day_max || writes - just_now > register_writes_per_day_max)
    return {};
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::register_writes_excessive;
  fault.latched = true;
  fault.measured = writes;
  fault.limit = register_writes_per_day_max;
  fault.detail = "register writes today; the inverter's flash wears";
  const auto raised = journal_.record(fact(std::move(fault)), log::Urgency::now);
  if (!raised) return Failure(raised.error());
  return {};
}

// The end of a forced mode is a reading of the inverter's own clock.
Result<void> Actuator::make_clock_right(const fold::State& state, UtcTime now) {
  if (!clock_off_ || std::chrono::abs(*clock_off_) <= inverter_clock_off_max) return {};
  clock_tried_at_ = now;
  WATTLEDGER_TRY(inverter_.set_clock(now, state.site.zone));
  const auto left = inverter_.clock_offset(now, state.site.zone);
  if (!left) return Failure(left.error());
  clock_off_ = *left;
  if (std::chrono::abs(*left) <= inverter_clock_off_max) return {};
  return fail(ErrorKind::rejected,
              "the inverter's clock is " + std::to_string(left->count()) +
                  " s off and does not let itself be set",
              "set it on the inverter; until then nothing is forced");
}

std::vector<std::unique_ptr<fb::RegisterWordsT>> told_words(const inverter::RegisterWords& ranges) {
  std::vector<std::unique_ptr<fb::RegisterWordsT>> told;
  for (const auto& [address, words] : ranges) {
    auto range = std::make_unique<fb::RegisterWordsT>();
    range->address = address;
    range->words = words;
    told.push_back(std::move(range));
  }
  return told;
}

}  // namespace wattledger::daemon
