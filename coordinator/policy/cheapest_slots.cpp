#include "coordinator/policy/cheapest_slots.hpp"

#include <algorithm>

namespace wattledger::policy {
namespace {

__extension__ using Wide = __int128;

// Energy the meter must deliver to lift the battery from `soc` to the target, losses included,
// rounded up.
MilliwattHours energy_needed(const fold::PolicySettings& settings, BasisPoints soc) {
  const std::int64_t missing_bp = std::max<std::int64_t>(0, (settings.soc_target - soc).count());
  const Wide numerator = static_cast<Wide>(settings.battery_capacity.count()) * missing_bp;
  const std::int64_t divisor = settings.charge_efficiency.count();
  return MilliwattHours(static_cast<std::int64_t>((numerator + divisor - 1) / divisor));
}

// A kWh bought at `price` gives back charge × discharge efficiency of a kWh, worth `later` each.
bool pays(const fold::PolicySettings& settings, PriceE8 price, PriceE8 later) {
  const Wide cost = static_cast<Wide>(price.count()) * 10'000 * 10'000;
  const Wide worth = static_cast<Wide>(later.count()) * settings.charge_efficiency.count() *
                     settings.discharge_efficiency.count();
  return cost < worth;
}

std::vector<KnownSlot> known_slots(const fold::State& state, const fold::PolicySettings& settings,
                                   UtcTime now) {
  std::vector<KnownSlot> slots;
  const UtcTime end = now + settings.horizon;
  for (UtcTime start = slot_start(now, settings.slot); start < end; start += settings.slot)
    if (const fold::PriceSlot* price = fold::price_at(state, start)) {
      // The zone may change inside an hourly price slot: the final price is that of the grid slot.
      const fold::PriceSlot here{start, settings.slot, price->market};
      slots.push_back({start, fold::final_price(state, here), false});
    }
  return slots;
}

}  // namespace

UtcTime slot_start(UtcTime time, std::chrono::seconds slot) {
  const std::int64_t length = std::chrono::microseconds(slot).count();
  const std::int64_t us = to_us(time);
  const std::int64_t into = ((us % length) + length) % length;
  return utc_from_us(us - into);
}

SlotChoice choose_slots(const fold::State& state, const fold::PolicySettings& settings,
                        BasisPoints soc, UtcTime now) {
  SlotChoice choice;
  choice.slots = known_slots(state, settings, now);
  choice.needed = energy_needed(settings, soc);
  if (choice.slots.empty()) return choice;

  std::vector<std::size_t> order(choice.slots.size());
  PriceE8 dearest = choice.slots.front().price;
  Wide sum = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    dearest = std::max(dearest, choice.slots[i].price);
    sum += choice.slots[i].price.count();
  }
  choice.mean = PriceE8(static_cast<std::int64_t>(sum / static_cast<Wide>(order.size())));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return choice.slots[a].price < choice.slots[b].price;
  });

  MilliwattHours open = choice.needed;
  for (const std::size_t i : order) {
    KnownSlot& slot = choice.slots[i];
    if (open <= MilliwattHours(0) || slot.price > settings.charge_price_max ||
        !pays(settings, slot.price, dearest))
      break;
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
