// How good a local day's readings are, as sums that can be added in any order: of what was to be
// expected, what came; what of it cannot be; and whether it agrees with itself. The score says it
// in a number. Pure, integers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::fold {

// Energies of a day by the meter's counters and by the powers between the same readings.
enum class Meter : std::uint8_t { pv, load, import, export_, charge, discharge };
inline constexpr std::size_t meters = 6;

enum class Figure : std::uint8_t {
  good,  // readings, by what they say of themselves
  partial,
  implausible,
  expected_s,  // of the day, as far as the log has seen it pass
  covered_s,   // … with readings that can be believed, close enough together
  gaps,        // silences between such
  longest_gap_s,
  longest_gap_at_us,  // since 1970 in UTC; 0: there was none
  frozen_s,           // every value of every reading was the same
  impossible_soc,     // readings with such values
  impossible_power,
  impossible_electrical,  // voltage, frequency, temperature
  counters_stood,         // how often one stood while power flowed
  counter_jumps,          // … ran back, or on by more than a connection carries
  counter_wraps,          // … began anew behind its last number, which is in order
  soc_mwh,                // what the state of charge says went into the battery …
  battery_mwh,            // … and what counters or powers say, losses taken off
  capacity_mwh,
  balance_apart_w,  // sum over readings of |PV + battery - grid - load| …
  balance_flow_w,   // … and of all that flowed in
  price_slots,      // quarters, once the house has had a price
  price_slots_missing,
  forecast_slots,  // quarters × (PV, load), once it has had such a forecast
  forecast_slots_missing,
  pv_counter_mwh,  // in the order of Meter
  pv_power_mwh,
  load_counter_mwh,
  load_power_mwh,
  import_counter_mwh,
  import_power_mwh,
  export_counter_mwh,
  export_power_mwh,
  charge_counter_mwh,
  charge_power_mwh,
  discharge_counter_mwh,
  discharge_power_mwh,
};
inline constexpr std::size_t figures = 36;
// The columns of data_quality, and the keys of what the tool writes.
inline constexpr std::array<const char*, figures> quality_figure_names{
    "good",
    "partial",
    "implausible",
    "expected_s",
    "covered_s",
    "gaps",
    "longest_gap_s",
    "longest_gap_at_us",
    "frozen_s",
    "impossible_soc",
    "impossible_power",
    "impossible_electrical",
    "counters_stood",
    "counter_jumps",
    "counter_wraps",
    "soc_mwh",
    "battery_mwh",
    "capacity_mwh",
    "balance_apart_w",
    "balance_flow_w",
    "price_slots",
    "price_slots_missing",
    "forecast_slots",
    "forecast_slots_missing",
    "pv_counter_mwh",
    "pv_power_mwh",
    "load_counter_mwh",
    "load_power_mwh",
    "import_counter_mwh",
    "import_power_mwh",
    "export_counter_mwh",
    "export_power_mwh",
    "charge_counter_mwh",
    "charge_power_mwh",
    "discharge_counter_mwh",
    "discharge_power_mwh",
};

class DayQuality {
 public:
  [[nodiscard]] std::int64_t& operator[](Figure figure) {
    return of[static_cast<std::size_t>(figure)];
  }
  [[nodiscard]] std::int64_t operator[](Figure figure) const {
    return of[static_cast<std::size_t>(figure)];
  }
  [[nodiscard]] std::int64_t& counter(Meter meter) { return of[place(meter)]; }
  [[nodiscard]] std::int64_t& power(Meter meter) { return of[place(meter) + 1]; }
  [[nodiscard]] std::int64_t counter(Meter meter) const { return of[place(meter)]; }
  [[nodiscard]] std::int64_t power(Meter meter) const { return of[place(meter) + 1]; }
  void add_gap(UtcTime at, std::int64_t length_s);

  // Sums; of gaps the longest, of several the first; of capacities the largest.
  DayQuality& operator+=(const DayQuality& other);
  bool operator==(const DayQuality&) const = default;

  std::array<std::int64_t, figures> of{};

 private:
  static std::size_t place(Meter meter) {
    return static_cast<std::size_t>(Figure::pv_counter_mwh) + 2 * static_cast<std::size_t>(meter);
  }
  void take_longer_gap(std::int64_t at_us, std::int64_t length_s);
};

// Shares; nullopt where too little is there to say.
[[nodiscard]] std::optional<BasisPoints> completeness(const DayQuality& day);
// Between the state of charge and the battery's energy, of the battery's capacity.
[[nodiscard]] std::optional<BasisPoints> soc_apart(const DayQuality& day);
// Between counters and powers, of what the counters say; a counter's step each is given to them.
[[nodiscard]] std::optional<BasisPoints> counters_apart(const DayQuality& day);
// Between what flows in and what flows out, of what flows in.
[[nodiscard]] std::optional<BasisPoints> balance_apart(const DayQuality& day);

// Up to here such differences are the instruments'.
inline constexpr BasisPoints soc_apart_max{1'000}, counters_apart_max{1'000},
    balance_apart_max{1'000};

enum class Flaw : std::uint8_t {
  readings,  // 100 points × the time without believable readings
  counters,  // 10 where one stood, or ran where it cannot
  soc,       // 10 each where they are too far apart
  energy,
  balance,
  prices,     // 10 × the share of slots missing
  forecasts,  // 5 × the share of them
};
[[nodiscard]] std::string_view flaw_name(Flaw flaw);

struct Deduction {
  Flaw flaw = Flaw::readings;
  BasisPoints points;  // hundredths of a point: 10 000 are 100
  bool operator==(const Deduction&) const = default;
};

// What takes points off, the largest first.
[[nodiscard]] std::vector<Deduction> deductions(const DayQuality& day);
// 100 less the deductions, never below 0, rounded to the nearest; nullopt for a day of which the
// log saw nothing pass.
[[nodiscard]] std::optional<std::int64_t> score(const DayQuality& day);

}  // namespace wattledger::fold
