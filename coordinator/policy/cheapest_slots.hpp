// Which of the known slots the battery should be charged in: the cheapest ones that pay for their
// losses, as many as the target needs. Pure integers; ties go to the earlier slot.
#pragma once

#include <optional>
#include <vector>

#include "coordinator/policy/price_slots.hpp"

namespace wattledger::policy {

// One slot of the grid (settings.slot long) whose price is known from end to end.
struct KnownSlot {
  UtcTime start;
  PriceE8 price;        // final; the mean over the slot's time, rounded up
  bool charge = false;  // chosen
};

struct SlotChoice {
  std::vector<KnownSlot>
      slots;  // from the slot that holds `now`, in time order; gaps where no price is known
  std::int64_t chosen = 0;
  std::optional<PriceE8> dearest_chosen;
  PriceE8 mean;           // of all known slots, rounded down; 0 when there are none
  MilliwattHours needed;  // from the grid side, to reach the target
};

// `soc` is the battery's now. No slot is chosen above settings.charge_price_max, nor one that no
// later known price exceeds by more than the round trip's losses: what is bought must be worth it
// afterwards.
[[nodiscard]] SlotChoice choose_slots(const fold::State& state,
                                      const fold::PolicySettings& settings, BasisPoints soc,
                                      UtcTime now);

// Energy the meter must deliver to lift the battery from `soc` to `target`, losses included,
// rounded up.
[[nodiscard]] MilliwattHours energy_needed(const fold::PolicySettings& settings, BasisPoints soc,
                                           BasisPoints target);

}  // namespace wattledger::policy
