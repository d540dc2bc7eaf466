#include "projections/fold/house_rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "events/catalogue.hpp"
#include "projections/fold/counter_step.hpp"
#include "projections/fold/power_series.hpp"
#include "projections/fold/series.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t mwh_per_kwh = 1'000'000;

template <class T>
std::optional<std::int64_t> known(const flatbuffers::Optional<T>& value) {
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::int64_t positive(std::int64_t value) { return std::max<std::int64_t>(value, 0); }

// The energy of one quantity over the whole interval, in mWh.
class Interval {
 public:
  explicit Interval(milliseconds length) : ms_(length.count()) {}

  // By the counter, else by power, of which `sign` is the direction that counts.
  [[nodiscard]] std::optional<std::int64_t> energy(std::optional<std::int64_t> counter_before,
                                                   std::optional<std::int64_t> counter_after,
                                                   std::optional<std::int64_t> power_before,
                                                   std::optional<std::int64_t> power_after,
                                                   int sign) const {
    if (counter_before && counter_after)
      if (const auto step = counter_step(*counter_before, *counter_after, milliseconds(ms_)))
        return step;
    if (!power_before || !power_after || milliseconds(ms_) > energy_gap_max) return std::nullopt;
    const std::int64_t before = positive(sign * bounded(*power_before));
    const std::int64_t after = positive(sign * bounded(*power_after));
    return (before + after) * ms_ / (2 * ms_per_mwh_w);
  }

 private:
  static std::int64_t bounded(std::int64_t power) {
    return std::clamp(power, -power_max_w, power_max_w);
  }
  std::int64_t ms_;
};

struct Energies {
  std::optional<std::int64_t> pv, load, bought, sold, charged, discharged;
};

Energies energies(const Metered& from, const Metered& to, const Interval& interval) {
  return {
      interval.energy(from.pv_mwh, to.pv_mwh, from.pv_w, to.pv_w, 1),
      interval.energy(from.load_mwh, to.load_mwh, from.load_w, to.load_w, 1),
      interval.energy(from.import_mwh, to.import_mwh, from.grid_w, to.grid_w, -1),
      interval.energy(from.export_mwh, to.export_mwh, from.grid_w, to.grid_w, 1),
      interval.energy(from.charge_mwh, to.charge_mwh, from.battery_w, to.battery_w, -1),
      interval.energy(from.discharge_mwh, to.discharge_mwh, from.battery_w, to.battery_w, 1),
  };
}

// The part of `total` that falls between two offsets of an interval: parts of touching cuts add up
// to the whole, to the unit.
std::int64_t part(std::optional<std::int64_t> total, milliseconds begin, milliseconds end,
                  milliseconds whole) {
  const std::int64_t all = total.value_or(0);
  return all * end.count() / whole.count() - all * begin.count() / whole.count();
}

std::int64_t cost_e8(std::int64_t mwh, std::int64_t price_e8) {
  // Apart, for their product leaves 64 bits: both signs are rounded towards zero.
  return mwh / mwh_per_kwh * price_e8 + mwh % mwh_per_kwh * price_e8 / mwh_per_kwh;
}

std::int64_t whole_seconds(UtcTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

void add_prices(EnergySums& sums, const State& state, UtcTime at) {
  const PriceSlot* slot = price_at(state, at);
  if (slot == nullptr) return;
  const std::int64_t price = final_price(state, *slot).count();
  const std::int64_t market = slot->market.count();
  if (std::abs(price) > market_price_max || std::abs(market) > market_price_max) return;
  sums.priced_s = sums.covered_s;
  sums.price_seconds_e8 = price * sums.covered_s;
  sums.priced_import_mwh = sums.import_mwh;
  sums.import_cost_e8 = cost_e8(sums.import_mwh, price);
  sums.export_revenue_e8 = cost_e8(sums.export_mwh, feed_in_price(state, *slot).count());
  sums.load_cost_e8 = cost_e8(sums.load_mwh, price);
}

}  // namespace

EnergySums& EnergySums::operator+=(const EnergySums& other) {
  covered_s += other.covered_s;
  pv_mwh += other.pv_mwh;
  load_mwh += other.load_mwh;
  import_mwh += other.import_mwh;
  export_mwh += other.export_mwh;
  charge_mwh += other.charge_mwh;
  discharge_mwh += other.discharge_mwh;
  priced_s += other.priced_s;
  price_seconds_e8 += other.price_seconds_e8;
  priced_import_mwh += other.priced_import_mwh;
  import_cost_e8 += other.import_cost_e8;
  export_revenue_e8 += other.export_revenue_e8;
  load_cost_e8 += other.load_cost_e8;
  return *this;
}

Metered metered(const fb::ReadingRecorded& reading, UtcTime at) {
  return {at,
          reading.device(),
          known(reading.pv_power_w()),
          known(reading.load_power_w()),
          known(reading.grid_power_w()),
          known(reading.battery_power_w()),
          known(reading.pv_total_mwh()),
          known(reading.load_total_mwh()),
          known(reading.import_total_mwh()),
          known(reading.export_total_mwh()),
          known(reading.battery_charge_total_mwh()),
          known(reading.battery_discharge_total_mwh())};
}

std::vector<EnergyHourRow> energy_between(const State& state, const Metered& from,
                                          const Metered& to) {
  std::vector<EnergyHourRow> hours;
  const auto whole = duration_cast<milliseconds>(to.at - from.at);
  if (whole.count() <= 0 || whole > counter_gap_max || from.device != to.device) return hours;
  const Energies all = energies(from, to, Interval(whole));
  const bool covered = all.load && all.bought && all.sold;
  if (!covered && !all.pv && !all.load && !all.bought && !all.sold) return hours;
  for (UtcTime begin = from.at; begin < to.at;) {
    const UtcTime end = std::min<UtcTime>(std::chrono::floor<Quarters>(begin) + Quarters(1), to.at);
    // The last cut takes what is left below a millisecond.
    const auto first = duration_cast<milliseconds>(begin - from.at);
    const auto last = end == to.at ? whole : duration_cast<milliseconds>(end - from.at);
    EnergySums sums;
    if (covered) sums.covered_s = whole_seconds(end) - whole_seconds(begin);
    sums.pv_mwh = part(all.pv, first, last, whole);
    sums.load_mwh = part(all.load, first, last, whole);
    sums.import_mwh = part(all.bought, first, last, whole);
    sums.export_mwh = part(all.sold, first, last, whole);
    sums.charge_mwh = part(all.charged, first, last, whole);
    sums.discharge_mwh = part(all.discharged, first, last, whole);
    if (covered) add_prices(sums, state, begin);
    const LocalTime local = state.site.zone.to_local(begin);
    const LocalTime hour = std::chrono::floor<std::chrono::hours>(local);
    const UtcTime start = begin - (local - hour);
    if (hours.empty() || hours.back().start != start) hours.push_back({start, hour, {}});
    hours.back().sums += sums;
    begin = end;
  }
  return hours;
}

bool is_blind(const Metered& from, const Metered& to) {
  return from.device == to.device && (from.import_mwh || from.export_mwh) && !to.import_mwh &&
         !to.export_mwh && to.at > from.at && to.at - from.at < counter_gap_max;
}

std::vector<MarketPriceRow> market_prices(const State& state, const fb::PricesPublished& fact) {
  std::vector<MarketPriceRow> rows;
  if (fact.prices_e8() == nullptr) return rows;
  const auto text = [](const flatbuffers::String* value) {
    return value == nullptr ? std::string() : value->str();
  };
  MarketPriceRow row;
  row.kind = fact.kind();
  row.provider = text(fact.provider());
  row.currency = text(fact.currency());
  if (const auto issued = fact.issued_at_us(); issued && *issued >= 0 && *issued <= time_max_us)
    row.issued_at = utc_from_us(*issued);
  const std::vector<bool> suspect = marked(fact.suspect());
  std::size_t number = 0;  // over all series, as `suspect` counts
  for (const fb::Series* series : *fact.prices_e8()) {
    if (series->values() == nullptr) continue;
    if (series->step_s() < slot_step_min_s || series->step_s() > slot_step_max_s ||
        series->start_us() < 0 || series->start_us() > time_max_us) {
      number += series->values()->size();
      continue;
    }
    const UtcTime start = utc_from_us(series->start_us());
    row.length = seconds(series->step_s());
    const std::vector<bool> absent = marked(series->absent());
    for (std::uint32_t i = 0; i < series->values()->size(); ++i, ++number) {
      if (rows.size() == market_slots_max) return rows;
      if (i < absent.size() && absent[i]) continue;
      row.suspect = number < suspect.size() && suspect[number];
      row.start = start + row.length * static_cast<std::int64_t>(i);
      row.local = state.site.zone.to_local(row.start);
      row.price_e8 = series->values()->Get(i);
      rows.push_back(row);
    }
  }
  return rows;
}

DecisionAuditRow decision_audit(const fb::DecisionMade& decision, UtcTime at) {
  DecisionAuditRow row;
  row.at = at;
  row.action = decision.action();
  row.rule = decision.rule();
  row.control_mode = decision.control_mode();
  row.price_e8 = known(decision.price_e8());
  row.expected_cost_e8 = known(decision.expected_cost_e8());
  row.expected_saving_e8 = known(decision.expected_saving_e8());
  row.based_on = Sequence{decision.based_on()};
  if (decision.policy_digest() != nullptr)
    row.policy_digest = from_fb(*decision.policy_digest()).hex();
  if (decision.state_digest() != nullptr)
    row.state_digest = from_fb(*decision.state_digest()).hex();
  row.engine_revision = decision.engine_revision();
  return row;
}

}  // namespace wattledger::fold
