// The older system's two files of prices, as text: what the house knows at an instant. Final prices
// (market and tariff) per kWh; contract §2.1. Pure.
#pragma once

#include <optional>
#include <string>

#include "projections/fold/state.hpp"

namespace wattledger::fold {

// So far back price_history.json goes.
inline constexpr std::chrono::days price_history_length{7};

// data/price_history.json: [start of the slot, price], naive local, of the slots that have begun;
// without negative prices, as there.
[[nodiscard]] std::string price_history(const State& state, UtcTime at);
// data/price_cache.json: means by hour of the local day of `at`; nullopt when none is known.
[[nodiscard]] std::optional<std::string> price_cache(const State& state, UtcTime at);

}  // namespace wattledger::fold
