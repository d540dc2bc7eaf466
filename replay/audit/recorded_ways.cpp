#include "replay/audit/recorded_ways.hpp"

#include <algorithm>
#include <cmath>

#include "projections/fold/imported.hpp"

namespace wattledger::tool {
namespace {

std::optional<double> wh(flatbuffers::Optional<std::int64_t> mwh) {
  if (!mwh) return std::nullopt;
  return static_cast<double>(*mwh) / 1e3;
}

// By the counters where both readings have them, else nothing.
std::optional<double> between(const std::optional<double>& before,
                              const std::optional<double>& now) {
  if (!before || !now || *now < *before) return std::nullopt;
  return *now - *before;
}

// What holds until such a fact is lived before it.
bool moves_on(Kind kind) {
  return kind == Kind::CommandConfirmed || kind == Kind::ForeignChangeSeen ||
         kind == Kind::CoordinatorStopped || tells_prices(kind);
}

policy::Energy energy_of(double watts, std::chrono::microseconds time) {
  return policy::Energy(std::llround(watts * static_cast<double>(time.count()) / 36'000.0));
}

}  // namespace

RecordedWays::RecordedWays(const BatteryModel& model, const Period& period, fold::State state,
                           const fb::ReadingRecorded& first, UtcTime at)
    : model_(model),
      period_(period),
      state_(std::move(state)),
      past_(period),
      battery_(model, *first.battery_soc_bp() / 1e4),
      serving_(battery_),
      soc_at_start_(battery_.soc()),
      begun_at_(at),
      last_(meters_of(first, at)),
      metered_(local_day(at, state_.site.zone)),
      modelled_(metered_.days().first()),
      self_use_(metered_.days().first()),
      bare_(metered_.days().first()),
      facts_(metered_.days().first()) {
  const fold::InverterState& inverter = state_.inverter;
  if (!inverter.confirmed_until || *inverter.confirmed_until > at) {
    order_.mode = inverter.confirmed;
    order_.power_w = static_cast<double>(inverter.wished_power.value_or(Watts(0)).count());
    order_.target = static_cast<double>(inverter.wished_soc.value_or(BasisPoints(0)).count()) / 1e4;
    order_ends_ = inverter.confirmed_until;
  }
  follow(first);
  past_.take(first, at);
}

RecordedWays::Meters RecordedWays::meters_of(const fb::ReadingRecorded& reading, UtcTime at) {
  Meters meters;
  meters.at = at;
  meters.soc = reading.battery_soc_bp().value_or(0) / 1e4;
  meters.grid_w = reading.grid_power_w().value_or(0);
  meters.battery_w = reading.battery_power_w().value_or(0);
  meters.bought = wh(reading.import_total_mwh());
  meters.sold = wh(reading.export_total_mwh());
  meters.charged = wh(reading.battery_charge_total_mwh());
  meters.discharged = wh(reading.battery_discharge_total_mwh());
  return meters;
}

void RecordedWays::advance(UtcTime to) {
  if (order_ends_ && *order_ends_ <= to) {
    for (const Stretch& each : past_.until(*order_ends_, state_)) live(each);
    order_ = {};
    order_ends_.reset();
  }
  for (const Stretch& each : past_.until(to, state_)) live(each);
}

void RecordedWays::live(const Stretch& stretch) {
  const double hours = stretch.hours();
  note(stretch);
  since_reading_.push_back(stretch);
  modelled_.mode(stretch.day, order_.mode);
  metered_.mode(stretch.day, order_.mode);
  modelled_.add(stretch, battery_.live(order_, stretch.load_w, stretch.pv_w, hours));
  self_use_.add(stretch, serving_.live({}, stretch.load_w, stretch.pv_w, hours));
  bare_.add(stretch, bare_house(model_, stretch.load_w, stretch.pv_w, hours));
}

void RecordedWays::note(const Stretch& stretch) {
  const double hours = stretch.hours();
  DayFacts& facts = facts_[stretch.day];
  facts.covered_h += hours;
  facts.load_wh += stretch.load_w * hours;
  facts.pv_wh += stretch.pv_w * hours;
  if (!stretch.prices) return;
  const double price = per_kwh(stretch.prices->import);
  facts.priced_h += hours;
  facts.price_h += price * hours;
  facts.price_min = std::min(facts.price_min.value_or(price), price);
  facts.price_max = std::max(facts.price_max.value_or(price), price);
  const UtcTime quarter = std::chrono::floor<fold::Quarters>(stretch.from);
  if (quarters_.empty() || quarter_ != quarter) {
    quarter_ = quarter;
    quarters_.push_back({std::chrono::seconds(0), stretch.prices->import, stretch.prices->feed_in,
                         policy::Energy(0), policy::Energy(0), stretch.day});
  }
  KnownQuarter& known = quarters_.back();
  const auto time = stretch.to - stretch.from;
  known.length += std::chrono::round<std::chrono::seconds>(time);
  known.load += energy_of(stretch.load_w, time);
  known.pv += energy_of(stretch.pv_w, time);
}

// What passed the meters since the reading before, spread evenly over the stretches between.
void RecordedWays::meter(const Meters& now) {
  const double whole = static_cast<double>((now.at - last_.at).count()) / 3.6e9;
  const bool bridged = now.at - last_.at > reading_holds;
  double lived = 0;
  for (const Stretch& each : since_reading_) lived += each.hours();
  const auto bought = bridged ? std::nullopt : between(last_.bought, now.bought);
  const auto sold = bridged ? std::nullopt : between(last_.sold, now.sold);
  const auto charged = bridged ? std::nullopt : between(last_.charged, now.charged);
  const auto discharged = bridged ? std::nullopt : between(last_.discharged, now.discharged);
  for (const Stretch& each : since_reading_) {
    const double share = whole > 0 ? each.hours() / whole : 0;
    Flows flows;
    flows.bought = bought ? *bought * share : std::max(-last_.grid_w, 0.0) * each.hours();
    flows.sold = sold ? *sold * share : std::max(last_.grid_w, 0.0) * each.hours();
    flows.charged = charged ? *charged * share : std::max(-last_.battery_w, 0.0) * each.hours();
    flows.discharged =
        discharged ? *discharged * share : std::max(last_.battery_w, 0.0) * each.hours();
    flows.taken_out = flows.discharged / model_.discharge_efficiency;
    flows.load = each.load_w * each.hours();
    flows.pv = each.pv_w * each.hours();
    if (!bridged && lived > 0)
      flows.gained = (now.soc - last_.soc) * model_.capacity_wh * each.hours() / lived;
    metered_.add(each, flows);
  }
  since_reading_.clear();
}

// Where we do not steer, or somebody else does too, the reading says what the battery was told.
void RecordedWays::follow(const fb::ReadingRecorded& reading) {
  const bool steered = state_.coordinator.control_mode == fb::ControlMode::on && !foreign_;
  if (steered || !reading.forced_mode()) return;
  order_ends_.reset();
  order_ = {};
  const double power = reading.battery_power_w().value_or(0);
  if (*reading.forced_mode() == fb::InverterMode::charge)
    order_ = {fb::InverterMode::charge, std::max(-power, 0.0), 1};
  if (*reading.forced_mode() == fb::InverterMode::discharge)
    order_ = {fb::InverterMode::discharge, std::max(power, 0.0), 0};
  if (*reading.forced_mode() == fb::InverterMode::hold) order_ = {fb::InverterMode::hold, 0, 0};
}

void RecordedWays::obey(const fb::CommandConfirmed& fact) {
  foreign_ = false;
  order_ = {fact.mode(), static_cast<double>(fact.power_w().value_or(0)),
            fact.target_soc_bp().value_or(0) / 1e4};
  order_ends_.reset();
  if (fact.until_us()) order_ends_ = utc_from_us(*fact.until_us());
}

void RecordedWays::take(const fb::ReadingRecorded& reading, UtcTime at) {
  advance(at);
  past_.take(reading, at);
  follow(reading);
  if (!reading.battery_soc_bp() || reading.quality() == fb::Quality::implausible) return;
  const Meters now = meters_of(reading, at);
  const bool known = at - last_.at <= reading_holds;
  meter(now);
  last_ = now;
  // What the battery did meanwhile nobody saw.
  if (!known) battery_.set_soc(now.soc);
  const double wrong = battery_.soc() - now.soc;
  error_.soc_squares += wrong * wrong;
  error_.soc_most = std::max(error_.soc_most, std::abs(wrong));
  ++error_.readings;
}

Result<void> RecordedWays::record(const log::RecordView& record) {
  const UtcTime at = record.event.occurred_at();
  if (const auto* reading = record.event.as<fb::ReadingRecorded>()) {
    const bool newer = at > last_.at;
    if (newer) advance(at);
    fold::evolve(state_, record.sequence, record.recorded_at, record.event);
    if (newer) take(*reading, at);
    return {};
  }
  if (moves_on(record.event.kind())) {
    advance(at);
    past_.new_facts();
  }
  if (const auto* confirmed = record.event.as<fb::CommandConfirmed>()) obey(*confirmed);
  if (record.event.kind() == Kind::ForeignChangeSeen) foreign_ = true;
  if (const auto* stopped = record.event.as<fb::CoordinatorStopped>();
      stopped != nullptr && stopped->inverter_released().value_or(false)) {
    order_ = {};
    order_ends_.reset();
  }
  fold::evolve(state_, record.sequence, record.recorded_at, record.event);
  return {};
}

}  // namespace wattledger::tool
