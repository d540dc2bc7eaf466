// The lines of a policy's canonical text that say the tariff and are no single number: zones,
// components, holidays, the rule of feed-in. Inside this part only.
//
//   tariff.component.NN=price_e8,name        NN from 00 on, without a gap
//   tariff.feed_in=market_floored|fixed|none
//   tariff.holidays.YYYY=MM-DD,MM-DD,…       ascending
//   tariff.zone.NN=months,weekdays,hours,price_e8,name
//   tariff.zone.NN.peak_hours=bits           behind its zone, unless it holds at any code
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "projections/fold/policy_settings.hpp"

namespace wattledger::fold {

inline constexpr std::int64_t price_max = 10'000'000'000;  // 100 currency units per kWh
inline constexpr std::size_t name_max = 64;

// Only as it would be written ("7", not "07" or "-0"): one policy has one text and one digest.
[[nodiscard]] std::optional<std::int64_t> canonical_integer(std::string_view text);
// What may stand as text in a line.
[[nodiscard]] bool is_name(std::string_view text);

void render_tariff(const PolicySettings& settings, std::map<std::string, std::string>& lines);
[[nodiscard]] bool is_tariff_line(std::string_view name);
// What is wrong with the line; empty when it was taken.
[[nodiscard]] std::string read_tariff_line(PolicySettings& settings, std::string_view name,
                                           std::string_view value);

}  // namespace wattledger::fold
