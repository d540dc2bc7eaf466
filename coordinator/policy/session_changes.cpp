#include "coordinator/policy/session_changes.hpp"

#include <algorithm>

#include "coordinator/policy/cheapest_slots.hpp"
#include "coordinator/policy/told_session.hpp"

namespace wattledger::policy {
namespace {

using fb::SessionChange;
using fold::LeftBy;
using std::chrono::seconds;

// What a charge and a sale differ in.
struct Kind {
  bool sale;
  const char* word;
  fb::Action action;
  fb::InverterMode mode;
};
constexpr Kind charge_kind{false, "charge-", fb::Action::charge, fb::InverterMode::charge};
constexpr Kind sale_kind{true, "sale-", fb::Action::sell, fb::InverterMode::discharge};

// Ends are whole minutes in an inverter, and its day ends at 23:59.
constexpr seconds end_grain{60};

fold::PolicySettings settings_of(const fold::State& state) {
  return state.policy ? state.policy->settings : fold::PolicySettings{};
}

bool silent(const fold::State& state, UtcTime now) {
  return !state.reading || now - state.reading->at > settings_of(state).reading_stale_after;
}

// When the session's mode was left, as far as anybody knows; nullopt while it holds.
std::optional<UtcTime> ended_at(const fold::State& state, const fold::Session& session,
                                const Kind& kind, UtcTime now) {
  const fold::InverterState& inverter = state.inverter;
  if (session.left_at) return session.left_at;
  if (inverter.confirmed != kind.mode) return inverter.since;
  if (inverter.confirmed_until) {
    // While it is still wanted a command may yet renew it.
    const bool wanted = state.decision && state.decision->action == kind.action &&
                        state.decision->until && *state.decision->until > now;
    const UtcTime over = *inverter.confirmed_until + (wanted ? end_grain : seconds(0));
    return over <= now ? inverter.confirmed_until : std::nullopt;
  }
  // A unit that tells no end, and no more at all.
  const bool over = session.planned_end && *session.planned_end <= now && silent(state, now);
  return over ? session.planned_end : std::nullopt;
}

struct Ending {
  SessionChange change;
  std::string reason;
};

std::string why(fb::Rule rule) {
  if (rule == fb::Rule::owner_override) return "the owner wants something else";
  if (rule == fb::Rule::latched_safety) return "a safety limit";
  return std::string("decided otherwise: ") + fb::EnumNameRule(rule);
}

bool has_fault(const fold::State& state, fb::Fault fault) {
  return std::any_of(state.faults.begin(), state.faults.end(),
                     [&](const fold::LatchedFault& each) { return each.fault == fault; });
}

bool target_reached(const fold::State& state, const fold::Session& session, const Kind& kind) {
  if (!session.target_soc || !state.reading || !state.reading->soc) return false;
  return kind.sale ? *state.reading->soc <= *session.target_soc
                   : *state.reading->soc >= *session.target_soc;
}

Ending ending_of(const fold::State& state, const fold::Session& session, const Kind& kind,
                 UtcTime at) {
  const LeftBy by = session.left_by == LeftBy::nobody ? LeftBy::itself : session.left_by;
  if (by == LeftBy::foreign_hand)
    return {SessionChange::failed, "somebody else changed the inverter's mode"};
  if (target_reached(state, session, kind))
    return {SessionChange::completed,
            "its target of " + std::to_string(session.target_soc->count() / 100) + " % is reached"};
  if (by == LeftBy::itself && silent(state, at))
    return {SessionChange::failed, "the inverter did not answer before its end"};
  if (session.planned_end && at + end_grain >= *session.planned_end)
    return {SessionChange::completed, "its planned end came"};
  if (by == LeftBy::stop) return {SessionChange::cancelled, "the coordinator stopped"};
  if (state.coordinator.control_mode != fb::ControlMode::on)
    return {SessionChange::cancelled, "control is no longer on"};
  if (state.decision && state.decision->action != kind.action) {
    if (by == LeftBy::itself && state.inverter.failures > 0)
      return {SessionChange::failed, "its commands failed"};
    return {SessionChange::cancelled, why(state.decision->rule)};
  }
  if (state.site.zone.next_day_start(at) - at <= end_grain)
    return {SessionChange::completed, "the inverter's own day ended"};
  if (by == LeftBy::itself) return {SessionChange::failed, "it ended and was not renewed"};
  if (state.inverter.failures > 0 || has_fault(state, fb::Fault::command_not_applied))
    return {SessionChange::failed, "its commands failed"};
  return {SessionChange::cancelled, "the coordinator let the inverter go"};
}

std::optional<PriceE8> average(const fold::Session& session) {
  if (session.grid <= MilliwattHours(0) || session.unpriced > seconds(0)) return std::nullopt;
  __extension__ using Wide = __int128;
  return PriceE8(static_cast<std::int64_t>(static_cast<Wide>(session.money.count()) * 1'000'000 /
                                           session.grid.count()));
}

// What a session came to so far. Nothing metered is not nothing charged.
ToldSession told_of(const fold::State& state, const fold::Session& session, const Kind& kind,
                    UtcTime now) {
  ToldSession told;
  told.sale = kind.sale;
  told.name = session.name;
  told.planned_end = session.planned_end;
  told.started = session.started_at;
  told.start_soc = session.start_soc;
  told.target_soc = session.target_soc;
  told.cause = session.decision;
  if (!silent(state, now) && state.reading->quality != fb::Quality::implausible)
    told.end_soc = state.reading->soc;
  told.unmetered = session.unmetered;
  told.unpriced = session.unpriced;
  if (session.metered <= seconds(0)) return told;
  told.battery = session.battery;
  told.grid = session.grid;
  if (session.unpriced < session.metered) told.money = session.money;
  told.average_price = average(session);
  return told;
}

// Ends, or goes on into another slot.
void look(const fold::State& state, const std::optional<fold::Session>& open, const Kind& kind,
          UtcTime now, std::vector<fb::EventT>& due) {
  if (!open) return;
  const fold::Session& session = *open;
  ToldSession told = told_of(state, session, kind, now);
  if (const auto end = ended_at(state, session, kind, now)) {
    const UtcTime at = std::clamp(*end, session.started_at, std::max(now, session.started_at));
    const Ending ending = ending_of(state, session, kind, at);
    told.change = ending.change;
    told.reason = ending.reason;
    told.ended = at;
    if (session.mark.at < at) *told.unmetered += std::chrono::floor<seconds>(at - session.mark.at);
    if (session.left_with != Sequence{0}) told.cause = session.left_with;
    due.push_back(event_of(told));
    return;
  }
  const seconds slot = settings_of(state).slot;
  if (slot_start(now, slot) == slot_start(session.told_at, slot)) return;
  told.change = SessionChange::progressed;
  due.push_back(event_of(told));
}

// The inverter is in the mode by our command, and the battery shows it.
bool begins(const fold::State& state, const Kind& kind, UtcTime now) {
  const fold::InverterState& inverter = state.inverter;
  const bool ours =
      inverter.wished == kind.mode && inverter.confirmed == kind.mode && inverter.failures == 0 &&
      fold::in_forced_mode(inverter, now) &&
      !(inverter.foreign_change_at && *inverter.foreign_change_at >= inverter.confirmed_at);
  if (!ours || state.coordinator.control_mode != fb::ControlMode::on || !state.decision ||
      state.decision->action != kind.action || silent(state, now))
    return false;
  const fold::Reading& reading = *state.reading;
  const bool since = reading.sequence > inverter.command && reading.at >= inverter.since;
  if (reading.quality == fb::Quality::implausible || !since || !reading.battery_power) return false;
  return kind.sale ? *reading.battery_power >= session_power_min
                   : -*reading.battery_power >= session_power_min;
}

void look_for_start(const fold::State& state, const Kind& kind, UtcTime now,
                    std::vector<fb::EventT>& due) {
  if (!begins(state, kind, now)) return;
  ToldSession told;
  told.sale = kind.sale;
  told.name = kind.word + std::to_string(state.inverter.command.value);
  told.change = SessionChange::started;
  told.started = state.reading->at;
  told.planned_end = state.decision->until;
  told.start_soc = state.reading->soc;
  told.target_soc = state.decision->target_soc;
  if (kind.sale) told.power = state.decision->power;
  told.cause = state.inverter.command;
  for (const fold::PlannedSession& each : state.sessions.planned) {
    if (each.change != SessionChange::planned || each.name.rfind(kind.word, 0) != 0 ||
        now < each.start || now >= each.end)
      continue;
    told.name = each.name;
    told.planned_start = each.start;
    break;
  }
  due.push_back(event_of(told));
}

}  // namespace

std::vector<fb::EventT> look_at_sessions(const fold::State& state, UtcTime now) {
  std::vector<fb::EventT> due;
  look(state, state.sessions.charge, charge_kind, now, due);
  look(state, state.sessions.sale, sale_kind, now, due);
  if (!state.sessions.charge && !state.sessions.sale) {
    look_for_start(state, charge_kind, now, due);
    look_for_start(state, sale_kind, now, due);
  }
  // What they become is part of the plan, so it is looked at without them.
  return due.empty() ? look_at_daily_plan(state, now) : std::move(due);
}

}  // namespace wattledger::policy
