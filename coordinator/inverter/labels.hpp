// What the codes of a GoodWe ET/EH mean, in the vendor's terms. Source: the reference library's
// tables (register_map.hpp). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wattledger::inverter {

// Empty for a code that is not known.
[[nodiscard]] std::string_view pv_mode_label(std::int64_t code);
[[nodiscard]] std::string_view grid_mode_label(std::int64_t code);
[[nodiscard]] std::string_view grid_in_out_label(std::int64_t code);
[[nodiscard]] std::string_view battery_mode_label(std::int64_t code);
[[nodiscard]] std::string_view run_state_label(
    std::int64_t code);  // of the running block's work_mode
[[nodiscard]] std::string_view safety_country_label(std::int64_t code);

// The names of the bits that are set, with ", " between; a bit without a name is "bit 26".
[[nodiscard]] std::string error_labels(std::uint32_t bits);
[[nodiscard]] std::string diagnose_labels(std::uint32_t bits);
[[nodiscard]] std::string battery_error_labels(std::uint32_t bits);
[[nodiscard]] std::string battery_warning_labels(std::uint32_t bits);

}  // namespace wattledger::inverter
