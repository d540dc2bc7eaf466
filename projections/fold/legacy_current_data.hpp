// The legacy object `current_data`: what the dashboard reads of one reading, and its
// one-decision-at-a-time numbers. Key order, units and the word "Unknown" for a missing sensor are
// the legacy storage contract's (§1.4). Pure.
#pragma once

#include <optional>
#include <string>

#include "projections/fold/state.hpp"

namespace wattledger::fold {

// From the integers of a reading to the doubles that Python printed. One division of two exact
// numbers each, so that 5 000 050 000 mWh prints as 5000.05.
template <class Raw>
[[nodiscard]] std::optional<double> divided(flatbuffers::Optional<Raw> value, double divisor) {
  if (!value) return std::nullopt;
  return static_cast<double>(*value) / divisor;
}
template <class Raw>
[[nodiscard]] std::optional<std::int64_t> whole(flatbuffers::Optional<Raw> value) {
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

// What stands in the column tariff_zone: the zone's name, "T1" where the policy names none; of g13s
// and g14dynamic, whose zones have names that no legacy reader knows, "T2".
[[nodiscard]] std::string legacy_tariff_zone(const State& state, UtcTime at);

// `at` is the reading's time, `timestamp` its legacy text.
[[nodiscard]] std::string legacy_current_data(const State& state,
                                              const fb::ReadingRecorded& reading, UtcTime at,
                                              const std::string& timestamp);

}  // namespace wattledger::fold
