#include "coordinator/policy/horizon.hpp"

#include <algorithm>

#include "coordinator/policy/price_slots.hpp"

namespace wattledger::policy {
namespace {

using std::chrono::seconds;
__extension__ using Wide = __int128;

constexpr Watts unlimited{1'000'000};
constexpr std::int64_t whole_bp = 10'000;

using Values = std::vector<std::optional<std::int32_t>>;

// The mean of what is told over [from, to), each slot by its share; nothing unless all of it is.
std::optional<std::int64_t> mean_over(const fold::PowerForecast& forecast, const Values& values,
                                      UtcTime from, UtcTime to) {
  if (forecast.step.count() <= 0 || from < forecast.start || to <= from) return std::nullopt;
  Wide sum = 0;
  for (UtcTime at = from; at < to;) {
    const auto index = static_cast<std::size_t>((at - forecast.start) / forecast.step);
    if (index >= values.size() || !values[index]) return std::nullopt;
    const UtcTime end =
        std::min(to, forecast.start + forecast.step * static_cast<std::int64_t>(index + 1));
    sum += static_cast<Wide>(*values[index]) * (end - at).count();
    at = end;
  }
  return static_cast<std::int64_t>(sum / (to - from).count());
}

// `margin` of the way from the middle to `side`, which is the pessimistic one.
std::optional<std::int64_t> expected(const std::optional<fold::PowerForecast>& forecast,
                                     const Values fold::PowerForecast::*side, BasisPoints margin,
                                     UtcTime from, UtcTime to) {
  if (!forecast) return std::nullopt;
  const auto middle = mean_over(*forecast, forecast->power_w, from, to);
  if (!middle || margin.count() == 0) return middle;
  const auto far = mean_over(*forecast, (*forecast).*side, from, to);
  if (!far) return middle;
  return *middle + (*far - *middle) * margin.count() / whole_bp;
}

std::optional<Energy> limit_of(Watts most, seconds time) {
  if (most >= unlimited) return std::nullopt;
  return energy_in(most, time);
}

PlanSlot plan_slot(const fold::State& state, const fold::PolicySettings& settings,
                   const PricedSlot& prices, const HorizonSlot& slot) {
  const UtcTime to = slot.start + slot.length;
  const BasisPoints margin = settings.forecast_margin;
  const Watts load(
      expected(state.load_forecast, &fold::PowerForecast::high_w, margin, slot.start, to)
          .value_or(flat_load(settings).count()));
  const Watts pv(
      expected(state.pv_forecast, &fold::PowerForecast::low_w, margin, slot.start, to).value_or(0));
  PlanSlot plan;
  plan.length = slot.length;
  plan.import_price = prices.import;
  plan.export_price = prices.feed_in;
  plan.load = energy_in(load, slot.length);
  plan.pv = energy_in(pv, slot.length);
  plan.import_max = limit_of(settings.import_max, slot.length);
  plan.export_max = limit_of(settings.export_max, slot.length);
  plan.charge_max = energy_in(settings.charge_power_max, slot.length);
  const Energy needed = std::max(plan.load - plan.pv, Energy(0));
  const bool sells = settings.selling.enabled && prices.feed_in >= settings.selling.price_min;
  const Energy most = energy_in(settings.discharge_power_max, slot.length);
  plan.discharge_max =
      sells ? std::min(most, needed + energy_in(settings.selling.power_max, slot.length))
            : std::min(most, needed);
  return plan;
}

Energy stored_at(const fold::PolicySettings& settings, BasisPoints soc) {
  return Energy(static_cast<std::int64_t>(
      static_cast<Wide>(to_energy(settings.battery_capacity).count()) * soc.count() / whole_bp));
}

}  // namespace

std::optional<Horizon> horizon_of(const fold::State& state, const fold::PolicySettings& settings,
                                  BasisPoints soc, UtcTime now) {
  Horizon horizon;
  horizon.grid_start = slot_start(now, settings.slot);
  Wide price_sum = 0;
  const UtcTime furthest =
      horizon.grid_start + settings.slot * static_cast<std::int64_t>(horizon_slots_max);
  const auto add = [&](const PricedSlot& priced) {
    // Of the first what is left, in whole seconds; what is left of less is over.
    const UtcTime start = std::max(priced.start, now);
    const HorizonSlot slot{start,
                           std::chrono::floor<seconds>(priced.start + settings.slot - start)};
    if (slot.length.count() == 0) return;
    horizon.slots.push_back(slot);
    horizon.problem.slots.push_back(plan_slot(state, settings, priced, slot));
    price_sum += priced.import.count();
  };
  std::optional<PricedSlot> last;
  for (const PricedSlot& priced : priced_slots(state, settings, horizon.grid_start, furthest)) {
    if (!last && priced.start != horizon.grid_start) break;
    if (last && priced.start - last->start > bridged_max + settings.slot) break;
    while (last && last->start + settings.slot < priced.start) {
      last->start += settings.slot;
      last->import = std::max(last->import, priced.import);
      last->feed_in = std::min(last->feed_in, priced.feed_in);
      add(*last);
    }
    add(priced);
    last = priced;
  }
  if (horizon.slots.empty()) return std::nullopt;
  PlanProblem& problem = horizon.problem;
  problem.start = stored_at(settings, soc);
  problem.min = stored_at(settings, settings.soc_min);
  problem.max = stored_at(settings, settings.soc_max);
  problem.charge_efficiency = to_efficiency(settings.charge_efficiency);
  problem.discharge_efficiency = to_efficiency(settings.discharge_efficiency);
  problem.wear = settings.wear;
  problem.terminal_value = PriceE8(
      static_cast<std::int64_t>(price_sum / static_cast<std::int64_t>(horizon.slots.size()) *
                                settings.terminal_value.count() / whole_bp));
  problem.curtailment = settings.export_max < unlimited;
  if (settings.selling.enabled && settings.selling.floor > settings.soc_min)
    problem.sale_floor = stored_at(settings, settings.selling.floor);
  return horizon;
}

}  // namespace wattledger::policy
