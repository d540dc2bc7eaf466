#include "coordinator/inverter/labels.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace wattledger::inverter {
namespace {

using Names = std::span<const std::string_view>;

constexpr auto pv_modes =
    std::to_array<std::string_view>({"not connected", "connected, no power", "producing"});
constexpr auto grid_modes =
    std::to_array<std::string_view>({"not connected", "connected", "fault"});
constexpr auto grid_directions =
    std::to_array<std::string_view>({"idle", "exporting", "importing"});
constexpr auto battery_modes = std::to_array<std::string_view>(
    {"no battery", "standby", "discharging", "charging", "to be charged", "to be discharged"});
constexpr auto run_states = std::to_array<std::string_view>(
    {"waiting", "on grid", "off grid", "fault", "flashing", "checking"});

constexpr auto errors = std::to_array<std::string_view>({"GFCI device check",
                                                         "AC HCT check",
                                                         "",
                                                         "DCI consistency",
                                                         "GFCI consistency",
                                                         "",
                                                         "GFCI device",
                                                         "relay device",
                                                         "AC HCT",
                                                         "utility loss",
                                                         "ground current",
                                                         "DC bus high",
                                                         "internal fan",
                                                         "over-temperature",
                                                         "utility phase",
                                                         "PV over-voltage",
                                                         "external fan",
                                                         "grid voltage",
                                                         "isolation",
                                                         "DC injection high",
                                                         "backup overload",
                                                         "",
                                                         "grid frequency consistency",
                                                         "grid voltage consistency",
                                                         "",
                                                         "relay check",
                                                         "",
                                                         "phase angle",
                                                         "DSP communication",
                                                         "grid frequency",
                                                         "EEPROM",
                                                         "internal communication"});
constexpr auto diagnoses = std::to_array<std::string_view>({"battery voltage low",
                                                            "battery SOC low",
                                                            "battery SOC in back",
                                                            "BMS: discharge disabled",
                                                            "discharge time on",
                                                            "charge time on",
                                                            "discharge driver on",
                                                            "BMS: discharge current low",
                                                            "app: discharge current too low",
                                                            "no communication with the meter",
                                                            "meter connection reversed",
                                                            "self-use load light",
                                                            "EMS: discharge current is zero",
                                                            "bus voltage high from PV",
                                                            "battery disconnected",
                                                            "battery overcharged",
                                                            "BMS: temperature too high",
                                                            "BMS: charge too high",
                                                            "BMS: charge disabled",
                                                            "self-use off",
                                                            "SOC jumps",
                                                            "battery self-discharge too high",
                                                            "battery SOC low (off grid)",
                                                            "grid wave unstable",
                                                            "export limit set",
                                                            "power factor set",
                                                            "real power limit set",
                                                            "DC output on",
                                                            "SOC protection off"});
constexpr auto battery_errors = std::to_array<std::string_view>(
    {"charging over-voltage 2", "discharging under-voltage 2", "cell temperature high 2",
     "cell temperature low 2", "charging over-current 2", "discharging over-current 2", "precharge",
     "DC bus", "battery break", "battery lock", "discharging circuit", "charging circuit",
     "communication 2", "cell temperature high 3", "discharging under-voltage 3",
     "charging over-voltage 3"});
constexpr auto battery_warnings = std::to_array<std::string_view>(
    {"charging over-voltage 1", "discharging under-voltage 1", "cell temperature high 1",
     "cell temperature low 1", "charging over-current 1", "discharging over-current 1",
     "communication 1", "system reboot", "cell imbalance", "system temperature low 1",
     "system temperature low 2", "system temperature high"});

using Country = std::pair<std::int64_t, std::string_view>;
constexpr auto countries = std::to_array<Country>({
    {0, "IT CEI 0-21"},
    {1, "CZ-A1"},
    {2, "DE LV with PV"},
    {3, "ES-A"},
    {4, "GR"},
    {5, "DK2"},
    {6, "BE"},
    {7, "RO-A"},
    {8, "GB G98"},
    {9, "Australia A"},
    {10, "FR mainland"},
    {11, "China"},
    {12, "60Hz 230Vac"},
    {13, "PL LV"},
    {14, "South Africa"},
    {16, "Brazil 220Vac"},
    {17, "Thailand MEA"},
    {18, "Thailand PEA"},
    {19, "Mauritius"},
    {20, "NL-A"},
    {21, "G98/NI"},
    {23, "FR island 50Hz"},
    {24, "FR island 60Hz"},
    {28, "Korea"},
    {30, "AT-A"},
    {31, "India"},
    {32, "50Hz 230Vac"},
    {33, "Warehouse"},
    {34, "Philippines"},
    {35, "IE-16/25A"},
    {36, "Taiwan"},
    {37, "BG"},
    {40, "GB G99-A"},
    {41, "SE LV"},
    {44, "New Zealand"},
    {57, "SK"},
    {59, "HU"},
    {61, "ES island"},
    {66, "CH"},
    {67, "IT CEI 0-16"},
    {69, "CY"},
    {75, "PL MV"},
    {76, "NL-B"},
    {77, "SE MV"},
    {78, "DE MV"},
    {79, "DE LV without PV"},
    {80, "ES-D"},
    {85, "Australia B"},
    {86, "Australia C"},
    {94, "RO-D"},
    {128, "PL B"},
    {129, "EE"},
    {135, "CZ-A2"},
    {136, "CZ-B1"},
});

std::string_view name_of(Names names, std::int64_t code) {
  return code >= 0 && code < std::ssize(names) ? names[static_cast<std::size_t>(code)]
                                               : std::string_view();
}

std::string names_of(Names names, std::uint32_t bits) {
  std::string text;
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    if ((bits >> bit & 1U) == 0) continue;
    if (!text.empty()) text += ", ";
    const std::string_view name = name_of(names, bit);
    text += name.empty() ? "bit " + std::to_string(bit) : std::string(name);
  }
  return text;
}

}  // namespace

std::string_view pv_mode_label(std::int64_t code) { return name_of(pv_modes, code); }
std::string_view grid_mode_label(std::int64_t code) { return name_of(grid_modes, code); }
std::string_view grid_in_out_label(std::int64_t code) { return name_of(grid_directions, code); }
std::string_view battery_mode_label(std::int64_t code) { return name_of(battery_modes, code); }
std::string_view run_state_label(std::int64_t code) { return name_of(run_states, code); }

std::string_view safety_country_label(std::int64_t code) {
  const auto* const found = std::find_if(countries.begin(), countries.end(),
                                         [&](const Country& each) { return each.first == code; });
  return found == countries.end() ? std::string_view() : found->second;
}

std::string error_labels(std::uint32_t bits) { return names_of(errors, bits); }
std::string diagnose_labels(std::uint32_t bits) { return names_of(diagnoses, bits); }
std::string battery_error_labels(std::uint32_t bits) { return names_of(battery_errors, bits); }
std::string battery_warning_labels(std::uint32_t bits) { return names_of(battery_warnings, bits); }

}  // namespace wattledger::inverter
