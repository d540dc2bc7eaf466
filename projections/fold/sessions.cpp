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

template <class Fact>
Session begun(const State& state, const Fact& fact, Sequence sequence, UtcTime at) {
  Session session;
  session.name = text(fact.session());
  session.started = sequence;
  session.started_at = at;
  session.told_at = at;
  session.planned_end = time(fact.planned_end_us());
  session.start_soc = level(fact.start_soc_bp());
  if (!session.start_soc && state.reading) session.start_soc = state.reading->soc;
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

// In mWh over the time between, by counters, else by powers (W, not negative) near enough; nullopt
// where neither says.
std::optional<std::int64_t> passed(const std::optional<MilliwattHours>& counter_before,
                                   const std::optional<MilliwattHours>& counter_after,
                                   const std::optional<std::int64_t>& power_before,
                                   const std::optional<std::int64_t>& power_after,
                                   std::chrono::milliseconds gap) {
  if (counter_before && counter_after && gap <= counter_gap_max)
    if (const auto step = counter_step(counter_before->count(), counter_after->count(), gap))
      return step;
  if (!power_before || !power_after || gap > energy_gap_max) return std::nullopt;
  return (*power_before + *power_after) / 2 * gap.count() / ms_per_mwh_w;
}

// What flows with `sign` of a power: a charge is a negative battery power, an import a negative
// grid power.
std::optional<std::int64_t> flow(const std::optional<Watts>& power, std::int64_t sign) {
  if (!power) return std::nullopt;
  return std::clamp<std::int64_t>(power->count() * sign, 0, power_max_w);
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

void meter(Session& session, const State& state, bool sale, const Reading& before,
           const Reading& after) {
  const UtcTime from = std::max(before.at, session.started_at);
  if (after.at <= from) return;
  // The session began after the reading before: what passed is not all its own, and only powers
  // say how much of it.
  const bool whole = from == before.at;
  const auto gap = std::chrono::floor<std::chrono::milliseconds>(after.at - from);
  const std::optional<MilliwattHours> none;
  const auto counter = [&](const std::optional<MilliwattHours>& value) -> const auto& {
    return whole ? value : none;
  };
  const std::int64_t sign = sale ? 1 : -1;
  const auto battery = passed(counter(sale ? before.discharge_total : before.charge_total),
                              sale ? after.discharge_total : after.charge_total,
                              flow(whole ? before.battery_power : after.battery_power, sign),
                              flow(after.battery_power, sign), gap);
  const auto grid = passed(counter(sale ? before.export_total : before.import_total),
                           sale ? after.export_total : after.import_total,
                           flow(whole ? before.grid_power : after.grid_power, sign),
                           flow(after.grid_power, sign), gap);
  const auto time_passed = std::chrono::floor<seconds>(after.at - from);
  if (!battery || !grid) {
    session.unmetered += time_passed;
    return;
  }
  session.metered += time_passed;
  const std::int64_t traded = std::min(*battery, *grid);
  session.battery += MilliwattHours(*battery);
  session.grid += MilliwattHours(traded);
  price(session, state, sale, traded, from, after.at);
}

}  // namespace

void take_session(State& state, const fb::ChargingSessionChanged& fact, Sequence sequence,
                  UtcTime at) {
  SessionHistory& history = state.sessions;
  if (fact.change() == fb::SessionChange::started) {
    count_for(state, at);
    ++history.charges;
    history.charge = begun(state, fact, sequence, at);
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
  if (fact.change() == fb::SessionChange::started) {
    count_for(state, at);
    ++history.sales;
    history.sale = begun(state, fact, sequence, at);
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

void meter_sessions(State& state, const Reading& before, const Reading& after) {
  if (after.quality == fb::Quality::implausible || before.quality == fb::Quality::implausible)
    return;
  if (state.sessions.charge) meter(*state.sessions.charge, state, /*sale=*/false, before, after);
  if (state.sessions.sale) meter(*state.sessions.sale, state, /*sale=*/true, before, after);
}

}  // namespace wattledger::fold
