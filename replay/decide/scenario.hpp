// A scenario: one moment of a house, told in a file, and the state that a decision would find then.
// Format: replay/README.md. Prices in it are final, so no tariff is added to them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/fold/state.hpp"

namespace wattledger::tool {

inline constexpr std::size_t scenario_bytes_max = 1U << 20U;
// Nothing in a scenario lies further from its `now`.
inline constexpr std::chrono::days scenario_reach{31};

// Mean power over a stretch of time, as a forecast's member has it.
struct ForecastPiece {
  UtcTime start;
  std::chrono::seconds length{};
  std::int32_t watts = 0;
};

// `state` as written; absent: nothing is known of it.
struct HouseBefore {
  bool charging = false;
  bool selling = false;
  std::optional<std::chrono::minutes> charging_since;
  std::optional<std::chrono::minutes> stopped_since;
  bool session_open = false;
  std::chrono::minutes session_length{};
  std::optional<BasisPoints> session_start_soc;
  std::uint32_t charges_today = 0;
  std::optional<BasisPoints> last_full_soc;
  BasisPoints sold_today;
  std::vector<fb::Fault> faults;
};

struct Scenario {
  UtcTime now;
  ZoneOffsets zone;
  fold::PolicySettings settings;  // without a tariff
  std::optional<fold::Reading> reading;
  std::vector<fold::PriceSlot> prices;   // what a kWh bought costs, sorted, no overlaps
  std::vector<fold::PriceSlot> feed_in;  // what one fed in earns, in the same slots
  std::vector<fold::PeakSlot> peaks;     // the same
  std::vector<ForecastPiece> pv, load;   // the same
  HouseBefore before;
  // Times without an offset that a clock change repeats or skips, and how they were taken.
  std::vector<std::string> remarks;
};

// `policy`: its name, in place of the file's; empty: that. invalid_input names the value by its
// path, "prices[3].minutes: …".
[[nodiscard]] Result<Scenario> read_scenario(std::string_view json, const std::string& policy);

// What decide() would see: the fold of a log that told all this, and the safety faults that the
// reading shows.
[[nodiscard]] Result<fold::State> state_of(const Scenario& scenario);

}  // namespace wattledger::tool
