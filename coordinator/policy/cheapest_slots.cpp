#include "coordinator/policy/cheapest_slots.hpp"

#include <algorithm>
#include <numeric>

namespace wattledger::policy {
namespace {

__extension__ using Wide = __int128;

// A kWh bought at `price` gives back charge × discharge efficiency of a kWh, worth `later` each.
bool pays(const fold::PolicySettings& settings, PriceE8 price, PriceE8 later) {
  const Wide cost = static_cast<Wide>(price.count()) * 10'000 * 10'000;
  const Wide worth = static_cast<Wide>(later.count()) * settings.charge_efficiency.count() *
                     settings.discharge_efficiency.count();
  return cost < worth;
}

Wide divide_down(Wide value, Wide by) { return value / by - (value % by < 0 ? 1 : 0); }

std::vector<KnownSlot> known_slots(const fold::State& state, const fold::PolicySettings& settings,
                                   UtcTime now) {
  std::vector<KnownSlot> slots;
  for (const PricedSlot& slot :
       priced_slots(state, settings, slot_start(now, settings.slot), now + settings.horizon))
    slots.push_back({slot.start, slot.import, false});
  return slots;
}

// For each slot the highest price after it, nothing for the last.
std::vector<std::optional<PriceE8>> dearest_after(const std::vector<KnownSlot>& slots) {
  std::vector<std::optional<PriceE8>> result(slots.size());
  for (std::size_t i = slots.size(); i-- > 1;) {
    const PriceE8 here = slots[i].price;
    result[i - 1] = result[i] ? std::max(*result[i], here) : here;
  }
  return result;
}

PriceE8 mean_price(const std::vector<KnownSlot>& slots) {
  Wide sum = 0;
  for (const KnownSlot& slot : slots) sum += slot.price.count();
  return PriceE8(
      static_cast<std::int64_t>(divide_down(sum, static_cast<std::int64_t>(slots.size()))));
}

}  // namespace

MilliwattHours energy_needed(const fold::PolicySettings& settings, BasisPoints soc,
                             BasisPoints target) {
  const std::int64_t missing_bp = std::max<std::int64_t>(0, (target - soc).count());
  const Wide numerator = static_cast<Wide>(settings.battery_capacity.count()) * missing_bp;
  const std::int64_t divisor = settings.charge_efficiency.count();
  return MilliwattHours(static_cast<std::int64_t>((numerator + divisor - 1) / divisor));
}

SlotChoice choose_slots(const fold::State& state, const fold::PolicySettings& settings,
                        BasisPoints soc, UtcTime now) {
  SlotChoice choice;
  choice.slots = known_slots(state, settings, now);
  choice.needed = energy_needed(settings, soc, settings.soc_target);
  if (choice.slots.empty()) return choice;

  choice.mean = mean_price(choice.slots);
  if (settings.charge_power_max <= Watts(0)) return choice;

  std::vector<std::size_t> order(choice.slots.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return choice.slots[a].price < choice.slots[b].price;
  });
  const auto later = dearest_after(choice.slots);

  MilliwattHours open = choice.needed;
  for (const std::size_t i : order) {
    KnownSlot& slot = choice.slots[i];
    if (open <= MilliwattHours(0) || slot.price > settings.charge_price_max) break;
    if (!later[i] || !pays(settings, slot.price, *later[i])) continue;
    const UtcTime from = std::max(slot.start, now);
    const auto left = std::chrono::floor<std::chrono::seconds>(slot.start + settings.slot - from);
    open -= energy(settings.charge_power_max, left);
    slot.charge = true;
    ++choice.chosen;
    choice.dearest_chosen = slot.price;
  }
  return choice;
}

}  // namespace wattledger::policy
