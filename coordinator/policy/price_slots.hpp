// What a kWh costs and earns in the slots of the grid (settings.slot long), and the comparisons of
// prices that more than one rule makes. Pure integers; every comparison is exact: where a bound is
// no whole number it is rounded to the side on which no price changes its verdict.
#pragma once

#include <optional>
#include <vector>

#include "projections/fold/state.hpp"

namespace wattledger::policy {

// Start of the grid slot that holds `time`.
[[nodiscard]] UtcTime slot_start(UtcTime time, std::chrono::seconds slot);

struct PricedSlot {
  UtcTime start;
  PriceE8 import;   // final; the mean over the slot's time, rounded up
  PriceE8 feed_in;  // the same, rounded down
};

// The slots that start in [from, to) and whose price is known from end to end; `from` is a slot's
// start.
[[nodiscard]] std::vector<PricedSlot> priced_slots(const fold::State& state,
                                                   const fold::PolicySettings& settings,
                                                   UtcTime from, UtcTime to);

// The highest price that is above `price` by no more than `share` of its size: below zero too, what
// is near lies above.
[[nodiscard]] PriceE8 above_by(PriceE8 price, BasisPoints share);
// The highest price that is below `price` by at least `share` of its size.
[[nodiscard]] PriceE8 below_by(PriceE8 price, BasisPoints share);

// The value that `share` of `prices` do not exceed, straight between the two beside it (numpy's
// linear method: rank (n - 1) × share), rounded down: a price is within it exactly when it is
// within the unrounded one. Nothing for no prices.
[[nodiscard]] std::optional<PriceE8> quantile(std::vector<PriceE8> prices, BasisPoints share);

// The grid operator's code of the hour that holds `at`, 0 to 3; nothing: unknown, which is not 0.
[[nodiscard]] std::optional<std::uint32_t> peak_code(const fold::State& state, UtcTime at);

// Whether the wall clock's hour at `at` is in `hours` (bit 0 = 00:00 to 01:00).
[[nodiscard]] bool in_hours(const fold::State& state, std::uint32_t hours, UtcTime at);

// Mean power that a forecast names for the time; nothing where it says nothing.
[[nodiscard]] std::optional<Watts> forecast_at(const std::optional<fold::PowerForecast>& forecast,
                                               UtcTime at);
// The policy's day spread evenly: the load where no forecast says it.
[[nodiscard]] Watts flat_load(const fold::PolicySettings& settings);
// The load to be expected: by forecast, else flat.
[[nodiscard]] Watts load_at(const fold::State& state, const fold::PolicySettings& settings,
                            UtcTime at);

}  // namespace wattledger::policy
