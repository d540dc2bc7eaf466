#include "projections/fold/sessions.hpp"

#include <algorithm>

#include "projections/fold/counter_step.hpp"
#include "projections/fold/house_rows.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::seconds;

std::string text(const flatbuffers::String* value) { return value == nullptr ? "" : value->str(); }

std::optional<UtcTime> time(flatbuffers::Optional<std::int64_t> us) {
  if (!us) return std::nullopt;
  return utc_from_us(std::clamp<std::int64_t>(*us, 0, time_max_us));
}

std::optional<BasisPoints> level(flatbuffers::Optional<std::uint16_t> bp) {
  if (!bp) return std::nullopt;
  return BasisPoints(*bp);
}

// The counts are of the local day of `at`; another day's are over.
void count_for(State& state, UtcTime at) {
  const auto day =
      static_cast<std::int32_t>(std::chrono::floor<std::chrono::days>(state.site.zone.to_local(at))
                                    .time_since_epoch()
                                    .count());
  SessionHistory& history = state.sessions;
  if (history.day == day) return;
  history.day = day;
  history.charges = 0;
  history.sales = 0;
  history.sold = BasisPoints(0);
}

// What flows with `sign` of a power: a charge is a negative battery power, an import a negative
// grid power.
std::optional<Watts> flow(const std::optional<Watts>& power, std::int64_t sign) {
  if (!power) return std::nullopt;
  return Watts(std::clamp<std::int64_t>(power->count() * sign, 0, power_max_w));
}

MeterMark mark_of(const Reading& reading, bool sale) {
  const std::int64_t sign = sale ? 1 : -1;
  return {reading.at, sale ? reading.discharge_total : reading.charge_total,
          sale ? reading.export_total : reading.import_total, flow(reading.battery_power, sign),
          flow(reading.grid_power, sign)};
}

// It begins with the reading that shows it, where that is the newest; else only powers say what
// passed until the next one.
template <class Fact>
Session begun(const State& state, const Fact& fact, bool sale, Sequence sequence, UtcTime at) {
  Session session;
  session.name = text(fact.session());
  session.started = sequence;
  session.started_at = std::min(time(fact.started_us()).value_or(at), at);
  session.told_at = at;
  session.planned_end = time(fact.planned_end_us());
  if (state.decision) session.decision = state.decision->sequence;
  session.start_soc = level(fact.start_soc_bp());
  session.mark.at = session.started_at;
  if (!state.reading || state.reading->quality == fb::Quality::implausible) return session;
  if (!session.start_soc) session.start_soc = state.reading->soc;
  if (state.reading->at == session.started_at) session.mark = mark_of(*state.reading, sale);
  return session;
}

bool ends(fb::SessionChange change) {
  return change == fb::SessionChange::completed || change == fb::SessionChange::cancelled ||
         change == fb::SessionChange::failed;
}

template <class Fact>
bool is_of(const std::optional<Session>& session, const Fact& fact) {
  return session && session->name == text(fact.session());
}

// In mWh over the time between, by counters, else by powers near enough; nullopt where neither
// says.
std::optional<std::int64_t> passed(const std::optional<MilliwattHours>& counter_before,
                                   const std::optional<MilliwattHours>& counter_after,
                                   const std::optional<Watts>& power_before,
                                   const std::optional<Watts>& power_after,
                                   std::chrono::milliseconds gap) {
  if (counter_before && counter_after && gap <= counter_gap_max)
    if (const auto step = counter_step(counter_before->count(), counter_after->count(), gap))
      return step;
  if (!power_before || !power_after || gap > energy_gap_max) return std::nullopt;
  return (power_before->count() + power_after->count()) / 2 * gap.count() / ms_per_mwh_w;
}

// Energy spread evenly over [from, to), each stretch at the price of the slot that holds it.
void price(Session& session, const State& state, bool sale, std::int64_t energy_mwh, UtcTime from,
           UtcTime to) {
  const std::int64_t whole = (to - from).count();
  std::int64_t told = 0;
  for (UtcTime at = from; at < to;) {
    const PriceSlot* slot = price_at(state, at);
    UtcTime end = to;
    if (slot != nullptr) {
      end = std::min(to, slot->start + slot->length);
    } else {
      for (const PriceSlot& each : state.prices)
        if (each.start > at) {
          end = std::min(to, each.start);
          break;
        }
    }
    __extension__ using Wide = __int128;
    const auto until =
        static_cast<std::int64_t>(static_cast<Wide>(energy_mwh) * (end - from).count() / whole);
    const MilliwattHours part(until - told);
    told = until;
    if (slot != nullptr)
      session.money += cost(part, sale ? feed_in_price(state, *slot) : final_price(state, *slot));
    else
      session.unpriced += std::chrono::floor<seconds>(end - at);
    at = end;
  }
}

// When the session's mode ended or will end by itself; nullopt where that is not known.
std::optional<UtcTime> mode_end(const State& state, const Session& session) {
  return session.left_at ? session.left_at : state.inverter.confirmed_until;
}

// What both meters have counted is traded; what only one has waits for the other, if it may still
// come.
MilliwattHours trade(Session& session, MilliwattHours battery, MilliwattHours grid) {
  session.battery_open += battery;
  session.grid_open += grid;
  const MilliwattHours traded = std::min(session.battery_open, session.grid_open);
  session.battery_open = std::min(session.battery_open - traded, counter_lag_max);
  session.grid_open = std::min(session.grid_open - traded, counter_lag_max);
  return traded;
}

void meter(Session& session, const State& state, bool sale, const Reading& reading) {
  if (reading.at <= session.mark.at) return;
  const MeterMark before = session.mark;
  const auto end = mode_end(state, session);
  if (end && reading.at > *end + session_end_grace) {
    // Long over, and nobody saw what passed until then.
    if (before.at < *end) {
      session.unmetered += std::chrono::floor<seconds>(*end - before.at);
      session.mark = MeterMark{*end, {}, {}, {}, {}};
    }
    return;
  }
  session.mark = mark_of(reading, sale);
  const MeterMark& after = session.mark;
  // Begun between two readings: the power is taken to have been what it is at the first.
  const bool first = before.at == session.started_at && !before.battery_power && !before.battery;
  const auto gap = std::chrono::floor<std::chrono::milliseconds>(after.at - before.at);
  const auto battery =
      passed(before.battery, after.battery, first ? after.battery_power : before.battery_power,
             after.battery_power, gap);
  const auto grid = passed(before.grid, after.grid, first ? after.grid_power : before.grid_power,
                           after.grid_power, gap);
  const auto time_passed = std::chrono::floor<seconds>(after.at - before.at);
  if (!battery || !grid) {
    session.unmetered += time_passed;
    return;
  }
  session.metered += time_passed;
  session.battery += MilliwattHours(*battery);
  const MilliwattHours traded = trade(session, MilliwattHours(*battery), MilliwattHours(*grid));
  session.grid += traded;
  price(session, state, sale, traded.count(), before.at, after.at);
}

// What became of a planned session, by the events about the session of its name.
void mark_planned(SessionHistory& history, const std::string& name, fb::SessionChange change) {
  if (change == fb::SessionChange::progressed) return;
  for (PlannedSession& each : history.planned)
    if (each.name == name) each.change = change;
}

}  // namespace

void take_session(State& state, const fb::ChargingSessionChanged& fact, Sequence sequence,
                  UtcTime at) {
  SessionHistory& history = state.sessions;
  mark_planned(history, text(fact.session()), fact.change());
  if (fact.change() == fb::SessionChange::started) {
    count_for(state, at);
    ++history.charges;
    history.charge = begun(state, fact, /*sale=*/false, sequence, at);
    history.charge->target_soc = level(fact.target_soc_bp());
    return;
  }
  if (!is_of(history.charge, fact)) return;
  history.charge->told_at = at;
  if (!ends(fact.change())) return;
  if (const auto soc = level(fact.end_soc_bp())) history.charged_to = soc;
  history.charge_ended_at = at;
  history.charge.reset();
}

void take_session(State& state, const fb::SellingSessionChanged& fact, Sequence sequence,
                  UtcTime at) {
  SessionHistory& history = state.sessions;
  mark_planned(history, text(fact.session()), fact.change());
  if (fact.change() == fb::SessionChange::started) {
    count_for(state, at);
    ++history.sales;
    history.sale = begun(state, fact, /*sale=*/true, sequence, at);
    history.sale->target_soc = level(fact.floor_soc_bp());
    return;
  }
  if (!is_of(history.sale, fact)) return;
  history.sale->told_at = at;
  if (!ends(fact.change())) return;
  count_for(state, at);
  const auto soc = level(fact.end_soc_bp());
  if (soc && history.sale->start_soc)
    history.sold += std::max(*history.sale->start_soc - *soc, BasisPoints(0));
  history.sale_ended_at = at;
  history.sale.reset();
}

void take_daily_plan(State& state, const fb::DailyPlanChanged& fact) {
  SessionHistory& history = state.sessions;
  history.planned_day = fact.day();
  history.planned.clear();
  if (fact.sessions() == nullptr) return;
  for (const fb::PlannedSession* each : *fact.sessions()) {
    if (history.planned.size() == planned_sessions_max) return;
    history.planned.push_back(
        {text(each->session()),
         utc_from_us(std::clamp<std::int64_t>(each->start_us(), 0, time_max_us)),
         utc_from_us(std::clamp<std::int64_t>(each->end_us(), 0, time_max_us)), each->change()});
  }
}

void meter_sessions(State& state, const Reading& after) {
  if (after.quality == fb::Quality::implausible) return;
  if (state.sessions.charge) meter(*state.sessions.charge, state, /*sale=*/false, after);
  if (state.sessions.sale) meter(*state.sessions.sale, state, /*sale=*/true, after);
}

void follow_decision(State& state) {
  const LastDecision& decision = *state.decision;
  const auto follow = [&](std::optional<Session>& session) {
    if (!session || session->left_at) return;
    session->decision = decision.sequence;
    if (decision.until) session->planned_end = decision.until;
    if (decision.target_soc) session->target_soc = decision.target_soc;
  };
  if (decision.action == fb::Action::charge) follow(state.sessions.charge);
  if (decision.action == fb::Action::sell) follow(state.sessions.sale);
}

void leave_mode(State& state, fb::InverterMode mode, LeftBy by, Sequence sequence, UtcTime at) {
  const InverterState& inverter = state.inverter;
  const auto leave = [&](std::optional<Session>& session, fb::InverterMode its) {
    if (!session || session->left_at) return;
    const bool ran_out =
        inverter.confirmed == its && inverter.confirmed_until && *inverter.confirmed_until <= at;
    // What is renewed in the moment of its end goes on.
    if (mode == its && (!ran_out || at <= *inverter.confirmed_until + session_end_grace)) return;
    session->left_at = ran_out ? *inverter.confirmed_until : at;
    session->left_by = ran_out ? LeftBy::itself : by;
    session->left_with = sequence;
  };
  leave(state.sessions.charge, fb::InverterMode::charge);
  leave(state.sessions.sale, fb::InverterMode::discharge);
}

void step_sessions(State& state, UtcTime now) {
  const auto not_ahead = [now](std::optional<UtcTime>& each) {
    if (each) each = std::min(*each, now);
  };
  SessionHistory& history = state.sessions;
  not_ahead(history.charge_ended_at);
  not_ahead(history.sale_ended_at);
  for (std::optional<Session>* session : {&history.charge, &history.sale}) {
    if (!*session) continue;
    Session& it = **session;
    it.started_at = std::min(it.started_at, now);
    it.told_at = std::min(it.told_at, now);
    it.mark.at = std::min(it.mark.at, now);
    not_ahead(it.left_at);
  }
}

}  // namespace wattledger::fold
