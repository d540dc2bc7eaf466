#include "projections/fold/state.hpp"

#include <openssl/sha.h>

#include <algorithm>

#include "events/upcast.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/series.hpp"
#include "projections/fold/sessions.hpp"
#include "projections/fold/tariff.hpp"

namespace wattledger::fold {
namespace {

template <class Quantity, class Raw>
std::optional<Quantity> quantity(flatbuffers::Optional<Raw> value) {
  if (!value) return std::nullopt;
  return Quantity(static_cast<typename Quantity::rep>(*value));
}

// What the log holds is any 64-bit number; what the state holds can be computed with.
UtcTime sane_time(std::int64_t us) {
  return utc_from_us(std::clamp<std::int64_t>(us, 0, time_max_us));
}

std::optional<UtcTime> time(flatbuffers::Optional<std::int64_t> us) {
  if (!us) return std::nullopt;
  return sane_time(*us);
}

std::string text(const flatbuffers::String* value) { return value == nullptr ? "" : value->str(); }

Reading to_reading(const fb::ReadingRecorded& fact, Sequence sequence, UtcTime at) {
  Reading reading;
  reading.sequence = sequence;
  reading.at = at;
  reading.quality = fact.quality();
  reading.soc = quantity<BasisPoints>(fact.battery_soc_bp());
  reading.battery_power = quantity<Watts>(fact.battery_power_w());
  reading.battery_voltage = quantity<Millivolts>(fact.battery_voltage_mv());
  reading.battery_temperature = quantity<MilliCelsius>(fact.battery_temperature_mc());
  reading.pv_power = quantity<Watts>(fact.pv_power_w());
  reading.load_power = quantity<Watts>(fact.load_power_w());
  reading.grid_power = quantity<Watts>(fact.grid_power_w());
  reading.grid_voltage = quantity<Millivolts>(fact.grid_l1_voltage_mv());
  reading.import_total = quantity<MilliwattHours>(fact.import_total_mwh());
  reading.export_total = quantity<MilliwattHours>(fact.export_total_mwh());
  reading.charge_total = quantity<MilliwattHours>(fact.battery_charge_total_mwh());
  reading.discharge_total = quantity<MilliwattHours>(fact.battery_discharge_total_mwh());
  if (const auto error = fact.inverter_error()) reading.inverter_error = *error;
  if (const auto mode = fact.forced_mode()) reading.forced_mode = *mode;
  return reading;
}

template <class Slot>
bool by_start(const Slot& a, const Slot& b) {
  return a.start < b.start;
}

PriceSlot slot_of(PriceSlot /*kind*/, UtcTime start, std::chrono::seconds step,
                  std::int64_t value) {
  return {start, step, PriceE8(value)};
}
PeakSlot slot_of(PeakSlot /*kind*/, UtcTime start, std::chrono::seconds step, std::int64_t value) {
  return {start, step, static_cast<std::uint32_t>(value)};
}

// The values of a series as slots, but for those that are absent, out of range or, by their number
// over all series of the event, in `left_out`.
template <class Slot>
void append_slots(std::vector<Slot>& slots, const fb::Series& series, std::int64_t lowest,
                  std::int64_t highest, const std::vector<bool>& left_out, std::size_t number) {
  if (series.values() == nullptr || series.step_s() < slot_step_min_s ||
      series.step_s() > slot_step_max_s || series.start_us() < 0 || series.start_us() > time_max_us)
    return;
  const auto& values = *series.values();
  const std::vector<bool> absent = marked(series.absent());
  const std::chrono::seconds step(series.step_s());
  for (flatbuffers::uoffset_t i = 0; i < values.size(); ++i, ++number) {
    const std::int64_t value = values.Get(i);
    if ((i < absent.size() && absent[i]) || (number < left_out.size() && left_out[number]) ||
        value < lowest || value > highest)
      continue;
    slots.push_back(slot_of(
        Slot{}, utc_from_us(series.start_us()) + step * static_cast<std::int64_t>(i), step, value));
  }
}

// Sorted and without overlaps: of two that overlap the earlier stays, of two with one start the one
// told first.
template <class Slot>
void untangle(std::vector<Slot>& slots) {
  std::stable_sort(slots.begin(), slots.end(), by_start<Slot>);
  std::vector<Slot> kept;
  for (const Slot& slot : slots)
    if (kept.empty() || kept.back().start + kept.back().length <= slot.start) kept.push_back(slot);
  slots = std::move(kept);
}

// At the bound the slots over longest ago go first, then those furthest ahead: what is near `at` is
// what decide needs.
template <class Slot>
void bound(std::vector<Slot>& slots, UtcTime at, std::size_t slots_max) {
  if (slots.size() <= slots_max) return;
  const auto current = std::find_if(
      slots.begin(), slots.end(), [&](const Slot& slot) { return slot.start + slot.length > at; });
  const auto excess = static_cast<std::ptrdiff_t>(slots.size() - slots_max);
  slots.erase(slots.begin(), slots.begin() + std::min(excess, current - slots.begin()));
  if (slots.size() > slots_max) slots.resize(slots_max);
}

// Slots of a newer publication take the place of what they overlap; missing ones take nothing.
template <class Slot>
void take_slots(std::vector<Slot>& slots, std::vector<Slot> fresh, UtcTime at,
                std::size_t slots_max) {
  untangle(fresh);
  std::erase_if(slots, [&](const Slot& old) {
    // The only ones that can overlap: the first that starts with it or later, and the one before.
    const auto next = std::lower_bound(fresh.begin(), fresh.end(), old, by_start<Slot>);
    if (next != fresh.end() && next->start < old.start + old.length) return true;
    return next != fresh.begin() && std::prev(next)->start + std::prev(next)->length > old.start;
  });
  slots.insert(slots.end(), fresh.begin(), fresh.end());
  std::sort(slots.begin(), slots.end(), by_start<Slot>);
  bound(slots, at, slots_max);
}

// A price that its source or the parser marked suspect is kept in the log and in the tables, and
// nothing is decided by it.
void take_prices(std::vector<PriceSlot>& prices, const fb::PricesPublished& fact, UtcTime at) {
  const bool kept = fact.kind() == fb::PriceKind::day_ahead || fact.kind() == fb::PriceKind::fixed;
  if (!kept || fact.prices_e8() == nullptr) return;
  const std::vector<bool> suspect = marked(fact.suspect());
  std::vector<PriceSlot> fresh;
  std::size_t number = 0;
  for (const fb::Series* series : *fact.prices_e8()) {
    append_slots(fresh, *series, -market_price_max, market_price_max, suspect, number);
    if (series->values() != nullptr) number += series->values()->size();
  }
  take_slots(prices, std::move(fresh), at, price_slots_max);
}

void take_peaks(std::vector<PeakSlot>& peaks, const fb::PeakHoursPublished& fact, UtcTime at) {
  constexpr std::int64_t code_max = 3;
  if (fact.codes() == nullptr) return;
  std::vector<PeakSlot> fresh;
  for (const fb::Series* series : *fact.codes()) append_slots(fresh, *series, 0, code_max, {}, 0);
  take_slots(peaks, std::move(fresh), at, peak_slots_max);
}

// The values of one series that are known, at most forecast_slots_max.
std::vector<std::optional<std::int32_t>> watts_of(const fb::Series& series) {
  constexpr std::int64_t watts_max = 10'000'000;
  std::vector<std::optional<std::int32_t>> watts;
  if (series.values() == nullptr) return watts;
  const std::vector<bool> absent = marked(series.absent());
  const std::size_t count = std::min<std::size_t>(series.values()->size(), forecast_slots_max);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t value = series.values()->Get(static_cast<flatbuffers::uoffset_t>(i));
    const bool known = !(i < absent.size() && absent[i]) && value >= 0 && value <= watts_max;
    watts.push_back(known ? std::optional(static_cast<std::int32_t>(value)) : std::nullopt);
  }
  return watts;
}

// The first of a forecast's series; the house's own forecast gives way to nobody else's.
template <class Fact>
void take_forecast(std::optional<PowerForecast>& newest, const Fact& fact, Sequence sequence,
                   UtcTime at) {
  const auto first = [](const auto* list) -> const fb::Series* {
    return list == nullptr || list->size() == 0 ? nullptr : list->Get(0);
  };
  const fb::Series* power = first(fact.power_w());
  if (power == nullptr || power->step_s() < slot_step_min_s || power->step_s() > slot_step_max_s ||
      power->start_us() < 0 || power->start_us() > time_max_us)
    return;
  PowerForecast forecast;
  forecast.provider = text(fact.provider());
  const bool own = forecast.provider == own_forecast;
  if (newest && newest->provider == own_forecast && !own) return;
  forecast.issued = fact.issued_at_us() ? sane_time(*fact.issued_at_us()) : at;
  if (newest && forecast.issued < newest->issued && (newest->provider == own_forecast) == own)
    return;
  forecast.sequence = sequence;
  forecast.start = utc_from_us(power->start_us());
  forecast.step = std::chrono::seconds(power->step_s());
  forecast.power_w = watts_of(*power);
  const auto beside = [&](const fb::Series* other) {
    const bool same = other != nullptr && other->start_us() == power->start_us() &&
                      other->step_s() == power->step_s();
    return same ? watts_of(*other) : std::vector<std::optional<std::int32_t>>{};
  };
  forecast.low_w = beside(first(fact.low_w()));
  forecast.high_w = beside(first(fact.high_w()));
  newest = std::move(forecast);
}

// The slot that holds `at`.
template <class Slot>
const Slot* holding(const std::vector<Slot>& slots, UtcTime at) {
  const auto after =
      std::upper_bound(slots.begin(), slots.end(), at,
                       [](UtcTime time, const Slot& slot) { return time < slot.start; });
  if (after == slots.begin()) return nullptr;
  const Slot& slot = *std::prev(after);
  return at < slot.start + slot.length ? &slot : nullptr;
}

// Transitions in ascending order with offsets that a zone can have.
ZoneOffsets to_zone(const fb::SiteAdopted& fact) {
  std::vector<ZoneOffsets::Transition> transitions;
  if (fact.transitions() == nullptr) return {};
  constexpr std::int32_t offset_max_s = 86'400;
  for (const fb::ZoneTransition* each : *fact.transitions())
    if (each->offset_s() >= -offset_max_s && each->offset_s() <= offset_max_s)
      transitions.push_back({sane_time(each->at_us()), std::chrono::seconds(each->offset_s())});
  std::stable_sort(transitions.begin(), transitions.end(),
                   [](const ZoneOffsets::Transition& a, const ZoneOffsets::Transition& b) {
                     return a.at < b.at;
                   });
  return ZoneOffsets(std::move(transitions));
}

Digest digest_of(const std::string& text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.bytes.data());
  return digest;
}

void remove_fault(std::vector<LatchedFault>& faults, fb::Fault fault) {
  std::erase_if(faults, [&](const LatchedFault& each) { return each.fault == fault; });
}

// One overload per kind: what is not listed with a body leaves the state as it is, on purpose.
struct Evolve {
  State& state;
  Sequence sequence;
  UtcTime at;

  void operator()(const fb::SiteAdopted& fact) const {
    Site site;
    site.name = text(fact.site());
    site.device_model = text(fact.device_model());
    site.device_serial = text(fact.device_serial());
    site.zone = to_zone(fact);
    site.rated_power = quantity<Watts>(fact.rated_power_w());
    state.site = std::move(site);
  }
  // The digest is of the text that was read, whatever the fact says it is: the state's bytes hold
  // it in place of the settings.
  void operator()(const fb::PolicyAdopted& fact) const {
    const std::string canonical = text(fact.text());
    auto settings = parse_policy(canonical);
    if (!settings) return;
    // What was known is in another currency, and nothing here knows a rate.
    if (state.policy && state.policy->settings.currency != settings->currency) state.prices.clear();
    state.policy = Policy{std::move(*settings), digest_of(canonical), sequence};
  }
  // An import may tell of long ago after today was read.
  void operator()(const fb::ReadingRecorded& fact) const {
    if (state.reading && at < state.reading->at) return;
    Reading reading = to_reading(fact, sequence, at);
    meter_sessions(state, reading);
    state.reading = std::move(reading);
  }
  void operator()(const fb::PricesPublished& fact) const {
    const std::string currency = text(fact.currency());
    if (state.policy && !currency.empty() && currency != state.policy->settings.currency) return;
    take_prices(state.prices, fact, at);
  }
  void operator()(const fb::PeakHoursPublished& fact) const { take_peaks(state.peaks, fact, at); }
  void operator()(const fb::PvForecastIssued& fact) const {
    take_forecast(state.pv_forecast, fact, sequence, at);
  }
  void operator()(const fb::LoadForecastIssued& fact) const {
    take_forecast(state.load_forecast, fact, sequence, at);
  }
  void operator()(const fb::ChargingSessionChanged& fact) const {
    take_session(state, fact, sequence, at);
  }
  void operator()(const fb::SellingSessionChanged& fact) const {
    take_session(state, fact, sequence, at);
  }
  void operator()(const fb::DailyPlanChanged& fact) const { take_daily_plan(state, fact); }
  void operator()(const fb::PlanAdopted& fact) const {
    LastPlan plan;
    plan.sequence = sequence;
    plan.start = sane_time(fact.start_us());
    plan.step = std::chrono::seconds(fact.step_s());
    if (fact.actions() != nullptr)
      for (flatbuffers::uoffset_t i = 0; i < fact.actions()->size(); ++i)
        plan.actions.push_back(static_cast<fb::Action>(fact.actions()->Get(i)));
    if (fact.battery_power_w() != nullptr)
      plan.battery_power_w.assign(fact.battery_power_w()->begin(), fact.battery_power_w()->end());
    plan.policy = text(fact.policy());
    state.plan = std::move(plan);
  }
  void operator()(const fb::DecisionMade& fact) const {
    if (state.decision && at < state.decision->at) return;
    LastDecision last;
    last.sequence = sequence;
    last.at = at;
    last.since =
        state.decision && state.decision->action == fact.action() ? state.decision->since : at;
    last.action = fact.action();
    last.power = quantity<Watts>(fact.power_w());
    last.target_soc = quantity<BasisPoints>(fact.target_soc_bp());
    last.until = time(fact.until_us());
    last.rule = fact.rule();
    state.decision = last;
    follow_decision(state);
    ++state.coordinator.decisions;
  }
  void operator()(const fb::CommandIssued& fact) const {
    InverterState& inverter = state.inverter;
    inverter.wished = fact.mode();
    inverter.wished_until = time(fact.until_us());
    inverter.wished_power = quantity<Watts>(fact.power_w());
    inverter.wished_soc = quantity<BasisPoints>(fact.target_soc_bp());
    inverter.command = sequence;
  }
  void operator()(const fb::CommandConfirmed& fact) const {
    settle_in(fact.mode(), LeftBy::command);
    state.inverter.confirmed_until = time(fact.until_us());
    state.inverter.confirmed_at = at;
    state.inverter.failures = 0;
  }
  // The inverter is known to be in `mode` now.
  void settle_in(fb::InverterMode mode, LeftBy by) const {
    leave_mode(state, mode, by, sequence, at);
    InverterState& inverter = state.inverter;
    if (inverter.confirmed != mode) {
      if (inverter.confirmed == fb::InverterMode::charge) inverter.charge_stopped_at = at;
      inverter.since = at;
    }
    inverter.confirmed = mode;
    inverter.confirmed_until.reset();
  }
  void operator()(const fb::CommandFailed&) const { ++state.inverter.failures; }
  void operator()(const fb::ForeignChangeSeen& fact) const {
    state.inverter.foreign_change_at = at;
    settle_in(fact.mode_found(), LeftBy::foreign_hand);
  }
  void operator()(const fb::InverterSettingsFound&) const {
    state.inverter.settings_found = sequence;
  }
  void operator()(const fb::OverrideRequested& fact) const {
    if (fact.automatic()) {
      state.owner_override.reset();
      return;
    }
    state.owner_override =
        Override{sequence, fact.action(), time(fact.until_us()),
                 quantity<BasisPoints>(fact.target_soc_bp()), quantity<Watts>(fact.power_w())};
  }
  void operator()(const fb::OverrideEnded& fact) const {
    if (state.owner_override && state.owner_override->request.value == fact.request())
      state.owner_override.reset();
  }
  void operator()(const fb::FaultRaised& fact) const {
    remove_fault(state.faults, fact.fault());
    state.faults.push_back({fact.fault(), sequence, at, fact.latched(), text(fact.detail())});
  }
  void operator()(const fb::FaultCleared& fact) const { remove_fault(state.faults, fact.fault()); }
  void operator()(const fb::CoordinatorStarted& fact) const {
    state.coordinator = Coordinator{at, fact.control_mode(), fb::CoordinatorState::initializing, 0,
                                    /*running=*/true};
  }
  void operator()(const fb::CoordinatorStopped& fact) const {
    state.coordinator.running = false;
    if (fact.inverter_released().value_or(false)) {
      settle_in(fb::InverterMode::general, LeftBy::stop);
      state.inverter.wished = fb::InverterMode::general;
      state.inverter.wished_until.reset();
    }
  }
  void operator()(const fb::CoordinatorStateChanged& fact) const {
    state.coordinator.state = fact.state();
    state.coordinator.control_mode = fact.control_mode();
  }
  // A clock set back: what lies ahead of it now was never then. The reading is taken anew, the rest
  // began at the step.
  void operator()(const fb::ClockStepped& fact) const {
    const UtcTime now = sane_time(fact.after_us());
    const auto not_ahead = [now](UtcTime& each) { each = std::min(each, now); };
    if (state.reading && state.reading->at > now) state.reading.reset();
    if (state.decision) {
      not_ahead(state.decision->at);
      not_ahead(state.decision->since);
    }
    for (LatchedFault& fault : state.faults) not_ahead(fault.at);
    not_ahead(state.inverter.confirmed_at);
    not_ahead(state.inverter.since);
    if (state.inverter.charge_stopped_at) not_ahead(*state.inverter.charge_stopped_at);
    if (state.inverter.foreign_change_at) not_ahead(*state.inverter.foreign_change_at);
    not_ahead(state.coordinator.started_at);
    step_sessions(state, now);
  }

  // Facts that no decision of this engine revision reads.
  void operator()(const fb::WeatherObserved&) const {}
  void operator()(const fb::SourceFailed&) const {}
  void operator()(const fb::SourceRecovered&) const {}
  void operator()(const fb::SourceRecovered2&) const {}
  void operator()(const fb::SystemMeasured&) const {}
  void operator()(const fb::ImportStarted&) const {}
  void operator()(const fb::ImportFinished&) const {}
  void operator()(const fb::LegacyRecordImported&) const {}
  void operator()(const fb::CorrectionRecorded&) const {}
  void operator()(const fb::ProjectionRebuilt&) const {}
  void operator()(const fb::BackupTaken&) const {}
  void operator()(const fb::BackupDrilled&) const {}
  void operator()(const fb::LogArchived&) const {}
  void operator()(const fb::LogRestored&) const {}
  void operator()(const fb::ChangeStarted&) const {}
  void operator()(const fb::ChangeFinished&) const {}
  void operator()(const fb::AlertRaised&) const {}
  void operator()(const fb::AlertEnded&) const {}
  void operator()(const fb::ReportMade&) const {}
};

const TariffZone* zone_at(const State& state, UtcTime at) {
  if (!state.policy) return nullptr;
  const PeakSlot* peak = holding(state.peaks, at);
  const PeakHours code =
      peak == nullptr ? std::nullopt : PeakHours(static_cast<std::uint8_t>(peak->code));
  return zone_at(state.policy->settings, state.site.zone, at, code);
}

}  // namespace

bool in_forced_mode(const InverterState& inverter, UtcTime now) {
  const bool forced = inverter.confirmed == fb::InverterMode::charge ||
                      inverter.confirmed == fb::InverterMode::discharge;
  return forced && (!inverter.confirmed_until || now < *inverter.confirmed_until);
}

void evolve(State& state, Sequence sequence, UtcTime recorded_at, const EventView& event) {
  if (const auto newer = upcast(event))
    if (const auto view = newer->view()) return evolve(state, sequence, recorded_at, *view);
  // What an older system knew is no part of what decisions here rest on.
  if (!is_imported(event))
    dispatch(event, Evolve{state, sequence, sane_time(to_us(event.occurred_at()))});
  state.through = sequence;
  state.recorded_at = recorded_at;
}

PriceE8 final_price(const State& state, const PriceSlot& slot) {
  if (!state.policy) return slot.market;
  return import_price(state.policy->settings, zone_at(state, slot.start), slot.market).total;
}

PriceE8 feed_in_price(const State& state, const PriceSlot& slot) {
  if (const PriceSlot* told = holding(state.feed_in, slot.start)) return told->market;
  return state.policy ? export_price(state.policy->settings, slot.market) : slot.market;
}

std::string tariff_zone(const State& state, UtcTime at) {
  const TariffZone* zone = zone_at(state, at);
  return zone == nullptr ? "" : zone->name;
}

const PriceSlot* price_at(const State& state, UtcTime at) { return holding(state.prices, at); }

}  // namespace wattledger::fold
